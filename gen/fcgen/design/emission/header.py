"""Comment above a module: what its component's docstring says, and its parameters."""

from __future__ import annotations

import inspect
import re
from typing import Any

# Not every tool reads more than ASCII, not even in comments.
_ASCII = str.maketrans(
    {
        "·": "*",
        "×": "x",
        "−": "-",
        "–": "-",
        "…": "...",
        "→": "->",
        "←": "<-",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "⌈": "ceil(",
        "⌉": ")",
        "⌊": "floor(",
        "⌋": ")",
        "Σ": "sum",
        "½": "1/2",
        "²": "^2",
        "`": "",
    }
)
_SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.M)
_CONSTRUCTOR = "Parameters"


def header(component: Any) -> str:
    """Return the comment lines of a component's module.

    The section on the constructor's parameters makes room for their values.
    """
    text = inspect.cleandoc(type(component).__doc__ or type(component).__name__)
    description, *sections = _SECTION.split(text)
    lines = description.strip().replace("::\n", ":\n").splitlines()
    if component.parameters:
        lines += ["", "Parameters of this module:"]
        lines += [f"    {key} = {_value(value)}" for key, value in component.parameters.items()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title != _CONSTRUCTOR:
            lines += ["", f"{title}:", *(f"    {line}" for line in body.strip().splitlines())]
    comment = "".join(f"// {line}".rstrip() + "\n" for line in lines)
    return comment.translate(_ASCII).encode("ascii", "replace").decode()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)

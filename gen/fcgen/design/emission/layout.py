"""Lines of Verilog: indentation, line breaks, if and else."""

from __future__ import annotations

import textwrap

LINE = 100
INDENT = "    "
BREAK = "\v"  # in an expression: where a line may best be broken, a space otherwise
COMMENT = "// "
_LONGEST_CHAIN = 1


def indented(lines: list[str]) -> list[str]:
    """Return the lines one level deeper."""
    return [INDENT + line for line in lines]


def block(lines: list[str]) -> str:
    """Return lines as text, one level deep, none longer than the page where words allow it."""
    return "\n".join(piece for line in indented(lines) for piece in _wrapped(line))


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip(" ")))
    code, found, comment = line.partition(f"  {COMMENT}")
    if found and len(line) > LINE:
        mark = indent + COMMENT
        lines = textwrap.wrap(comment, LINE, initial_indent=mark, subsequent_indent=mark)
        return [*lines, *_wrapped(code)]
    parts = line.strip(" ").split(BREAK)
    if len(parts) <= _LONGEST_CHAIN + 1 and len(indent) + sum(map(len, parts)) < LINE:
        parts = [" ".join(parts)]
    pieces: list[str] = []
    for part in parts:
        pieces += textwrap.wrap(
            part,
            LINE,
            initial_indent=indent + (2 * INDENT if pieces else ""),
            subsequent_indent=indent + 2 * INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return pieces


def comma_separated(lines: list[str]) -> list[str]:
    """Put a comma behind each line but the last."""
    return [f"{line}," for line in lines[:-1]] + lines[-1:]


def conditional_lines(branches: list[tuple[str, list[str]]]) -> list[str]:
    """Return an if-else chain.

    Parameters
    ----------
    branches : list of (condition, statements)
        The first one becomes ``if``, the others ``else if``; an empty condition ``else``.
    """
    heads = []
    for index, (condition, _) in enumerate(branches):
        words = (["else"] if index else []) + ([f"if ({condition})"] if condition else [])
        heads.append(" ".join(words))
    bodies = [body for _, body in branches]
    if all(
        len(body) == 1
        and len(head) + len(body[0]) < LINE - 14
        and BREAK not in body[0]
        and not body[0].startswith("if ")  # a following else would be taken for its own
        for head, body in zip(heads, bodies, strict=True)
    ):
        return [f"{head} {body[0]}" for head, body in zip(heads, bodies, strict=True)]
    lines = [f"{heads[0]} begin", *indented(bodies[0])]
    for head, body in zip(heads[1:], bodies[1:], strict=True):
        lines += [f"end {head} begin", *indented(body)]
    return [*lines, "end"]

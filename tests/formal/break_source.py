"""A copy of a component with one line of its source changed: the bugs that a proof must find."""

from __future__ import annotations

import importlib.util
import inspect
from types import ModuleType
from typing import Any


def broken(component: Any, line: str, replacement: str) -> Any:
    """Return a component, or a function, as its module would define it with ``line`` replaced.

    The text ``line`` must stand exactly once in the module, so that no bug gets lost when the
    hardware is edited.
    """
    original = inspect.getmodule(component)
    assert original is not None
    source = inspect.getsource(original)
    assert source.count(line) == 1, f"{line!r} stands {source.count(line)} times in {original}"
    module = ModuleType(original.__name__)
    module.__spec__ = importlib.util.spec_from_loader(original.__name__, loader=None)
    code = compile(source.replace(line, replacement), f"<broken {original.__name__}>", "exec")
    exec(code, module.__dict__)
    return getattr(module, component.__name__)

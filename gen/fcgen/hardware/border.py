"""Module borders: the components that become modules of their own in the emitted Verilog."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from amaranth.hdl import Fragment, Instance

Parameter = int | str | bool | tuple[int | str, ...]
Parameters = dict[str, Parameter]
Component = TypeVar("Component")


class Emitter(Protocol):
    """Platform of an emission, as `module_border` and hand-written modules use it."""

    def border(self, component: Any, build: Callable[[], Any]) -> Any:
        """Return ``build()`` for the component that is converted, else its Instance."""

    def handwritten(self, component: Any, module: str, parameters: Parameters) -> Instance:
        """Return an Instance of a module whose Verilog text ships in the package."""

    def external(self, component: Any, module: str, reset: Any) -> Instance:
        """Return an Instance of a module that was emitted before; ``reset`` is its reset."""


def module_border(
    elaborate: Callable[[Component, Any], Any],
) -> Callable[[Component, Any], Any]:
    """Make a component's ``elaborate`` a module of its own in the emitted Verilog.

    The component has flat ports and an attribute ``parameters``. Components of one class with
    equal parameters are one module, which the emitter elaborates once. Under any other platform,
    None included, ``elaborate`` is called as it is.
    """

    @wraps(elaborate)
    def bordered(component: Component, platform: Any) -> Fragment:
        if not hasattr(platform, "border"):
            return elaborate(component, platform)
        return platform.border(component, lambda: elaborate(component, platform))

    return bordered

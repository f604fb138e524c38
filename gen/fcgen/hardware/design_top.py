"""Instance of an emitted design, for tops that are built around it."""

from __future__ import annotations

from typing import Any

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters

DOMAIN = ("clk", "rst")


class DesignTop(wiring.Component):
    """Instance of a design's top module; in Verilog alone, there is no model of it.

    Latency, initiation interval and handshake: those of the design.

    Parameters
    ----------
    module : str
        Name of the module.
    ports : sequence of (name, "input" or "output", width)
        Its ports, ``clk`` and ``rst`` among them.
    reset : Value
        Signal that drives ``rst``.

    Ports
    -----
    Those of the module, but for clock and reset.
    """

    def __init__(self, module: str, ports: tuple[tuple[str, str, int], ...], reset: Any) -> None:
        self.module, self.reset = module, reset
        super().__init__(
            {
                name: In(width) if direction == "input" else Out(width)
                for name, direction, width in ports
                if name not in DOMAIN
            }
        )

    @property
    def parameters(self) -> Parameters:
        """There are none."""
        return {}

    def elaborate(self, platform: Any) -> Any:
        return platform.external(self, self.module, self.reset)

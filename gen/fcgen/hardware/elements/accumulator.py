"""Running sum in a device's own carry chain."""

from __future__ import annotations

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.schedule.mapping import LOADED


class Accumulator(wiring.Component):
    """Sum of terms that begins anew on demand.

    ::

        sum <- (first ? 0 : sum) + term

    With a text, this is an instance of a hand-written module in the emitted Verilog, in which the
    carry chain clears the sum that it adds to; what is described here is held equal to it by a
    test. Without one, the first term is loaded.

    Latency: 1 cycle from ``term`` to ``sum``. Initiation interval: 1 cycle. No handshake, no reset.

    Parameters
    ----------
    text : str
        Name of the hand-written module, or ``LOADED``.
    width : int, positive
        Bits of the sum.

    Ports
    -----
    first : In(1)
        The term is the first one of a sum.
    term : In(width)
        Two's complement.
    sum : Out(width)
        Two's complement.
    """

    def __init__(self, text: str, width: int) -> None:
        if width < 1:
            raise ValueError("width must be positive")
        self.text = text
        self.width = width
        super().__init__({"first": In(1), "term": In(width), "sum": Out(width)})

    @property
    def parameters(self) -> Parameters:
        """Parameters of the Verilog module."""
        return {"WIDTH": self.width}

    def elaborate(self, platform: Any) -> Any:
        if self.text != LOADED and hasattr(platform, "handwritten"):
            return platform.handwritten(self, self.text, self.parameters)
        return self._described(platform)

    @module_border
    def _described(self, platform: object) -> Module:
        m = Module()
        total = Signal(self.width, name="total", reset_less=True)
        m.d.sync += total.eq(Mux(self.first, self.term, total + self.term))
        m.d.comb += self.sum.eq(total)
        return m

"""A step of a long division: one bit of the quotient."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import register


class DivisionStep(wiring.Component):
    """Next bit of ``remainder / total``, a fraction: a step of a division by hand.

    ::

        2 remainder >= total:  quotient <- 2 quotient + 1, remainder <- 2 remainder - total
        otherwise:             quotient <- 2 quotient,     remainder <- 2 remainder

    A remainder is at most the total, and stays so; one that is equal to it gives ones alone.

    Latency: 1 cycle. Initiation interval: 1 cycle. No handshake, no reset.

    Parameters
    ----------
    width : int, positive
        Bits of the remainder and of the total.
    bits : int, positive
        Of the quotient.

    Ports
    -----
    in_remainder, in_total, in_quotient : In(width), In(width), In(bits)
    out_remainder, out_total, out_quotient : Out(width), Out(width), Out(bits)
    """

    def __init__(self, *, width: int, bits: int) -> None:
        self.width = width
        self.bits = bits
        super().__init__(
            {
                "in_remainder": In(width),
                "in_total": In(width),
                "in_quotient": In(bits),
                "out_remainder": Out(width),
                "out_total": Out(width),
                "out_quotient": Out(bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        return {"width": self.width, "bits": self.bits}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        twice = Signal(self.width + 1)
        less = Signal(self.width + 2)
        fits = Signal()
        m.d.comb += [
            twice.eq(Cat(0, self.in_remainder)),
            less.eq(twice - self.in_total),
            fits.eq(~less[-1]),
        ]
        m.d.comb += [
            self.out_remainder.eq(register(m, Mux(fits, less, twice)[: self.width], "remainder")),
            self.out_total.eq(register(m, self.in_total, "total")),
            self.out_quotient.eq(register(m, Cat(fits, self.in_quotient)[: self.bits], "quotient")),
        ]
        return m

"""Division of each element of a vector by the sum of all."""

from __future__ import annotations

from amaranth import Const, Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.ends.division_step import DivisionStep
from fcgen.hardware.ends.whole_vectors import (
    WHOLE_VECTORS_LATENCY,
    WholeVectors,
    collect,
    entered,
    give,
)
from fcgen.hardware.registers import delay, register
from fcgen.hardware.streams import input_ports, output_ports


def shares_latency(bits: int) -> int:
    """Return the cycles from a vector's last element to the share of its first one."""
    return WHOLE_VECTORS_LATENCY + bits + 1


class Shares(wiring.Component):
    """Share of each element in the sum of its vector, rounded down, that of marked ones up.

    ::

        out[m] = min(floor(2^bits element[m] / sum element) + mark[m], 2^bits - 1)

    A step of the division is a stage of a pipeline that never stands still: what comes out of it
    while the output does goes into a row of registers.

    Latency: bits + 5 cycles from the last element to the first share. Initiation interval: one
    cycle an element. Handshake: valid/ready on both sides; what is offered holds while valid and
    not ready. Reset: drops everything.

    Parameters
    ----------
    elements : int, positive
        M, elements of a vector, one a beat.
    width : int, positive
        Bits of an element.
    total_width : int
        Bits of the sum of M elements.
    bits : int, positive
        Of a share.
    ram : str
        See `WholeVectors`.

    Ports
    -----
    in_payload : In(width + 1)
        The element, and above it its mark.
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(bits)
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    """

    def __init__(
        self, *, elements: int, width: int, total_width: int, bits: int, ram: str = ""
    ) -> None:
        self.width = width
        self.total_width = total_width
        self.bits = bits
        self.vectors = WholeVectors(
            elements=elements, width=width + 1, fact_width=total_width, ram=ram
        )
        super().__init__(
            {
                **input_ports(width + 1),
                **output_ports(bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        own: Parameters = {
            "elements": self.vectors.elements,
            "width": self.width,
            "total_width": self.total_width,
            "bits": self.bits,
        }
        return own | ({"ram": self.vectors.ram} if self.vectors.ram else {})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        vectors = self.vectors
        collect(m, self, vectors, self._total(m))
        quotient, cycles = self._divide(m), self.bits + 1
        mark = delay(m, vectors.out_payload[-1], self.bits, "mark")
        largest = quotient == (1 << self.bits) - 1
        share = register(m, (quotient + (mark & ~largest))[: self.bits], "share")
        give(m, self, vectors, share, cycles)
        return m

    def _total(self, m: Module) -> Value:
        """Return the running sum of the elements."""
        entered_now, element, first = entered(m, self)
        before = Signal(self.total_width, name="total_before", reset_less=True)
        total = Signal(self.total_width)
        m.d.comb += total.eq(Mux(first, 0, before) + element[: self.width])
        with m.If(entered_now):
            m.d.sync += before.eq(total)
        return total

    def _divide(self, m: Module) -> Value:
        """Return the quotient of an element by its total, ``bits`` cycles later."""
        remainder: Value = self.vectors.out_payload[: self.width]
        total: Value = self.vectors.out_fact
        quotient: Value = Const(0, self.bits)
        for number in range(self.bits):
            step = DivisionStep(width=self.total_width, bits=self.bits)
            m.submodules[f"step_{number}"] = step
            m.d.comb += [
                step.in_remainder.eq(remainder),
                step.in_total.eq(total),
                step.in_quotient.eq(quotient),
            ]
            remainder, total, quotient = step.out_remainder, step.out_total, step.out_quotient
        return quotient

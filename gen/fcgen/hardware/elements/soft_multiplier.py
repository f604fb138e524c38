"""Multiplier of look-up tables and carry chains, for devices with few multiplier blocks."""

from __future__ import annotations

from typing import NamedTuple

from amaranth import Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import delay, register


def soft_latency(rows: int) -> int:
    """Return the least latency of a product of ``rows`` rows: the depth of its adder tree."""
    return max((rows - 1).bit_length(), 1)


class Row(NamedTuple):
    """A term of the sum: the place of its lowest bit, whether it is subtracted, its value."""

    place: int
    negative: bool
    value: Value


class SoftMultiplier(wiring.Component):
    """Product of two numbers by adding rows: one row a bit of ``b``, two rows an adder.

    ``product = Σ_i b[i]·2^i·a``, the row of a sign bit subtracted. Every adder has a register
    behind it, which also keeps the synthesis from joining adders to slow ones without carry chains.

    Latency: ``latency`` cycles. Initiation interval: 1 cycle. No handshake, no reset.

    Parameters
    ----------
    a, b : Shape
        Of the operands; the narrower one is best taken as ``b``.
    latency : int
        At least ``soft_latency(b.width)`` cycles; what is more is spent at the operands, and saves
        look-up tables.

    Ports
    -----
    a : In(a.width)
    b : In(b.width)
    product : Out(a.width + b.width)
        Two's complement where an operand is signed.
    """

    def __init__(self, a: Shape, b: Shape, *, latency: int) -> None:
        if latency < soft_latency(b.width):
            raise ValueError(f"{b.width} rows take {soft_latency(b.width)} cycles")
        self.shapes = a, b
        self.latency = latency
        super().__init__({"a": In(a.width), "b": In(b.width), "product": Out(a.width + b.width)})

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two multipliers the same module."""
        a, b = self.shapes
        return {"a": str(a), "b": str(b), "latency": self.latency}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        a, b = self.shapes
        waiting = self.latency - soft_latency(b.width)
        first = delay(m, self.a, max(waiting - 1, 0), "a_waiting")
        second = delay(m, self.b, max(waiting - 1, 0), "b_waiting")
        whole = first.as_signed() if a.signed else first
        values: list[Value] = [Mux(second[bit], whole, 0) for bit in range(b.width)]
        if waiting:
            # With a spare cycle the bits of b clear registers: no look-up tables before the adders.
            values = [register(m, value, f"row_{bit}") for bit, value in enumerate(values)]
        rows = [Row(bit, False, value) for bit, value in enumerate(values)]
        if b.signed:
            sign = rows[-1]
            # A single row is negated at once; otherwise the adder subtracts it.
            alone = b.width == 1
            rows[-1] = Row(sign.place, not alone, -sign.value if alone else sign.value)
        level = 0
        while level == 0 or len(rows) > 1:
            rows = [
                self._sum(m, rows[i : i + 2], f"sum_{level}_{i // 2}")
                for i in range(0, len(rows), 2)
            ]
            level += 1
        m.d.comb += self.product.eq(rows[0].value)
        return m

    def _sum(self, m: Module, rows: list[Row], name: str) -> Row:
        """Register the sum of one or two rows; only the last row can be a negative one."""
        low, *others = rows
        value = low.value
        for other in others:
            term = other.value << (other.place - low.place)
            value = value - term if other.negative else value + term
        total = Signal(value.shape(), name=name, reset_less=True)
        m.d.sync += total.eq(value)
        return Row(low.place, low.negative, total)

"""Multiplier block of a device, with its own registers."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Module
from amaranth.hdl import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters
from fcgen.hardware.registers import delay, register
from fcgen.schedule.mapping import MultiplierText


class MultiplierBlock(wiring.Component):
    """Products ``a * b`` from a multiplier block, operands and products in its registers.

    In the emitted Verilog this is an instance of a hand-written module, which is the device's
    primitive for a synthesis tool and plain Verilog for a simulator; what is described here is
    held equal to it by a test.

    Latency: ``text.latency`` cycles. Initiation interval: 1 cycle. No handshake, no reset.

    Parameters
    ----------
    text : MultiplierText
    a, b : Shape
        Of an operand; at most ``text.bits`` bits.

    Ports
    -----
    a : In(a.width)
    b : In(text.count * b.width)
        The first one in the least significant bits.
    product : Out(text.count * (a.width + b.width))
        Two's complement where an operand is signed.

    Raises
    ------
    ValueError
        When an operand is too wide for the block.
    """

    def __init__(self, text: MultiplierText, a: Shape, b: Shape) -> None:
        for operand in (a, b):
            if not 1 <= operand.width <= text.bits:
                raise ValueError(f"{operand} does not fit the {text.bits} bits of {text.text}")
        self.text = text
        self.shapes = a, b
        super().__init__(
            {
                "a": In(a.width),
                "b": In(text.count * b.width),
                "product": Out(text.count * (a.width + b.width)),
            }
        )

    @property
    def latency(self) -> int:
        """Cycles from the operands to their product."""
        return self.text.latency

    @property
    def parameters(self) -> Parameters:
        """Parameters of the Verilog module."""
        a, b = self.shapes
        own: Parameters = {
            "A_WIDTH": a.width,
            "B_WIDTH": b.width,
            "A_SIGNED": int(a.signed),
            "B_SIGNED": int(b.signed),
        }
        return own | ({"COUNT": self.text.count} if self.text.count > 1 else {})

    def elaborate(self, platform: Any) -> Any:
        if hasattr(platform, "handwritten"):
            return platform.handwritten(self, self.text.text, self.parameters)
        m = Module()
        a, b = self.shapes
        one = _typed(register(m, self.a, "operand_a"), a)
        others = register(m, self.b, "operand_b")
        products = [
            (one * _typed(others.word_select(index, b.width), b))[: a.width + b.width]
            for index in range(self.text.count)
        ]
        m.d.comb += self.product.eq(delay(m, Cat(products), self.latency - 1, "product"))
        return m


def _typed(value: Any, shape: Shape) -> Any:
    return value.as_signed() if shape.signed else value.as_unsigned()

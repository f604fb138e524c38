"""Plan of a wide product: partial products that fit multiplier blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amaranth.hdl import Shape, signed, unsigned

from fcgen.hardware.elements.soft_multiplier import soft_latency
from fcgen.schedule.mapping import ProductUnit

LIMB_BITS = 17
"""Unsigned bits of a limb for the operator ``*``: what a block of 18 × 18 bits takes."""

FEW_ROWS = 4
"""Rows of a product that two levels of adders sum."""


@dataclass(frozen=True)
class PartialProduct:
    """Product of a limb of ``a`` and a limb of ``b``.

    Attributes
    ----------
    a_low, b_low : int
        Lowest bits of the limbs.
    a, b : Shape
    kind : {"behavioural", "block", "soft"}
    """

    a_low: int
    a: Shape
    b_low: int
    b: Shape
    kind: str

    @property
    def swapped(self) -> bool:
        """Whether a soft product takes its rows from ``a``, the narrower operand."""
        return bool(self.a.width < self.b.width)

    @property
    def rows(self) -> int:
        """Rows of a soft product."""
        return int(min(self.a.width, self.b.width))


@dataclass(frozen=True)
class ProductPlan:
    """Partial products of a whole product.

    Attributes
    ----------
    parts : tuple of PartialProduct
    latency : int
        Cycles from the operands to all partial products.
    """

    parts: tuple[PartialProduct, ...]
    latency: int

    @classmethod
    def of(cls, a: Shape, b: Shape, unit: ProductUnit) -> ProductPlan:
        """Plan the product of ``a`` and ``b`` for a kind of multiplier.

        Multiplier blocks are left to the elements where possible: a product of few rows takes
        none, and of other products small partial products but the first one take none.
        """
        few = unit.kind == "block" and min(a.width, b.width) <= FEW_ROWS
        if few or unit.kind == "soft":
            whole = PartialProduct(0, a, 0, b, "soft")
            # With a spare cycle a soft multiplier needs no look-up tables before its adders.
            return cls((whole,), soft_latency(whole.rows) + few)
        bits = unit.block.bits - 1 if unit.block else LIMB_BITS
        pieces = [(0, b)] if unit.kind == "behavioural" else limbs(b, bits)
        parts = [PartialProduct(*x, *y, unit.kind) for x in limbs(a, bits) for y in pieces]
        if unit.kind == "block":
            small = [replace(part, kind="soft") for part in parts]
            parts[1:] = [
                soft if soft.rows <= unit.soft_rows else part
                for soft, part in zip(small[1:], parts[1:], strict=True)
            ]
        soft = [soft_latency(part.rows) for part in parts if part.kind == "soft"]
        return cls(tuple(parts), max([*soft, unit.latency]))

    @property
    def blocks(self) -> int:
        """Multiplier blocks in use."""
        return sum(part.kind == "block" for part in self.parts)

    @property
    def sum_latency(self) -> int:
        """Cycles of the adder tree of the partial products: a register behind every adder."""
        return (len(self.parts) - 1).bit_length()


def limbs(shape: Shape, bits: int) -> list[tuple[int, Shape]]:
    """Cut a number into limbs of ``bits`` unsigned bits and a top one: (lowest bit, shape) each."""
    if shape.width <= bits + shape.signed:
        return [(0, shape)]
    starts = range(0, shape.width - shape.signed, bits)
    make = signed if shape.signed else unsigned
    return [
        (low, unsigned(bits) if low != starts[-1] else make(shape.width - low)) for low in starts
    ]

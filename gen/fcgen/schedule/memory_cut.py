"""How a memory is made of block RAMs: the shapes of one, and the cut that costs least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RamShape:
    """One way to use a block RAM: words, and bits of a word."""

    depth: int
    width: int

    def wide(self, width: int) -> int:
        """Return the RAMs that stand side by side for words of ``width`` bits."""
        return -(-width // self.width)

    def keeps(self, width: int) -> bool:
        """Say whether Yosys leaves words of ``width`` bits in this shape.

        Shapes of one and two bits have no parity bits. Nine bits in a wider shape, which has them,
        take as many RAMs as eight: wider words are mapped to that, with multiplexers behind the
        RAMs (8,192 words of 32 bits: 15 RAMs in place of 16, and a third of the clock).
        """
        return self.width > 2 or width <= 8 * self.width


@dataclass(frozen=True)
class MemoryCut:
    """How a memory is made of block RAMs.

    Attributes
    ----------
    depths : tuple of int
        Words of the parts that stand one behind the other; all but the last one are equal.
    rams : int
        Block RAMs of all parts.
    """

    depths: tuple[int, ...]
    rams: int


RAM_COST, CHOICE_COST = 400, 0.6
"""A block RAM, and a bit's choice between two parts, in look-up tables of such devices."""


def rams_of(depth: int, width: int, shapes: Sequence[RamShape]) -> int:
    """Return the fewest block RAMs side by side that hold a memory which one of them is deep."""
    return min(shape.wide(width) for shape in shapes if shape.depth >= depth)


RAM_BITS = 64
"""Bits in registers that a block RAM of an iCE40 costs as much as, to Yosys (`brams.txt`)."""


def chosen_rams(depth: int, width: int, shapes: Sequence[RamShape]) -> int:
    """Return the block RAMs that Yosys takes for a memory of an iCE40; 0 where it takes registers.

    It chooses where the source does not say what a memory is to be made of.
    """
    rams = rams_of(depth, width, shapes)
    return rams if depth * width > RAM_BITS * rams else 0


def cut(depth: int, width: int, shapes: Sequence[RamShape]) -> MemoryCut:
    """Return the cut of a memory that costs least: RAMs first, then what chooses a part."""

    def candidate(shape: RamShape) -> MemoryCut:
        whole, rest = divmod(depth, shape.depth)
        rams = whole * shape.wide(width)
        if rest:
            rams += rams_of(rest, width, shapes)
        return MemoryCut((shape.depth,) * whole + ((rest,) if rest else ()), rams)

    kept = [shape for shape in shapes if shape.keeps(width)]
    return min(map(candidate, kept), key=lambda found: cut_cost(found, width))


def cut_cost(cut: MemoryCut, width: int) -> float:
    """Return the cost of a cut of words of ``width`` bits in look-up tables."""
    return cut.rams * RAM_COST + (len(cut.depths) - 1) * width * CHOICE_COST

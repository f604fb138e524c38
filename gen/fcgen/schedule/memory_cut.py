"""Cuts: how a memory is built of block RAMs of given shapes at the least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RamShape:
    """One configuration of a block RAM: number of words, and bits of a word."""

    depth: int
    width: int

    def wide(self, width: int) -> int:
        """Return the number of RAMs side by side for words of ``width`` bits."""
        return -(-width // self.width)

    def keeps(self, width: int) -> bool:
        """Return whether Yosys keeps words of ``width`` bits in this shape.

        Shapes of one and two bits have no parity bits, and wider shapes hold nine bits at the price
        of eight. Yosys therefore moves wide words to a wider shape, with multiplexers behind the
        RAMs (8,192 words of 32 bits: 15 RAMs instead of 16, at a third of the clock frequency).
        """
        return self.width > 2 or width <= 8 * self.width


@dataclass(frozen=True)
class MemoryCut:
    """The cut of a memory into parts of block RAMs.

    Attributes
    ----------
    depths : tuple of int
        Words of each part, one behind the other; all but the last are equal.
    rams : int
        Block RAMs of all parts.
    """

    depths: tuple[int, ...]
    rams: int


RAM_COST, CHOICE_COST = 400, 0.6
"""Costs of a block RAM, and of a two-way multiplexer for one bit, in look-up tables."""


def rams_of(depth: int, width: int, shapes: Sequence[RamShape]) -> int:
    """Return the fewest block RAMs side by side that hold a memory of ``depth`` words."""
    return min(shape.wide(width) for shape in shapes if shape.depth >= depth)


RAM_BITS = 64
"""Register bits that Yosys counts as the cost of an iCE40's block RAM (`brams.txt`)."""


def chosen_rams(depth: int, width: int, shapes: Sequence[RamShape]) -> int:
    """Return the block RAMs that Yosys chooses for an iCE40's memory; 0 where it takes registers.

    It chooses where the Verilog does not prescribe what a memory is built of.
    """
    rams = rams_of(depth, width, shapes)
    return rams if depth * width > RAM_BITS * rams else 0


def cut(depth: int, width: int, shapes: Sequence[RamShape]) -> MemoryCut:
    """Return the cut of a memory with the least cost: RAMs, and multiplexers between parts."""

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

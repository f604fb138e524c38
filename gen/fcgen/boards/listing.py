"""Boards with what fits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fcgen import boards
from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ
from fcgen.boards.toolchains import toolchain
from fcgen.text.table import box

BYTE_BITS = 8
HEAD = ("Board", "Part", "MHz", "LUT", "RAM", "int8 MACs", "int8 weights", "in SPRAM")


@dataclass(frozen=True)
class Offer:
    """What a board has for a design of int8, the host link taken off.

    Attributes
    ----------
    board : Board
    luts, rams : int
        That are left.
    macs : int
        Multiplications a cycle in all multiplier blocks.
    weights : int
        That fit the block RAMs that are left; a design needs some of them for its vectors.
    scratchpad_weights : int
        That fit the large RAMs, which are written at start.
    """

    board: Board
    luts: int
    rams: int
    macs: int
    weights: int
    scratchpad_weights: int

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        board = self.board
        return {
            "board": board.name,
            "title": board.title,
            "device": board.device.name,
            "part": board.part,
            "clock_hz": board.clock_hz,
            "baud": board.baud,
            "lut": self.luts,
            "ram": self.rams,
            "macs": self.macs,
            "weights": self.weights,
            "scratchpad_weights": self.scratchpad_weights,
        }

    def cells(self) -> tuple[str, ...]:
        """Return its row of the table."""
        board, scratchpad = self.board, self.scratchpad_weights
        numbers = (self.luts, self.rams, self.macs, self.weights)
        return (
            board.name,
            board.part,
            f"{board.clock_hz / MHZ:g}",
            *(f"{number:,}" for number in numbers),
            f"{scratchpad:,}" if scratchpad else "-",
        )


def offers() -> list[Offer]:
    """Return all boards."""
    return [offer(boards.find(name)) for name in boards.names()]


def offer(board: Board) -> Offer:
    """Return what a board has left beside the host link."""
    device, link = board.device, toolchain(board).link
    rams = device.rams - link.ram
    return Offer(
        board,
        luts=device.luts - link.lut,
        rams=rams,
        macs=device.dsps * board.family.int8_macs,
        weights=rams * board.family.ram_bits // BYTE_BITS,
        scratchpad_weights=device.scratchpads * board.family.scratchpad_bits // BYTE_BITS,
    )


def lines(found: list[Offer]) -> list[str]:
    """Return the lines that `fcgen boards` prints."""
    note = "Beside the host link: what is left, and how many int8 weights that holds at most."
    return [*box(HEAD, [one.cells() for one in found], left=2), note]

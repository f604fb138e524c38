"""What a family needs to become a bitstream beside its device: the interface of these files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar

from fcgen.boards.board import Board
from fcgen.boards.pll import PllRanges, PllSetting, best, unused
from fcgen.devices.device import NOTHING, Device, Usage
from fcgen.tools.wheels import Wheel

ROUTED = "routed"
BITSTREAM = "bitstream"


class Toolchain(ABC):
    """PLL, constraints and packing of a family.

    Attributes
    ----------
    constraint_file : str
    suffix : str
        Of the bitstream's file.
    link, flash_link : Usage
        What the host link takes, as measured, and what reading a flash memory adds; kept free when
        a folding is chosen.
    link_mhz : mapping
        Of a device, about what the link's clock was when it was routed; the first target.
    """

    constraint_file: ClassVar[str]
    suffix: ClassVar[str]
    link: ClassVar[Usage]
    flash_link: ClassVar[Usage] = NOTHING
    link_mhz: ClassVar[Mapping[str, float]]

    @abstractmethod
    def ranges(self, board: Board) -> PllRanges:
        """Return the limits of the PLL of a board's part."""

    @abstractmethod
    def settings(self, board: Board) -> Iterator[PllSetting]:
        """Give all settings within the ranges."""

    @abstractmethod
    def clock_module(self, board: Board, setting: PllSetting, name: str) -> str:
        """Return the Verilog module that makes the clock.

        Its ports are ``pin``, the oscillator, ``clk`` and ``locked``, high when it is stable.
        """

    @abstractmethod
    def constraints(self, board: Board) -> str:
        """Return the text that says which port is at which pin, and how."""

    @abstractmethod
    def part(self, board: Board) -> Device:
        """Return the device with the options that name the board's part to nextpnr."""

    @abstractmethod
    def routed_options(self) -> Sequence[str]:
        """Return nextpnr's options for the constraints and for its result."""

    @abstractmethod
    def packer(self, board: Board) -> tuple[Wheel, Sequence[str]]:
        """Return the tool that makes the bitstream of nextpnr's result, and its options."""

    @property
    def bitstream(self) -> str:
        """Name of the bitstream's file."""
        return f"{BITSTREAM}.{self.suffix}"

    def reserve(self, board: Board, *, runtime_weights: bool) -> Usage:
        """Return what must be left for the host link of a design."""
        return self.link + (self.flash_link if board.flash and runtime_weights else NOTHING)

    def setting(self, board: Board, hz: Fraction | float) -> PllSetting | None:
        """Return the fastest clock that is not above a frequency; None where there is none.

        Below what the PLL can make, the oscillator itself will do.
        """
        found = best(self.settings(board), hz)
        if found is None and board.clock_hz <= hz:
            return unused(board.clock_hz)
        return found


def direct_clock(name: str) -> str:
    """Return the module of a clock without a PLL."""
    return f"""module {name} (
    input wire pin,
    output wire clk,
    output wire locked
);
    assign clk = pin;
    assign locked = 1'b1;
endmodule
"""


def instance(
    name: str, primitive: str, parameters: dict[str, object], ports: dict[str, str], extra: str = ""
) -> str:
    """Return a module around one primitive, which makes the clock."""
    sets = ",\n".join(f"        .{key}({_literal(value)})" for key, value in parameters.items())
    wires = ",\n".join(f"        .{key}({value})" for key, value in ports.items())
    return f"""module {name} (
    input wire pin,
    output wire clk,
    output wire locked
);
{extra}    {primitive} #(
{sets}
    ) pll (
{wires}
    );
endmodule
"""


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)

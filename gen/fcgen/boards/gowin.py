"""Boards with a Gowin GW1NR-9, GW2AR-18 or GW2A-18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ, PllRanges, PllSetting, Range
from fcgen.boards.toolchain import ROUTED, Toolchain, direct_clock, instance
from fcgen.devices.device import Device, Usage
from fcgen.tools.nextpnr import GOWIN_PACK
from fcgen.tools.wheels import Wheel


@dataclass(frozen=True)
class _Chip:
    """What the PLL and the packer want to know of a chip."""

    pll: str
    ranges: PllRanges
    configuration: Mapping[str, str] = field(default_factory=dict)
    """Pins that configuration keeps, unless an option of gowin_pack gives them to the design."""


# The GW2A-18C is the same chip; gowin_pack has the same ranges for it.
ARORA = PllRanges(
    "GW2AR series Data Sheet, DS226E: PLL parameters, C8/I7",
    input=Range(3 * MHZ, 500 * MHZ),
    detector=Range(3 * MHZ, 500 * MHZ),
    oscillator=Range(500 * MHZ, 1250 * MHZ),
    output=Range(3_906_250, 625 * MHZ),
)
CHIPS = {
    "gowin-gw1nr9c": _Chip(
        "GW1NR-9C",
        PllRanges(
            "GW1NR series Data Sheet, DS117E: PLL parameters, C6/I5",
            input=Range(3 * MHZ, 400 * MHZ),
            detector=Range(3 * MHZ, 400 * MHZ),
            oscillator=Range(400 * MHZ, 1200 * MHZ),
            output=Range(3_125_000, 600 * MHZ),
        ),
    ),
    "gowin-gw2ar18c": _Chip(
        "GW2AR-18C",
        ARORA,
    ),
    "gowin-gw2a18c": _Chip(
        "GW2A-18C",
        ARORA,
        {"T10": "--sspi_as_gpio", "A13": "--ready_as_gpio", "C13": "--done_as_gpio"},
    ),
}
OUTPUT_DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
SELECTS = 64


class GowinToolchain(Toolchain):
    """rPLL with internal feedback; gowin_pack."""

    constraint_file = "pins.cst"
    suffix = "fs"
    link = Usage(1_900, 900, 0, 2)
    link_mhz: ClassVar = {
        "gowin-gw1nr9c": 74.0,
        "gowin-gw2ar18c": 150.0,
        "gowin-gw2a18c": 150.0,
    }

    def ranges(self, board: Board) -> PllRanges:
        """See `Toolchain.ranges`."""
        return CHIPS[board.device.name].ranges

    def settings(self, board: Board) -> Iterator[PllSetting]:
        """See `Toolchain.settings`: the output divider does not change the clock."""
        ranges = self.ranges(board)
        if board.clock_hz not in ranges.input:
            return
        for before in range(SELECTS):
            detector = Fraction(board.clock_hz, before + 1)
            if detector not in ranges.detector:
                continue
            for times in range(SELECTS):
                hz = detector * (times + 1)
                for divider in OUTPUT_DIVIDERS if hz in ranges.output else ():
                    if hz * divider in ranges.oscillator:
                        named = {"IDIV_SEL": before, "FBDIV_SEL": times, "ODIV_SEL": divider}
                        yield PllSetting(hz, detector, hz * divider, named)

    def clock_module(self, board: Board, setting: PllSetting, name: str) -> str:
        """See `Toolchain.clock_module`."""
        if not setting.parameters:
            return direct_clock(name)
        parameters: dict[str, object] = {
            "FCLKIN": f"{board.clock_hz / MHZ:g}",
            "DEVICE": CHIPS[board.device.name].pll,
            **setting.parameters,
            **{f"DYN_{name}_SEL": "false" for name in ("IDIV", "FBDIV", "ODIV")},
            "CLKFB_SEL": "internal",
            "DYN_DA_EN": "false",
            **{f"{name}_BYPASS": "false" for name in ("CLKOUT", "CLKOUTP", "CLKOUTD")},
        }
        ports = {"CLKIN": "pin", "CLKOUT": "clk", "LOCK": "locked"}
        ports |= dict.fromkeys(("CLKFB", "RESET", "RESET_P"), "1'b0")
        ports |= dict.fromkeys(("FBDSEL", "IDSEL", "ODSEL"), "6'b0")
        ports |= dict.fromkeys(("PSDA", "DUTYDA", "FDLY"), "4'b0")
        return instance(name, "rPLL", parameters, ports)

    def constraints(self, board: Board) -> str:
        """See `Toolchain.constraints`."""
        lines = []
        for pin in board.pins:
            lines.append(f'IO_LOC "{pin.port}" {pin.site};\n')
            pull = f"PULL_MODE={pin.pull.upper()}"
            lines.append(f'IO_PORT "{pin.port}" IO_TYPE={pin.standard} {pull};\n')
        return "".join(lines)

    def part(self, board: Board) -> Device:
        """See `Toolchain.part`; the options of the device name the file of constraints as well."""
        return board.device

    def routed_options(self) -> Sequence[str]:
        """See `Toolchain.routed_options`."""
        return ("--write", f"{ROUTED}.json")

    def packer(self, board: Board) -> tuple[Wheel, Sequence[str]]:
        """See `Toolchain.packer`."""
        family = next(word for word in board.device.part if word.startswith("family="))
        name = family.removeprefix("family=")
        kept = CHIPS[board.device.name].configuration
        freed = dict.fromkeys(kept[pin.site] for pin in board.pins if pin.site in kept)
        return GOWIN_PACK, ("-d", name, *freed, "-o", self.bitstream, f"{ROUTED}.json")


TOOLCHAIN = GowinToolchain()

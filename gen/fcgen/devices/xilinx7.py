"""Xilinx 7 series, by an XC7A35T: synthesis and utilisation, but no place and route."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.device import Device, Family, MappingOptions, Usage, check_options
from fcgen.errors import bad_input
from fcgen.schedule.mapping import GENERIC, Mapping

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

LUTS_OF_RAM = {"RAM32X1D": 2, "RAM64X1D": 2, "RAM32M": 4, "RAM64M": 4, "RAM128X1D": 4}


class Xilinx7(Family):
    """Operators and inferred memories: Yosys finds the DSP48E1 and the block RAMs in them.

    A block RAM counts as RAMB18E1, of which a RAMB36E1 takes two; look-up tables have six inputs.
    """

    name = "xilinx7"
    devices = (Device("xilinx7", 20_800, 41_600, 90, 100, 250),)

    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """Return the generic mapping: what an operator becomes is Yosys' choice."""
        check_options(options, folding)
        remedy = "leave the option out"
        if options.pack == "2":
            rule = "two weights in a DSP48E1 are not supported"
            raise bad_input("--pack", options.pack, rule, remedy)
        if options.soft_macs:
            rule = f"the synthesis chooses the multipliers of {device.name}"
            raise bad_input("--soft-macs", options.soft_macs, rule, remedy)
        return replace(GENERIC, device=device.name, lut_memories=True)

    def synthesis(self, top: str) -> str:
        """Return `synth_xilinx` without pads."""
        return f"synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top {top}"

    def usage(self, cells: Dictionary[str, int]) -> Usage:
        """Count cells of Yosys."""
        lut = sum(cells.get(f"LUT{inputs}", 0) for inputs in range(1, 7))
        lut += cells.get("INV", 0)
        lut += sum(luts * cells.get(name, 0) for name, luts in LUTS_OF_RAM.items())
        lut += sum(cells.get(name, 0) for name in ("SRL16E", "SRLC32E"))
        return Usage(
            lut,
            sum(cells.get(name, 0) for name in ("FDRE", "FDSE", "FDCE", "FDPE")),
            cells.get("DSP48E1", 0),
            cells.get("RAMB18E1", 0) + 2 * cells.get("RAMB36E1", 0),
        )


FAMILY = Xilinx7()

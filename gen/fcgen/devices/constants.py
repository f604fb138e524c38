"""Constants of requantizers in look-up tables, where a device has too few block RAMs for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.device import Device
from fcgen.schedule.mapping import LUT_WORDS, Mapping

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

ALL = 1 << 30
"""More look-up tables than any memory takes."""


def kept_in_luts(
    device: Device,
    pairs: Sequence[tuple[DenseLayer, Folding]],
    mappings: tuple[Mapping, ...],
) -> tuple[Mapping, ...]:
    """Return the mappings, with constants in look-up tables until the block RAMs are enough.

    The layers come first whose constants save most block RAMs for a look-up table. Where the block
    RAMs are enough, or no look-up table can be a memory, nothing changes.
    """
    from fcgen.hardware.blocks import block_rams, constant_bits

    rams = [block_rams(*pair, mapping) for pair, mapping in zip(pairs, mappings, strict=True)]
    missing = sum(rams) - device.rams
    if missing <= 0:
        return mappings
    choices = []
    for number, (pair, mapping) in enumerate(zip(pairs, mappings, strict=True)):
        if not mapping.lut_memories:
            continue
        other = replace(mapping, constant_luts=ALL)
        saved = rams[number] - block_rams(*pair, other)
        words, bits = constant_bits(*pair, mapping)
        if saved > 0:
            choices.append((-(-words // LUT_WORDS) * bits / saved, number, saved, other))
    found = list(mappings)
    for _, number, saved, other in sorted(choices, key=lambda choice: choice[:2]):
        if missing <= 0:
            break
        found[number] = other
        missing -= saved
    return tuple(found)

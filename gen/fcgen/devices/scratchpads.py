"""Which layers of a network keep their weights in memories that are written at start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fcgen.devices.device import Device, Family, MappingOptions
from fcgen.errors import InputError

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.network.network import Network
    from fcgen.schedule.folding import Folding
    from fcgen.schedule.schedule import Schedule


class NeedsWriting(InputError):
    """Weights fit the device where they are written at start, and do not where they are fixed."""


def shares(
    family: Family, device: Device, network: Network, schedule: Schedule, options: MappingOptions
) -> tuple[Device, ...]:
    """Return the device as each layer of a network sees it: with scratchpads or with block RAMs.

    As few scratchpads as let the rest fit the block RAMs, and none where nothing lets it.

    Raises
    ------
    NeedsWriting
        When the network would fit with run-time weights, which it does not have.
    """
    pairs = list(zip(network.layers, schedule, strict=True))
    chosen = _choose(family, device, pairs, options)
    if chosen and not network.runtime_weights:
        names = ", ".join(network.layers[number].name for number in chosen)
        raise NeedsWriting(
            f"--device: {device.name}: the layers take more than its {device.rams} block RAMs; the "
            f"weights of {names} fit the SPRAM, which has no initial contents; use "
            "--runtime-weights, by which they are written at start"
        )
    in_rams, in_scratchpads = replace(device, scratchpads=0), replace(device, rams=0)
    return tuple(in_scratchpads if n in chosen else in_rams for n in range(len(pairs)))


def _choose(
    family: Family,
    device: Device,
    pairs: list[tuple[DenseLayer, Folding]],
    options: MappingOptions,
) -> tuple[int, ...]:
    """Return the numbers of the layers whose weights stand in scratchpads."""
    from fcgen.hardware.blocks import block_rams_in_use

    def rams(seen: Device, layer: DenseLayer, folding: Folding) -> int:
        return block_rams_in_use(layer, folding, family.mapping(seen, layer, folding, options))

    fixed = [rams(replace(device, scratchpads=0), *pair) for pair in pairs]
    excess = sum(fixed) - device.rams
    if excess <= 0:
        return ()
    # The most block RAMs that a number of scratchpads saves, and the layers that it takes.
    best: list[tuple[int, tuple[int, ...]]] = [(0, ())] * (device.scratchpads + 1)
    for number, (layer, folding) in enumerate(pairs):
        written = _written(layer)
        if written is None:
            continue
        mapping = family.mapping(replace(device, rams=0), written, folding, options)
        needed = family.scratchpads(written, folding, mapping)
        if not needed:
            continue
        saved = fixed[number] - block_rams_in_use(written, folding, mapping)
        for total in range(device.scratchpads, needed - 1, -1):
            before, layers = best[total - needed]
            if before + saved > best[total][0]:
                best[total] = before + saved, (*layers, number)
    return next((layers for saved, layers in best if saved >= excess), ())


def _written(layer: DenseLayer) -> DenseLayer | None:
    """Return the layer with run-time weights; None where it cannot have them."""
    try:
        return replace(layer, runtime_weights=True)
    except InputError:
        return None

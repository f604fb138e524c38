"""Families of devices, one a file: what is in this folder with a ``FAMILY`` is known."""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from fcgen.devices.device import Device, Family, MappingOptions
from fcgen.errors import bad_input
from fcgen.schedule.mapping import Mapping

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.network.network import Network
    from fcgen.schedule.folding import Folding
    from fcgen.schedule.schedule import Schedule

DEFAULT = MappingOptions()


@cache
def families() -> tuple[Family, ...]:
    """Return all families, in the order of their files' names."""
    modules = (
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
    )
    return tuple(module.FAMILY for module in modules if hasattr(module, "FAMILY"))


def names() -> tuple[str, ...]:
    """Return the names of all devices."""
    return tuple(device.name for family in families() for device in family.devices)


def find(name: str) -> tuple[Family, Device]:
    """Return a device and its family.

    Raises
    ------
    InputError
        When there is no such device.
    """
    for family in families():
        for device in family.devices:
            if device.name == name:
                return family, device
    rule = f"is not a known device ({', '.join(names())})"
    raise bad_input("--device", name, rule, "choose one of these")


def mapping(
    name: str, layer: "DenseLayer", folding: "Folding", options: MappingOptions = DEFAULT
) -> Mapping:
    """Decide what the parts of a layer are made of on a device.

    Raises
    ------
    InputError
        When there is no such device, or the options do not fit the layer or the device.
    """
    family, device = find(name)
    return family.mapping(device, layer, folding, options)


def mappings(
    name: str, network: "Network", schedule: "Schedule", options: MappingOptions = DEFAULT
) -> tuple[Mapping, ...]:
    """Decide what the parts of every layer of a network are made of; see `mapping`.

    The elements of all layers come first: a requantizer gets a multiplier where they leave one.
    """
    family, device = find(name)
    pairs = list(zip(network.layers, schedule, strict=True))
    found = _shared(family, device, network, schedule, options)
    if len(pairs) > 1 and device.rams:
        from fcgen.devices.constants import kept_in_luts

        return kept_in_luts(device, pairs, found)
    return found


def _shared(
    family: Family,
    device: Device,
    network: "Network",
    schedule: "Schedule",
    options: MappingOptions,
) -> tuple[Mapping, ...]:
    """Decide what the layers are made of, as they share the multipliers."""
    pairs = list(zip(network.layers, schedule, strict=True))
    seen = (device,) * len(pairs)
    if device.scratchpads and len(pairs) > 1:
        from fcgen.devices import scratchpads

        seen = scratchpads.shares(family, device, network, schedule, options)
    alone = [family.mapping(own, *pair, options) for own, pair in zip(seen, pairs, strict=True)]
    if len(pairs) == 1 or not device.dsps:
        return tuple(alone)
    from fcgen.hardware.blocks import element_blocks, requantizer_blocks

    elements = [
        family.dsps(layer, element_blocks(folding, mapping), 0)
        for (layer, folding), mapping in zip(pairs, alone, strict=True)
    ]
    free = device.dsps - sum(elements)
    found = []
    for (layer, folding), own, device_seen in zip(pairs, elements, seen, strict=True):
        # The device as this layer sees it: less what the others take.
        part = replace(device_seen, dsps=max(own + free, 0))
        mapping = family.mapping(part, layer, folding, options)
        requantizers = requantizer_blocks(layer, folding, mapping.requantizer)
        free -= family.dsps(layer, 0, requantizers)
        found.append(mapping)
    return tuple(found)

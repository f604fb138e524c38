"""The top component of a design: a layer that stands alone, or the layers of a network."""

from __future__ import annotations

from collections.abc import Sequence

from fcgen.hardware.accelerator import Accelerator
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule


def top_of(
    network: Network,
    schedule: Schedule,
    mappings: Sequence[Mapping],
    prefix: str = "",
    place: ChainPlace | None = None,
) -> Layer | Accelerator:
    """Return the hardware of a network; with ``place`` of a layer that is taken out of one."""
    if network.layer is not None:
        return Layer(network.layer, schedule.foldings[0], prefix, mappings[0], place=place)
    return Accelerator(network, schedule, mappings, instance_names(network), prefix)


def images_of(hardware: Layer | Accelerator) -> dict[str, MemoryImage]:
    """Return the contents of every memory, by the name of its image file."""
    return hardware.images

"""How fast the clock of a routed layer will be."""

from __future__ import annotations

from math import log2

from fcgen.devices.costs import ClockModel
from fcgen.devices.device import Device, Usage
from fcgen.schedule.mapping import Mapping


def estimated_mhz(
    model: ClockModel,
    device: Device,
    speed: str,
    usage: Usage,
    mapping: Mapping,
    *,
    runtime_weights: bool,
) -> float:
    """Return the clock of the median placement, without the limits that nextpnr does not see.

    Parameters
    ----------
    model : ClockModel
    device : Device
    speed : str
        Speed grade.
    usage : Usage
        What the layer takes.
    mapping : Mapping
        What its parts are made of.
    runtime_weights : bool
        Its weights are written at run time.
    """
    ns = model.base_ns + dict(model.device_ns).get(device.name, 0.0)
    ns += model.spread_ns * log2(1 + (usage.lut + usage.ff) / 1000)
    ns += model.ram_ns * usage.ram / 100
    if mapping.unit.kind == "soft" or mapping.soft_elements:
        ns += model.soft_ns
    if runtime_weights:
        ns += model.runtime_ns
    return 1000 / (ns * dict(model.speeds).get(speed, 1.0))

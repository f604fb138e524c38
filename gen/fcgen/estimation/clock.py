"""How fast the clock of a routed layer will be."""

from __future__ import annotations

from math import log2

from fcgen.devices.costs import ClockModel
from fcgen.devices.device import Usage
from fcgen.mapping import Mapping


def estimated_mhz(
    model: ClockModel, speed: str, usage: Usage, mapping: Mapping, clipped: int
) -> float:
    """Return the clock of the median placement, without the limits that nextpnr does not see.

    Parameters
    ----------
    model : ClockModel
    speed : str
        Speed grade.
    usage : Usage
        What the layer takes.
    mapping : Mapping
        What its parts are made of.
    clipped : int
        Bits that a quotient has more than an output.
    """
    ns = model.base_ns + model.spread_ns * log2(1 + (usage.lut + usage.ff) / 1000)
    ns += model.clip_bit_ns * clipped
    if mapping.unit.kind == "soft" or mapping.soft_elements:
        ns += model.soft_ns
    return 1000 / (ns * dict(model.speeds).get(speed, 1.0))

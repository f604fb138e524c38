"""How fast the clock of a routed layer will be."""

from __future__ import annotations

from math import sqrt

from fcgen.devices.costs import ClockModel
from fcgen.devices.device import Device, Usage


def estimated_mhz(
    model: ClockModel, device: Device, speed: str, usage: Usage, chain_bits: int
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
    chain_bits : int
        Bits of its longest carry chain.
    """
    fill = max(
        usage.dsp / device.dsps if device.dsps else 0.0,
        usage.ram / device.rams if device.rams else 0.0,
        usage.lut / device.luts,
    )
    ns = (
        model.base_ns
        + model.chain_bit_ns * chain_bits
        + model.spread_ns * sqrt((usage.lut + usage.ff) / 1000)
        + model.fill_ns * fill
    )
    return 1000 / (ns * dict(model.speeds).get(speed, 1.0))

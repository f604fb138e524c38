"""Whether a device is surely too small for a network, before anything is synthesised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fcgen import devices
from fcgen.design.design import Design
from fcgen.devices.device import NOTHING, Device, MappingOptions, Usage
from fcgen.errors import InputError
from fcgen.estimation.estimate import Estimate
from fcgen.estimation.for_design import estimate_design, estimate_network
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.fit import DoesNotFit, excesses, shares
from fcgen.synthesis.flow import Request

GENERIC = "generic"
LOGIC_ERROR = 0.15
"""How much larger than the routed design an estimate of look-up tables or registers may be."""
LOGIC = ("LUT", "FF", "DSP")
"""What a folding with fewer elements takes less of."""


def check_room(
    estimate: Estimate,
    network: Network,
    schedule: Schedule,
    options: MappingOptions,
    *,
    beside: Usage = NOTHING,
    others: Iterable[tuple[str, str, Usage]] = (),
    subject: str = "",
) -> None:
    """Refuse a network that cannot fit, however wrong its estimate is within its bounds.

    Parameters
    ----------
    estimate : Estimate
        Of the network on the device; its multipliers and block RAMs are exact.
    network : Network
    schedule : Schedule
    options : MappingOptions
    beside : Usage
        What else stands on the device.
    others : iterable of (name, device, beside)
        Where it may fit instead; those on which it does are named.
    subject : str
        Of the error; default the device.

    Raises
    ------
    DoesNotFit
        One line that says what is too much and what would fit.
    """
    device, usage = estimate.device, estimate.usage + beside
    found = excesses(usage, _generous(device))
    if not found:
        return
    short = [row for row in excesses(usage, device) if row.resource in {r.resource for r in found}]
    fitting = [
        name
        for name, part, more in others
        if part != device.name and _fits(network, schedule, part, options, more)
    ]
    remedies = [f"with this folding {', '.join(fitting)}"] if fitting else []
    if all(row.resource in LOGIC for row in short):
        remedies.insert(0, "a smaller folding, as --fit chooses it")
    else:
        remedies.append("narrower weights or fewer of them")
    raise DoesNotFit(
        f"{subject or device.name}: {', '.join(map(str, short))}: the network does not fit; what "
        f"would fit: {', or '.join(remedies)}",
        {
            "fits": False,
            "device": device.name,
            **vars(usage),
            "device_share": shares(usage, device),
            "fitting": fitting,
        },
    )


def check_design(design: Design, request: Request) -> None:
    """Refuse to synthesise a design on disk that cannot fit, and name the devices that it fits.

    Parameters
    ----------
    design : Design
        One that is mapped to no device is not known well enough, and passes.
    request : Request
        What it is synthesised for.

    Raises
    ------
    DoesNotFit
        One line that says what is too much.
    """
    if design.manifest.device == GENERIC or request.family.costs is None:
        return
    estimate = estimate_design(design, request.device.name, request.speed or None)
    sized = (name for name in devices.names() if devices.find(name)[1].luts)
    others = [(name, name, NOTHING) for name in sized]
    check_room(estimate, design.network, design.schedule, devices.DEFAULT, others=others)


def _generous(device: Device) -> Device:
    """Return a device with as much more logic as an estimate may be wrong."""
    return replace(
        device,
        luts=int(device.luts * (1 + LOGIC_ERROR)),
        flip_flops=int(device.flip_flops * (1 + LOGIC_ERROR)),
    )


def _fits(
    network: Network, schedule: Schedule, device: str, options: MappingOptions, beside: Usage
) -> bool:
    try:
        estimate = estimate_network(network, schedule, device, None, options)
    except InputError:  # the options or the memories are not those of that family
        return False
    return not excesses(estimate.usage + beside, estimate.device)

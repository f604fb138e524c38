"""Whether a design fits a device, and if not: what is too much, and what would fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from fcgen.devices.device import Device, Family, Usage
from fcgen.errors import CheckError
from fcgen.schedule.folding import Folding

# What a resource is called, its field of a usage, its field of a device.
RESOURCES = (
    ("LUT", "lut", "luts"),
    ("FF", "ff", "flip_flops"),
    ("DSP", "dsp", "dsps"),
    ("RAM", "ram", "rams"),
    ("scratchpad", "scratchpad", "scratchpads"),
)

Counts = Callable[[Folding], Usage]


class DoesNotFit(CheckError):
    """A design is larger than its device."""


@dataclass(frozen=True)
class Excess:
    """A resource of which there is not enough."""

    resource: str
    used: int
    available: int

    def __str__(self) -> str:
        return (
            f"{self.used:,} {self.resource} of {self.available:,} "
            f"({self.used - self.available:,} too many)"
        )


def excesses(usage: Usage, device: Device) -> list[Excess]:
    """Return the resources of which a design needs more than a device has."""
    rows = [
        Excess(name, getattr(usage, used), getattr(device, available))
        for name, used, available in RESOURCES
    ]
    return [row for row in rows if row.used > row.available]


def shares(usage: Usage, device: Device) -> dict[str, float]:
    """Return how much of the device each resource takes, in per cent, where the device has it."""
    return {
        used: round(100 * getattr(usage, used) / getattr(device, available), 2)
        for _, used, available in RESOURCES
        if getattr(device, available)
    }


def check(usage: Usage, family: Family, device: Device, folding: Folding | None) -> None:
    """Raise `DoesNotFit` when a device is too small.

    Parameters
    ----------
    usage : Usage
    family, device
    folding : Folding, optional
        Of the design, where it is a layer: then a folding that would fit is named.
    """
    found = excesses(usage, device)
    if found:
        raise does_not_fit(", ".join(map(str, found)), usage, family, device, folding)


def does_not_fit(
    what: str, usage: Usage, family: Family, device: Device, folding: Folding | None
) -> DoesNotFit:
    """Return the error that says what is too much and what would fit."""
    fitting = folding and first_fitting(folding, scaled(usage, folding), device)
    larger = next((other for other in family.devices if not excesses(usage, other)), None)
    remedies = []
    if fitting is not None:
        remedies.append(f"--pe {fitting.pe} --simd {fitting.simd}, by proportion")
    if larger is not None and larger != device:
        remedies.append(larger.name)
    remedy = f"what would fit: {', or '.join(remedies)}" if remedies else "make the layer smaller"
    return DoesNotFit(
        f"{device.name}: {what}: the design does not fit; {remedy}",
        {
            "fits": False,
            "device": device.name,
            **vars(usage),
            "device_share": shares(usage, device),
            "fitting_folding": fitting and {"pe": fitting.pe, "simd": fitting.simd},
            "fitting_device": larger and larger.name,
        },
    )


def smaller(folding: Folding) -> Iterator[Folding]:
    """Give foldings with fewer multiplications a cycle, the fastest first.

    With fewer elements; then, on one element, with fewer lanes.
    """
    for pe in range(folding.pe - 1, 0, -1):
        yield replace(folding, pe=pe)
    for simd in range(folding.simd - 1, 0, -1):
        yield replace(folding, pe=1, simd=simd)


def first_fitting(folding: Folding, counts: Counts, device: Device) -> Folding | None:
    """Return the fastest smaller folding of which ``counts`` says that it fits."""
    return next((f for f in smaller(folding) if not excesses(counts(f), device)), None)


def scaled(usage: Usage, folding: Folding) -> Counts:
    """Return a rule of proportion: logic and multipliers shrink with the lanes, memories do not."""

    def counts(other: Folding) -> Usage:
        share = other.pe * other.simd / (folding.pe * folding.simd)
        return replace(
            usage,
            lut=ceil(usage.lut * share),
            ff=ceil(usage.ff * share),
            dsp=ceil(usage.dsp * share),
        )

    return counts

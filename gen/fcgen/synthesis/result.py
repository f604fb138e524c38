"""The figures of a routed design, none of them above what the silicon allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from statistics import median
from typing import Any

from fcgen.devices.device import Cap, Device, Usage
from fcgen.synthesis.fit import RESOURCES, shares
from fcgen.synthesis.report import Path
from fcgen.table import box

NO_CAP = "no limit is known that nextpnr does not see"


@dataclass(frozen=True)
class Work:
    """What a design does in how many cycles.

    Attributes
    ----------
    macs : int
        Multiplications of an inference.
    initiation_interval, latency : int
        Cycles from an inference to the next, and through the design.
    macs_per_dsp : int
        Multiplications that a multiplier block can do in a cycle, for the roofline.
    """

    macs: int
    initiation_interval: int
    latency: int
    macs_per_dsp: int = 1


@dataclass(frozen=True)
class Result:
    """A routed design.

    Attributes
    ----------
    device : Device
    speed : str
        Speed grade, empty where the family has none.
    usage, wrapper : Usage
        Of the design alone, routed; and of the registers around it, which do not count.
    target_mhz : float
        What nextpnr aimed at.
    seeds : tuple of int
    fmax_mhz : tuple of float
        One a seed, none above the cap.
    cap : Cap, optional
        None where no limit is known that nextpnr does not see.
    path : Path
        The slowest path that nextpnr sees, with the seed nearest to the median.
    path_seed : int
        That seed.
    work : Work, optional
        Where it is known what the design does.
    versions : mapping
        Of the tools.
    """

    device: Device
    speed: str
    usage: Usage
    wrapper: Usage
    target_mhz: float
    seeds: tuple[int, ...]
    fmax_mhz: tuple[float, ...]
    cap: Cap | None
    path: Path
    path_seed: int
    work: Work | None
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.cap is not None and max(self.fmax_mhz) > self.cap.mhz:
            raise ValueError(f"{max(self.fmax_mhz)} MHz is above the cap of {self.cap.mhz}")

    @property
    def fmax_capped_mhz(self) -> float:
        """Median over the seeds."""
        return median(self.fmax_mhz)

    @property
    def inferences_per_second(self) -> float | None:
        """In steady state, at the median clock."""
        work = self.work
        return work and self.fmax_capped_mhz * 1e6 / work.initiation_interval

    @property
    def latency_us(self) -> float | None:
        """Through the design, at the median clock."""
        return self.work and self.work.latency / self.fmax_capped_mhz

    @property
    def gmac_per_second(self) -> float | None:
        """Multiplications that the inferences need, 10^9 a second."""
        rate = self.inferences_per_second
        return self.work and rate and self.work.macs * rate / 1e9

    @property
    def roofline_gmac_per_second(self) -> float | None:
        """What all multiplier blocks of the device could do at the cap."""
        if self.work is None or self.cap is None or not self.device.dsps:
            return None
        return self.device.dsps * self.cap.mhz * self.work.macs_per_dsp / 1e3

    @property
    def roofline_share(self) -> float | None:
        """How much of the roofline is reached, in per cent."""
        reached, most = self.gmac_per_second, self.roofline_gmac_per_second
        return 100 * reached / most if reached and most else None

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        work, cap = self.work, self.cap
        return {
            "device": self.device.name,
            "speed": self.speed,
            "fits": True,
            **vars(self.usage),
            "device_share": shares(self.usage, self.device),
            "wrapper": {"lut": self.wrapper.lut, "ff": self.wrapper.ff},
            "seeds": list(self.seeds),
            "target_mhz": self.target_mhz,
            "fmax_mhz": list(self.fmax_mhz),
            "fmax_capped_mhz": self.fmax_capped_mhz,
            "fmax_cap_mhz": cap and cap.mhz,
            "fmax_cap_reason": cap.reason if cap else NO_CAP,
            "macs": work and work.macs,
            "initiation_interval": work and work.initiation_interval,
            "latency": work and work.latency,
            "latency_us": self.latency_us,
            "inferences_per_second": self.inferences_per_second,
            "gmac_per_second": self.gmac_per_second,
            "roofline_gmac_per_second": self.roofline_gmac_per_second,
            "roofline_share": self.roofline_share,
            "critical_path": {"seed": self.path_seed, **self.path.as_dict()},
            "versions": dict(self.versions),
        }

    def lines(self) -> list[str]:
        """Return the printed form: what it takes, how fast it is, what holds it back."""
        facts = [*self._clock(), *self._speed()]
        width = max(len(name) for name, _ in facts)
        return [
            *self._table(),
            *(f" {name:<{width}}  {text}" for name, text in facts),
            "",
            *self._path(),
        ]

    def _table(self) -> list[str]:
        device, share = self.device, shares(self.usage, self.device)
        name = f"{device.name} speed {self.speed}" if self.speed else device.name
        rows = [
            (
                title,
                f"{getattr(self.usage, used):,}",
                f"{getattr(device, available):,}",
                f"{share[used]:.1f} %",
            )
            for title, used, available in RESOURCES
            if used in share
        ]
        return box((name, "used", "of", "share"), rows)

    def _clock(self) -> list[tuple[str, str]]:
        """Return the lines about the clock."""
        each = ", ".join(
            f"{_mhz(mhz)}{' (cap)' if self.cap and mhz == self.cap.mhz else ''}"
            for mhz in self.fmax_mhz
        )
        cap = f"{_mhz(self.cap.mhz)} MHz: {self.cap.reason}" if self.cap else NO_CAP
        return [
            ("Fmax", f"{_mhz(self.fmax_capped_mhz)} MHz, the median of {len(self.seeds)}: {each}"),
            ("Cap", cap),
        ]

    def _speed(self) -> list[tuple[str, str]]:
        """Return the lines about what the design does at that clock."""
        work = self.work
        rate, done, delay = self.inferences_per_second, self.gmac_per_second, self.latency_us
        if work is None or rate is None or done is None or delay is None:
            return []
        share, most = self.roofline_share, self.roofline_gmac_per_second
        roofline = f", {share:.1f} % of {most:.2f} on all DSPs" if share and most else ""
        return [
            ("Initiation interval", f"{work.initiation_interval:,} cycles"),
            ("Latency", f"{work.latency:,} cycles, {delay:,.2f} us"),
            ("Inferences", f"{floor(rate):,} a second"),
            ("Throughput", f"{done:.3f} GMAC/s{roofline}"),
        ]

    def _path(self) -> list[str]:
        path = self.path
        return [
            f"Critical path (seed {self.path_seed}): {path.ns:.2f} ns, "
            f"{path.logic_ns:.2f} logic, {path.routing_ns:.2f} routing",
            f"  from {path.start}",
            f"  to   {path.end}",
            *(f"  {step.ns:6.2f} {step.kind:<7}  {step.name}" for step in path.steps),
        ]


def _mhz(value: float) -> str:
    """Return a frequency, rounded down: what is printed is reached."""
    return f"{floor(value * 10) / 10:.1f}"

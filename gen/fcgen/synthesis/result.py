"""The figures of a routed design, none of them above what the silicon allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from fcgen.devices.device import NOTHING, Cap, Device, Usage
from fcgen.synthesis.fit import shares
from fcgen.synthesis.report import Path

NO_CAP = "no limit is known that nextpnr does not see"
UNROUTED = "not routed: there is no open place-and-route tool for the device"


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
    """A synthesised design.

    Attributes
    ----------
    device : Device
    speed : str
        Speed grade, empty where the family has none.
    usage, wrapper : Usage
        Of the design alone, routed; and of the registers around it, which do not count.
    work : Work, optional
        Where it is known what the design does.
    versions : mapping
        Of the tools.
    target_mhz : float
        What nextpnr aimed at.
    seeds : tuple of int
        Empty where the device has no open place-and-route tool.
    fmax_mhz : tuple of float
        One a seed, none above the cap.
    cap : Cap, optional
        None where no limit is known that nextpnr does not see.
    path : Path, optional
        The slowest path that nextpnr sees, with the seed nearest to the median.
    path_seed : int
        That seed.
    parts : mapping
        What each part of the design takes by Yosys' count, under an empty name what is in none.
    """

    device: Device
    speed: str
    usage: Usage
    work: Work | None
    versions: Mapping[str, str]
    wrapper: Usage = NOTHING
    target_mhz: float | None = None
    seeds: tuple[int, ...] = ()
    fmax_mhz: tuple[float, ...] = ()
    cap: Cap | None = None
    path: Path | None = None
    path_seed: int = 0
    parts: Mapping[str, Usage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cap is not None and max(self.fmax_mhz) > self.cap.mhz:
            raise ValueError(f"{max(self.fmax_mhz)} MHz is above the cap of {self.cap.mhz}")

    @property
    def fmax_capped_mhz(self) -> float | None:
        """Median over the seeds."""
        return median(self.fmax_mhz) if self.fmax_mhz else None

    @property
    def fmax_cap_reason(self) -> str:
        """What limits the clock beside the paths that nextpnr sees."""
        if not self.seeds:
            return UNROUTED
        return self.cap.reason if self.cap else NO_CAP

    @property
    def inferences_per_second(self) -> float | None:
        """In steady state, at the median clock."""
        if self.work is None or self.fmax_capped_mhz is None:
            return None
        return self.fmax_capped_mhz * 1e6 / self.work.initiation_interval

    @property
    def latency_us(self) -> float | None:
        """Through the design, at the median clock."""
        if self.work is None or self.fmax_capped_mhz is None:
            return None
        return self.work.latency / self.fmax_capped_mhz

    @property
    def gmac_per_second(self) -> float | None:
        """Multiplications that the inferences need, 10^9 a second."""
        if self.work is None or self.inferences_per_second is None:
            return None
        return self.work.macs * self.inferences_per_second / 1e9

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
            "fmax_cap_reason": self.fmax_cap_reason,
            "macs": work and work.macs,
            "initiation_interval": work and work.initiation_interval,
            "latency": work and work.latency,
            "latency_us": self.latency_us,
            "inferences_per_second": self.inferences_per_second,
            "gmac_per_second": self.gmac_per_second,
            "roofline_gmac_per_second": self.roofline_gmac_per_second,
            "roofline_share": self.roofline_share,
            "critical_path": self.path and {"seed": self.path_seed, **self.path.as_dict()},
            "parts": {part: vars(usage) for part, usage in self.parts.items()},
            "versions": dict(self.versions),
        }

"""The flow: Yosys, does it fit, nextpnr once a seed, figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low

from fcgen.devices.device import Cap, Device, Family, Usage
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC, Mapping
from fcgen.synthesis import fit, netlist, routing
from fcgen.synthesis.netlist import Netlist
from fcgen.synthesis.report import Report
from fcgen.synthesis.result import Result, Work
from fcgen.synthesis.routing import Target
from fcgen.synthesis.sources import Sources
from fcgen.tools.nextpnr import nextpnr
from fcgen.tools.wheels import Wheel
from fcgen.tools.yosys import YOSYS

RESULT = "result.json"
DEFAULT_MHZ = 100.0


@dataclass(frozen=True)
class Request:
    """How a design is to be synthesised.

    Attributes
    ----------
    family, device
    speed : str
        Speed grade; empty where the family has none.
    seeds : tuple of int
    target_mhz : float, optional
        What nextpnr aims at; default the cap, and 100 where there is none.
    mappings : tuple of Mapping
        What the design's parts are made of, for the cap.
    work : Work, optional
        What the design does.
    folding : Folding, optional
        Of a layer: when it does not fit, one that would is named.
    jobs : int
        Seeds at a time.
    system_tools : bool
        Programs on the search path in place of the wheels.
    """

    family: Family
    device: Device
    speed: str = ""
    seeds: tuple[int, ...] = (0,)
    target_mhz: float | None = None
    mappings: tuple[Mapping, ...] = (GENERIC,)
    work: Work | None = None
    folding: Folding | None = None
    jobs: int = 2
    system_tools: bool = False

    @property
    def yosys(self) -> Wheel:
        """The tool of the first stage."""
        return replace(YOSYS, system=self.system_tools)

    @property
    def nextpnr(self) -> Wheel | None:
        """The tool of the second stage, None where there is none for the family."""
        module = self.family.nextpnr
        return nextpnr(module, self.system_tools) if module else None

    def cap(self, usage: Usage) -> Cap | None:
        """Return the clock that all parts in use allow; None where nothing limits it."""
        return self.family.lowest_cap(self.device, self.speed, self.mappings, usage)

    @property
    def tools(self) -> tuple[Wheel, ...]:
        """All tools, in the order of their use."""
        return (self.yosys, self.nextpnr) if self.nextpnr else (self.yosys,)


def synthesize(
    sources: Sources,
    request: Request,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Synthesise, place and route a design.

    Parameters
    ----------
    sources : Sources
    request : Request
    folder : Path
        Where every file and every log stays; what an earlier run with the same inputs left there
        is used.
    progress : callable
        Gets a line before each step.

    Raises
    ------
    DoesNotFit
        When the device is too small.
    InputError
        When the folder is neither new nor one of ours.
    ToolError
        When a tool is missing or fails.
    """
    for tool in request.tools:
        tool.command()  # a missing one is said before the work
    progress(f"yosys: {sources.top} for {request.device.name}")
    made = netlist.synthesize(sources, request.family, request.device, folder, request.yosys)
    fit.check(made.usage, request.family, request.device, request.folding)
    result = _routed(made, request, progress) if request.nextpnr else _unrouted(made, request)
    (folder / RESULT).write_text(json.dumps(result.as_dict(), indent=2) + "\n")
    return result


def _routed(made: Netlist, request: Request, progress: Callable[[str], None]) -> Result:
    assert request.nextpnr is not None
    family, device, speed = request.family, request.device, request.speed
    cap = request.cap(made.usage)
    mhz = request.target_mhz or (cap.mhz if cap else DEFAULT_MHZ)
    target = Target(family, device, speed, mhz)
    try:
        reports = routing.route(
            made, target, request.seeds, request.nextpnr, request.jobs, progress
        )
    except routing.NoPlace as error:
        raise fit.does_not_fit(str(error), made.usage, family, device, request.folding) from None
    usage, wrapper = _usages(made, family, reports)
    cap = request.cap(usage)
    middle = median_low((report.mhz, place) for place, report in enumerate(reports))[1]
    return Result(
        device=device,
        speed=speed,
        usage=usage,
        wrapper=wrapper,
        target_mhz=mhz,
        seeds=request.seeds,
        fmax_mhz=tuple(capped(report.mhz, cap) for report in reports),
        cap=cap,
        path=reports[middle].path,
        path_seed=request.seeds[middle],
        work=request.work,
        parts=made.parts,
        versions={tool.name: tool.version for tool in request.tools},
    )


def _unrouted(made: Netlist, request: Request) -> Result:
    return Result(
        device=request.device,
        speed=request.speed,
        usage=made.usage,
        work=request.work,
        parts=made.parts,
        versions={tool.name: tool.version for tool in request.tools},
    )


def capped(mhz: float, cap: Cap | None) -> float:
    """Return a clock that the silicon allows."""
    return min(mhz, cap.mhz) if cap else mhz


def _usages(made: Netlist, family: Family, reports: Sequence[Report]) -> tuple[Usage, Usage]:
    """Return what the design takes, the most over the seeds, and what is around it.

    Where nextpnr does not count registers by themselves, Yosys' count of them holds.
    """
    both = [(family.usage(report.cells), family.usage(report.wrapper)) for report in reports]
    total, wrapper = max(both, key=lambda pair: pair[0].lut - pair[1].lut)
    ff = total.ff - wrapper.ff if total.ff else made.usage.ff
    return replace(total, lut=total.lut - wrapper.lut, ff=ff), wrapper

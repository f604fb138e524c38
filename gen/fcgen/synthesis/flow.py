"""The flow: Yosys, does it fit, nextpnr once a seed, figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low

from fcgen.devices.device import Device, Family, Usage
from fcgen.errors import bad_input
from fcgen.folding import Folding
from fcgen.mapping import GENERIC, Mapping
from fcgen.output_directory import check_replaceable
from fcgen.synthesis import fit, netlist, routing
from fcgen.synthesis.report import Report
from fcgen.synthesis.result import Result, Work
from fcgen.synthesis.routing import Target
from fcgen.synthesis.sources import Sources
from fcgen.wheels import Wheel
from fcgen.yosys import YOSYS

MARKER, RESULT = "fcgen-synth.json", "result.json"
NEXTPNR_SECONDS = 60
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
        What nextpnr aims at; default the cap.
    mapping : Mapping
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
    seeds: tuple[int, ...] = (1,)
    target_mhz: float | None = None
    mapping: Mapping = GENERIC
    work: Work | None = None
    folding: Folding | None = None
    jobs: int = 2
    system_tools: bool = False

    @property
    def yosys(self) -> Wheel:
        """The tool of the first stage."""
        return replace(YOSYS, system=self.system_tools)

    @property
    def nextpnr(self) -> Wheel:
        """The tool of the second stage."""
        return Wheel(self.family.nextpnr, "fcgen[synth]", NEXTPNR_SECONDS, self.system_tools)


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
    ToolError
        When a tool is missing or fails.
    """
    family, device = request.family, request.device
    if not family.nextpnr:
        rule = "has no open place-and-route tool"
        raise bad_input("--device", device.name, rule, "choose another device")
    nextpnr = request.nextpnr
    nextpnr.command()  # missing: say so before the work
    _prepare(folder)
    progress(f"yosys: {sources.top} for {device.name}")
    made = netlist.synthesize(sources, family, device, folder, request.yosys)
    fit.check(made.usage, family, device, request.folding)
    cap = family.cap(device, request.speed, request.mapping, made.usage)
    target = request.target_mhz or (cap.mhz if cap else DEFAULT_MHZ)
    aim = Target(family, device, request.speed, target)
    reports = routing.route(made, aim, request.seeds, nextpnr, request.jobs, progress)
    usage = _routed(family, reports, made.wrapper)
    cap = family.cap(device, request.speed, request.mapping, usage)
    middle = median_low((report.mhz, place) for place, report in enumerate(reports))[1]
    result = Result(
        device=device,
        speed=request.speed,
        usage=usage,
        wrapper=made.wrapper,
        target_mhz=target,
        seeds=request.seeds,
        fmax_mhz=tuple(min(r.mhz, cap.mhz) if cap else r.mhz for r in reports),
        cap=cap,
        path=reports[middle].path,
        path_seed=request.seeds[middle],
        work=request.work,
        versions={tool.name: tool.version for tool in (request.yosys, nextpnr)},
    )
    (folder / RESULT).write_text(json.dumps(result.as_dict(), indent=2) + "\n")
    return result


def _prepare(folder: Path) -> None:
    """Make the folder, or check that it is one of ours."""
    check_replaceable(folder, is_ours)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text('{"generator": "fcgen synth"}\n')


def is_ours(folder: Path) -> bool:
    """Say whether a folder holds an earlier synthesis."""
    return (folder / MARKER).is_file()


def _routed(family: Family, reports: Sequence[Report], wrapper: Usage) -> Usage:
    """Return what the design takes: the most over the seeds, without the wrapper."""
    usages = [family.usage(report.cells) for report in reports]
    return Usage(
        max(usage.lut for usage in usages) - wrapper.lut,
        max(usage.ff for usage in usages) - wrapper.ff,
        max(usage.dsp for usage in usages),
        max(usage.ram for usage in usages),
        max(usage.scratchpad for usage in usages),
    )

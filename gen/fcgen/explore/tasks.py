"""What a process does for one point, wherever it runs: all it needs is the sweep's directory."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen import accelerator, devices
from fcgen.design.design import Design
from fcgen.design.manifest_reader import is_design
from fcgen.devices.device import MappingOptions
from fcgen.errors import FcgenError, InputError
from fcgen.estimation.for_design import estimate_network
from fcgen.explore.point import Point
from fcgen.explore.store import DESIGNS, ESTIMATES, ROUTED, SWEEP, Record, Store
from fcgen.explore.subject import load
from fcgen.folding.choice import Folder, Goal
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis import flow, for_design, netlist
from fcgen.synthesis.fit import DoesNotFit
from fcgen.synthesis.result import Result

FIGURES = (
    *("fits", "lut", "ff", "dsp", "ram", "scratchpad", "fmax_mhz", "fmax_capped_mhz"),
    *("fmax_cap_reason", "initiation_interval", "latency", "latency_us"),
    *("inferences_per_second", "gmac_per_second"),
)
"""What a record says of a design, by the names that ``--json`` has everywhere."""


@dataclass(frozen=True)
class Task:
    """One result to be made.

    Attributes
    ----------
    directory : Path
        Of the sweep.
    kind : str
        `ESTIMATES` or `ROUTED`.
    point : Point
    """

    directory: Path
    kind: str
    point: Point


def perform(task: Task) -> str | None:
    """Make the result of a task unless it is there; return what went wrong, None for nothing.

    An error of the program itself is one line too: it must not end the process that does the
    others.
    """
    store, point = Store(task.directory), task.point
    make = {ESTIMATES: _estimate, ROUTED: _routed}[task.kind]
    try:
        if not (task.directory / SWEEP).is_file():
            return f"{task.directory}: no sweep can be seen there from process {os.getpid()}"
        store.once(task.kind, point.name, lambda: make(store, point))
    except FcgenError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None


def _estimate(store: Store, point: Point) -> Record:
    network, _ = load(store.directory, point.widths)
    try:
        schedule, options = _schedule(network, point)
        found = estimate_network(network, schedule, point.device, None, options)
    except InputError as error:  # what is asked cannot be built there: that is a result as well
        return {"point": point.as_dict(), "fits": False, "reason": str(error)}
    reason = str(found.excess) if found.excess else None
    return {"point": point.as_dict(), **_figures(found.as_dict()), "reason": reason}


def _schedule(network: Network, point: Point) -> tuple[Schedule, MappingOptions]:
    options = MappingOptions(point.pack)
    folder = Folder(network, point.device, options)
    # With a clock given, the folder estimates nothing by itself.
    return folder.choose(Goal(sizes=point.sizes, clock_mhz=1.0)).schedule, options


def _routed(store: Store, point: Point) -> Record:
    assert point.seed is not None
    design = _design(store, point.design)
    request = for_design.request_for(design, seeds=1, seed=point.seed, jobs=1)
    sources, made = for_design.sources_of(design), for_design.folder_for(design, request)
    # nextpnr works on a copy: its files would meet those of a killed run that still goes on.
    with store.attempt(f"{ROUTED}-{point.name}") as folder:
        shutil.copytree(made, folder / "netlist")
        try:
            result = flow.synthesize(sources, request, folder / "netlist")
        except DoesNotFit as error:
            return {"point": point.as_dict(), "fits": False, "reason": str(error)}
    return _measured(point, result)


def _measured(point: Point, result: Result) -> Record:
    values = result.as_dict()
    versions = values["versions"]
    return {"point": point.as_dict(), **_figures(values), "reason": None, "versions": versions}


def _design(store: Store, point: Point) -> Design:
    """Return the design of a point with its netlist, which all seeds share."""
    place = store.directory / DESIGNS / point.name
    with store.lock(DESIGNS, point.name):
        if not is_design(place):
            network, _ = load(store.directory, point.widths)
            schedule, options = _schedule(network, point)
            with store.attempt(f"{DESIGNS}-{point.name}") as folder:
                new = folder / "design"
                accelerator.write(
                    network, schedule, new, name="network", device=point.device, options=options
                )
                place.parent.mkdir(exist_ok=True)
                new.rename(place)
        design = Design.open(place)
        request = for_design.request_for(design)
        target = for_design.folder_for(design, request)
        if not target.exists():
            with store.attempt(f"{DESIGNS}-{point.name}") as folder:
                made = folder / "netlist"
                sources = for_design.sources_of(design)
                family, device = devices.find(point.device)
                netlist.synthesize(sources, family, device, made, request.yosys)
                target.parent.mkdir(exist_ok=True)
                made.rename(target)
    return design


def _figures(values: dict[str, Any]) -> Record:
    return {name: values.get(name) for name in FIGURES}

"""A sweep from its definition to its results."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from fcgen.devices import find
from fcgen.errors import InputError, ToolError
from fcgen.explore import chart, cluster, local, results, rows, subject
from fcgen.explore.front import spread
from fcgen.explore.point import Point
from fcgen.explore.rows import Row
from fcgen.explore.store import ESTIMATES, ROUTED, SWEEP, Record, Store, begin, write
from fcgen.explore.subject import Subject
from fcgen.explore.sweep import SUBJECT, Axes
from fcgen.explore.tasks import Task
from fcgen.nextpnr import nextpnr
from fcgen.wheels import Wheel
from fcgen.wording import count
from fcgen.yosys import YOSYS

CSV, JSON, TABLE, CHART = "results.csv", "results.json", "pareto.txt", "chart.svg"
SAID_STEPS = 10
"""In how many steps the progress of estimates is told."""


@dataclass(frozen=True)
class Manner:
    """How a sweep is done; none of it changes a result.

    Attributes
    ----------
    synthesis : str or int
        ``none``, ``pareto``, ``all``, or how many points.
    margin : float
        By how much estimates may be wrong, for ``pareto`` and a number.
    jobs : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, which does the work instead.
    """

    synthesis: str | int = "pareto"
    margin: float = 0.1
    jobs: int = 2
    scheduler: str | None = None


@dataclass(frozen=True)
class Explored:
    """What came of a sweep.

    Attributes
    ----------
    directory : Path
    rows : list of Row
    failures : tuple of str
        A line for each task that failed, which the same command tries again.
    notes : tuple of str
    record : dict
        What ``--json`` prints.
    """

    directory: Path
    rows: list[Row]
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    record: Record

    @property
    def lines(self) -> list[str]:
        """For people."""
        return results.lines(self.rows)

    def check(self) -> None:
        """Raise a ToolError when a task failed."""
        if self.failures:
            number = count(len(self.failures), "task")
            advice = "run the same command again to try them again"
            what = f"{number} failed; {advice}; the first: {self.failures[0]}"
            raise ToolError(what, self.record)


def explore(
    what: Subject,
    axes: Axes,
    definition: Record,
    directory: Path,
    manner: Manner,
    progress: Callable[[str], None] = lambda _: None,
) -> Explored:
    """Do what is not done yet of a sweep.

    Parameters
    ----------
    what : Subject
    axes : Axes
    definition : dict
        Option to value: everything that decides the results.
    directory : Path
        New, or of the same sweep.
    manner : Manner
    progress : callable
        Gets a line before and during each step.

    Raises
    ------
    InputError
        When an option or the directory is wrong.
    ToolError
        When the scheduler or its workers cannot be used.
    """
    store = _begun(what, axes, definition, directory, progress)
    points = axes.points()
    failures = _do(store, ESTIMATES, points, manner, progress)
    # Judged by estimates alone, so that an interrupted sweep goes on with what it began with.
    chosen = choose(rows.collect(store, points, seeds=()), manner)
    placements = [replace(point, seed=seed) for point in chosen for seed in axes.seeds]
    if placements and manner.scheduler is None:
        _prepare(store, tools(axes.devices))
    failures += _do(store, ROUTED, placements, manner, progress)
    found = rows.collect(store, points, axes.seeds)
    notes = _write(store, found, definition)
    record = {"directory": str(directory), **results.as_dict(found, definition)}
    return Explored(directory, found, tuple(failures), notes, {**record, "failures": failures})


def _begun(
    what: Subject,
    axes: Axes,
    definition: Record,
    directory: Path,
    progress: Callable[[str], None],
) -> Store:
    """Return the store with the networks in it; what cannot be quantised leaves no new sweep."""
    new = not (directory / SWEEP).is_file()
    store = begin(directory, definition)
    try:
        for number, widths in enumerate(axes.widths, 1):
            progress(f"network of {widths} bits, {number} of {len(axes.widths)}")
            subject.prepare(store, what, widths)
    except InputError:
        if new:
            shutil.rmtree(directory, ignore_errors=True)
        raise
    return store


def choose(found: Sequence[Row], manner: Manner) -> list[Point]:
    """Return the points that are worth synthesis."""
    if manner.synthesis == "none":
        return []
    if manner.synthesis == "all":
        return [row.point for row in found if row.fits]
    worth = rows.worthwhile(found, manner.margin)
    if isinstance(manner.synthesis, int):
        worth = [worth[place] for place in spread([r.merits for r in worth], manner.synthesis)]
    return [row.point for row in worth]


def tools(devices: Sequence[str]) -> tuple[Wheel, ...]:
    """Return what synthesis for some devices needs."""
    modules = dict.fromkeys(find(name)[0].nextpnr for name in devices)
    return (YOSYS, *(nextpnr(module) for module in modules if module))


def _prepare(store: Store, needed: Sequence[Wheel]) -> None:
    """Start tools once that would otherwise compile themselves in several processes at a time."""
    for tool in needed:
        if not tool.prepared:
            tool.run(["--version"], store.directory)


def _do(
    store: Store,
    kind: str,
    points: Sequence[Point],
    manner: Manner,
    progress: Callable[[str], None],
) -> list[str]:
    """Do the tasks of a kind that are not done, and return a line for each that failed."""
    todo = [point for point in points if not store.path(kind, point.name).is_file()]
    tasks = [Task(store.directory.resolve(), kind, point) for point in todo]
    # Another order in each process, so that two at work on one sweep seldom wait for each other.
    Random(os.getpid()).shuffle(tasks)
    failures: list[str] = []
    verb = "estimates" if kind == ESTIMATES else "synthesis"
    step = max(len(points) // SAID_STEPS, 1) if kind == ESTIMATES else 1
    ended = len(points) - len(tasks)
    if not tasks:
        return failures
    progress(f"{verb}: {ended:,} of {len(points):,} points are there")

    def done(task: Task, error: str | None) -> None:
        nonlocal ended
        ended += 1
        if error is not None:
            failures.append(f"{task.point.name}: {error}")
        if ended % step == 0 or error is not None:
            progress(f"{verb}: {ended:,} of {len(points):,}, {task.point.name}")

    if manner.scheduler is not None:
        cluster.run(tasks, manner.scheduler, done)
    else:
        local.run(tasks, manner.jobs, done)
    return failures


def _write(store: Store, found: list[Row], definition: Record) -> tuple[str, ...]:
    """Write the results, and return what there is to say of them."""
    folder, title = store.directory, str(definition[SUBJECT]).partition(" (")[0]
    with store.lock("results", "all"):
        write(folder / CSV, results.csv_text(found))
        write(folder / JSON, results.json_text(found, definition))
        write(folder / TABLE, "".join(f"{line}\n" for line in results.lines(found)))
        absent = chart.missing()
        if absent is None:
            write(folder / CHART, chart.svg(found, f"{title}: what speed takes"))
    return (absent,) if absent else ()


def files(directory: Path) -> dict[str, Any]:
    """Return the paths of the results that are there."""
    paths = {name: directory / name for name in (TABLE, CSV, JSON, CHART)}
    return {name: str(path) for name, path in paths.items() if path.is_file()}

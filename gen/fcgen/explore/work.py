"""How the tasks of a sweep are done: where, how many at once, and what is said meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from fcgen.devices import find
from fcgen.errors import bad_input
from fcgen.explore import cluster, local
from fcgen.explore.point import Point
from fcgen.explore.store import ESTIMATES, Store
from fcgen.explore.tasks import Task
from fcgen.tools.nextpnr import nextpnr
from fcgen.tools.wheels import Wheel
from fcgen.tools.yosys import YOSYS

WORDS = ("none", "pareto", "all")
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

    Raises
    ------
    InputError
        When one of them is none of these.
    """

    synthesis: str | int = "pareto"
    margin: float = 0.1
    jobs: int = 2
    scheduler: str | None = None

    def __post_init__(self) -> None:
        points = self.synthesis
        number = isinstance(points, int) and not isinstance(points, bool) and points > 0
        if not number and points not in WORDS:
            rule = f"must be a number of points or one of {', '.join(WORDS)}"
            raise bad_input("--synth", points, rule, "choose one of these")
        if not 0 <= self.margin < 1:
            rule = "must be a part of one, from 0 to below 1"
            raise bad_input("--margin", self.margin, rule, "choose another number")
        if self.jobs < 1:
            raise bad_input("--jobs", self.jobs, "must be positive", "choose another number")


def tools(devices: Sequence[str]) -> tuple[Wheel, ...]:
    """Return what synthesis for some devices needs."""
    modules = dict.fromkeys(find(name)[0].nextpnr for name in devices)
    return (YOSYS, *(nextpnr(module) for module in modules if module))


def prepare(store: Store, needed: Sequence[Wheel]) -> None:
    """Start tools once that would otherwise compile themselves in several processes at a time."""
    for tool in needed:
        if not tool.prepared:
            tool.run(["--version"], store.directory)


def do(
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

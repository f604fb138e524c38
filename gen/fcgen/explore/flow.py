"""A sweep from its definition to its results."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fcgen.errors import InputError, ToolError
from fcgen.explore import chart, results, rows, subject, work
from fcgen.explore.front import spread
from fcgen.explore.point import Point
from fcgen.explore.rows import Row
from fcgen.explore.store import ESTIMATES, ROUTED, SWEEP, Record, Store, begin, write
from fcgen.explore.subject import Subject
from fcgen.explore.sweep import SUBJECT, Axes
from fcgen.explore.work import Manner
from fcgen.text.wording import count

CSV, JSON, TABLE, CHART = "results.csv", "results.json", "pareto.txt", "chart.svg"


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
    def front(self) -> list[Row]:
        """The rows that nothing dominates, for each device the fastest first."""
        return results.ordered(self.rows)

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
    failures = work.do(store, ESTIMATES, points, manner, progress)
    # Judged by estimates alone, so that an interrupted sweep goes on with what it began with.
    chosen = choose(rows.collect(store, points, seeds=()), manner)
    placements = [replace(point, seed=seed) for point in chosen for seed in axes.seeds]
    if placements and manner.scheduler is None:
        work.prepare(store, work.tools(axes.devices))
    failures += work.do(store, ROUTED, placements, manner, progress)
    found = rows.collect(store, points, axes.seeds)
    notes = [note for widths in axes.widths for note in subject.notes_of(store, widths)]
    notes += _write(store, found, definition)
    record = {"directory": str(directory), **results.as_dict(found, definition)}
    return Explored(
        directory, found, tuple(failures), tuple(notes), {**record, "failures": failures}
    )


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

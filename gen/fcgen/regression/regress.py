"""Random layers, or given designs, through an engine: a table, JUnit XML, commands that repeat."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from fcgen.design.design import Design
from fcgen.errors import bad_input
from fcgen.regression.case import Job, run_job
from fcgen.regression.random_layers import STALLS
from fcgen.regression.report import CaseResult, RegressionReport
from fcgen.simulation.engines.choice import ENGINES, default_engine


def regress(
    directories: Sequence[str | Path] = (),
    *,
    count: int = 20,
    seed: int = 0,
    engine: str | None = None,
    jobs: int = 1,
    only: int | None = None,
    networks: bool = False,
    progress: Callable[[CaseResult], None] | None = None,
) -> RegressionReport:
    """Run random layers, or each given design with several disturbances, through an engine.

    Parameters
    ----------
    directories : sequence of path
        Designs; without any, random layers.
    count : int
        Random layers.
    seed : int
    engine : str, optional
        Default as for :func:`fcgen.simulation.simulate.simulate`.
    jobs : int
        Processes.
    only : int, optional
        The one random layer to run.
    networks : bool
        Random networks in place of random layers.
    progress : callable, optional
        Gets each result as soon as it is there.

    Raises
    ------
    InputError
        For an option out of range, or a directory that is no design.
    """
    notes: list[str] = []
    if engine is None:
        engine, note = default_engine()
        notes += [note] if note else []
    for option, value in (("--count", count), ("--jobs", jobs)):
        if value < 1:
            raise bad_input(option, value, "must be positive", "choose a number")
    if engine not in ENGINES:
        raise bad_input("--engine", engine, f"must be one of {', '.join(ENGINES)}", "choose one")
    for directory in directories:
        Design.open(directory)
    if directories:
        chosen = [
            Job(engine, seed, index, str(directory))
            for directory in directories
            for index in range(len(STALLS))
        ]
    else:
        indices = range(count) if only is None else (only,)
        chosen = [Job(engine, seed, index, None, networks) for index in indices]
    results = []
    for result in _results(chosen, jobs):
        results.append(result)
        if progress:
            progress(result)
    return RegressionReport(engine, tuple(results), tuple(notes))


def _results(jobs: Sequence[Job], processes: int) -> Iterator[CaseResult]:
    if processes == 1 or len(jobs) == 1:
        yield from map(run_job, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run_job, jobs)

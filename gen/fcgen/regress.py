"""Random layers, or given designs, through an engine: a table, JUnit XML, commands that repeat."""

import shlex
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from fcgen import accelerator
from fcgen.design import Design
from fcgen.engines.choice import ENGINES, default_engine
from fcgen.engines.streaming import StreamOptions, StreamRun
from fcgen.errors import CheckError, FcgenError, bad_input
from fcgen.network import Network
from fcgen.random_layers import STALLS, RandomCase, random_case
from fcgen.random_networks import NetworkCase, random_network_case
from fcgen.reference import run as run_reference
from fcgen.regression_report import CaseResult, RegressionReport
from fcgen.simulate import simulate
from fcgen.simulation_result import Mismatch, Mismatches
from fcgen.stimuli import stimuli

VECTORS = {"compiled": 60, "amaranth": 12, "icarus": 16, "verilator": 16, "reference": 60}


@dataclass(frozen=True)
class Job:
    """One case, small enough to travel to another process.

    Attributes
    ----------
    engine : str
    seed : int
    index : int
        Of the random layer, or of the disturbance of a given design.
    directory : str, optional
        The given design; None for a random layer.
    networks : bool
        Random networks in place of layers.
    """

    engine: str
    seed: int
    index: int
    directory: str | None = None
    networks: bool = False

    @property
    def command(self) -> str:
        """The command that repeats this case alone."""
        if self.directory is None:
            words = ["fcgen", "regress", "--seed", str(self.seed), "--only", str(self.index)]
            words += ["--networks"] if self.networks else []
            return shlex.join([*words, "--engine", self.engine])
        words = ["fcgen", "simulate", self.directory, "--engine", self.engine]
        words += ["--stall", f"{STALLS[self.index]:g}", "--seed", str(self.seed)]
        return shlex.join([*words, "--vectors", str(VECTORS[self.engine])])


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
        Default as for :func:`fcgen.simulate.simulate`.
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


def run_job(job: Job) -> CaseResult:
    """Run one case; whatever goes wrong in it becomes its failure."""
    start = time.monotonic()
    name = str(job.index) if job.directory is None else f"{Path(job.directory).name}/{job.index}"
    description, failure = job.directory or "", ""
    try:
        if job.directory is None:
            case = _case(job)
            description = case.description
            _run_random(job, case.options)
        else:
            description = f"{job.directory} stall={STALLS[job.index]:g}"
            _run_design(job)
    except FcgenError as error:
        failure = str(error)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    return CaseResult(name, description, failure, job.command, time.monotonic() - start)


def _case(job: Job) -> RandomCase | NetworkCase:
    make = random_network_case if job.networks else random_case
    return make(job.seed, job.index)


def _run_design(job: Job) -> None:
    assert job.directory is not None
    result = simulate(
        Design.open(job.directory),
        engine=job.engine,
        stall=STALLS[job.index],
        vectors=VECTORS[job.engine],
        seed=job.seed,
    )
    if result.mismatches:
        raise _wrong(result.mismatches)


def _wrong(mismatches: Sequence[Mismatch]) -> CheckError:
    return CheckError(f"{len(mismatches)} mismatches, the first: {mismatches[0]}")


def _run_random(job: Job, options: StreamOptions) -> None:
    case = _case(job)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        if job.engine in ("amaranth", "reference"):  # nothing is read from disk
            design = Design.unwritten(case.network, case.schedule)
        else:
            design = accelerator.write(case.network, case.schedule, Path(folder) / "design").design
        network = case.network
        inputs = stimuli(
            network.activation_format, network.inputs, VECTORS[job.engine], options.seed
        )
        if job.engine == "reference":
            run_reference(network, inputs)
            return
        written = case.written if isinstance(case, NetworkCase) else None
        _check(design, job.engine, inputs, options, written)


def _check(
    design: Design,
    engine: str,
    inputs: np.ndarray,
    options: StreamOptions,
    written: Network | None,
) -> None:
    """Stream whole vectors, and where the simulator allows it wrongly framed ones as well.

    Where other values are to be ``written``, they are once more in the middle of the vectors.
    """
    with _engine(design, engine) as (stream, broken_framing):
        run = stream(inputs, options)
        _compare(design, run, run_reference(design.network, inputs))
        if broken_framing is not None:
            accepted, outputs = broken_framing(inputs, options)
            expected = run_reference(design.network, accepted).reshape(outputs.shape)
            if not np.array_equal(expected, outputs):
                raise CheckError("after wrongly framed vectors: accepted vectors differ")
        if written is not None:
            from fcgen.engines.parameters import update

            # A reset loses what is on its way to the memories.
            undisturbed, values = replace(options, resets=0), [design.network, written]
            change = update(design, written, after=len(inputs) // 2)
            run = stream(inputs, undisturbed, change)
            if not np.array_equal(run.read_back, change.writes[:, 1]):
                raise CheckError("the parameters that were read back are not those written")
            parts = np.split(inputs, [run.held_after])
            found = [run_reference(*pair) for pair in zip(values, parts, strict=True)]
            _compare(design, run, np.concatenate(found))


def _compare(design: Design, run: StreamRun, expected: np.ndarray) -> None:
    expected = expected.reshape(run.outputs.shape)
    wrong = Mismatches(expected, run.outputs, run.output_cycles, design.output_lanes)
    if wrong:
        raise _wrong(wrong)


@contextmanager
def _engine(design: Design, engine: str) -> Iterator[tuple[Any, Any]]:
    """Give what streams vectors through a design, whole ones and wrongly framed ones."""
    if engine == "compiled":
        from fcgen.engines import compiled

        yield partial(compiled.run, design, workers=1, optimise=1), None
    elif engine == "amaranth":
        from fcgen.engines import amaranth_engine

        stream = partial(amaranth_engine.run, design)
        yield stream, partial(amaranth_engine.run_broken_framing, design)
    else:
        from fcgen.engines.cosimulation import Cosimulation

        with Cosimulation(design, engine) as bench:
            yield bench.stream, bench.broken_framing

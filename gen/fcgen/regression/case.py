"""One case of a regression: a random layer or network, or a given design, through an engine."""

import shlex
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fcgen import accelerator
from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.errors import CheckError, FcgenError
from fcgen.network.network import Network
from fcgen.network.reference import run as run_reference
from fcgen.regression.random_layers import STALLS, RandomCase, random_case
from fcgen.regression.random_networks import NetworkCase, random_network_case
from fcgen.regression.report import CaseResult
from fcgen.simulation.engines.streaming import StreamOptions, StreamRun
from fcgen.simulation.result import Mismatch, Mismatches
from fcgen.simulation.simulate import simulate

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
            from fcgen.simulation.engines.parameters import update

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
        from fcgen.simulation.engines import compiled

        yield partial(compiled.run, design, workers=1, optimise=1), None
    elif engine == "amaranth":
        from fcgen.simulation.engines import amaranth_engine

        stream = partial(amaranth_engine.run, design)
        yield stream, partial(amaranth_engine.run_broken_framing, design)
    else:
        from fcgen.simulation.engines.cosimulation import Cosimulation

        with Cosimulation(design, engine) as bench:
            yield bench.stream, bench.broken_framing

"""Simulate a design on any engine and compare with the reference."""

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.errors import CheckError, bad_input
from fcgen.load.arrays.vector_file import check_writable
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.network.reference import run as run_reference
from fcgen.quantization.given_inputs import codes_of
from fcgen.simulation.engines.choice import ENGINES, NETLIST_ENGINES, default_engine, runner
from fcgen.simulation.engines.streaming import STALL_LIMIT, StreamOptions, StreamRun
from fcgen.simulation.first_wrong_layer import blamed
from fcgen.simulation.result import Mismatches, SimulationResult
from fcgen.simulation.update import check_update, update_of

DEFAULT_VECTORS = {"reference": 256, "compiled": 256, "amaranth": 16, "icarus": 16, "verilator": 16}
BLAMED_ON = 8
"""Wrong outputs whose vectors are followed through the layers."""


def simulate(
    design: Design,
    inputs: np.ndarray | None = None,
    *,
    engine: str | None = None,
    stall: float = 0.0,
    vectors: int | None = None,
    seed: int = 0,
    waves: bool | str | Path = False,
    check: bool = True,
    netlist: bool = False,
    parameters: Network | DenseLayer | None = None,
    source: str | None = None,
    parameters_source: str | None = None,
    workers: int | None = None,
    codes: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> SimulationResult:
    """Stream vectors through a design.

    Parameters
    ----------
    design : Design
    inputs : ndarray, shape (V, N), (V, C, H, W) or the source's own, optional
        What the source takes, see `fcgen.quantization.given_inputs`. Without: all-minimum,
        all-maximum, the two alternations, then seeded random vectors.
    engine : {'reference', 'amaranth', 'icarus', 'verilator', 'compiled'}, optional
        Default ``compiled``, or ``amaranth`` (of a netlist ``icarus``) where there is no C++
        compiler; a note says so.
    stall : float
        Probability a cycle of a gap at the input and of a stall at the output, 0 to 0.99.
    vectors : int, optional
        How many; of given inputs the first ones.
    seed : int
        Of the vectors and of the gaps and stalls.
    waves : bool or path
        Record a waveform (FST), with icarus and verilator only; True names it after the design.
    check : bool
        Compare with the reference.
    netlist : bool
        Simulate the netlist that Yosys makes for the design's device, not the emitted Verilog.
    parameters : Network or DenseLayer, optional
        New weights, of the same structure, written through the parameter port when half of the
        vectors have begun.
    source, parameters_source : str, optional
        What to call the inputs and the new weights in the command that repeats the run.
    workers : int, optional
        Models of the compiled engine that share the vectors; default one a processor.
    codes : bool
        Integers in ``inputs`` are codes, whatever the source takes.
    progress : callable
        Gets a line when the options are checked and the work begins.

    Returns
    -------
    SimulationResult

    Raises
    ------
    InputError
        For inputs of another shape, type or range, for options that make no sense, and for a
        netlist of a design without a device.
    CheckError
        When the layer breaks the stream protocol, hangs, or its simulation ends by itself.
    ToolError
        When a simulator is missing or fails.
    """
    notes = list(design.notes)
    if engine is None:
        engine, note = default_engine(netlist)
        notes += [note] if note else []
    _check_options(engine, stall, vectors, seed, waves)
    if isinstance(parameters, DenseLayer):
        parameters = Network.single(parameters)
    if netlist:
        _check_netlist(design, engine)
    given = _vectors(design, inputs, vectors, seed, engine, source, codes, notes)
    if vectors is not None and len(given) < vectors:
        notes.append(f"--vectors: {vectors}: {source or 'inputs'} has {len(given)}, all were used")
    options = StreamOptions(gap=stall, stall=stall, seed=seed)
    named = {
        "--inputs": source if inputs is not None else None,
        "--load-weights": parameters_source if parameters is not None else None,
    }
    repeat = _command(design, engine, options, len(given), named, check, netlist, codes)
    file = _wave_file(design, engine, waves)
    update = update_of(design, parameters, len(given))
    simulated = design
    if netlist:
        from fcgen.synthesis.for_simulation import with_netlist

        simulated, note = with_netlist(design, progress)
        notes.append(note)
    progress("simulating")
    run: StreamRun | None = None
    if engine == "reference":
        outputs = _reference(design, given, parameters)
    else:
        try:
            run = runner(engine, file, workers)(simulated, given, options, update)
        except CheckError as error:
            raise CheckError(f"{design.directory}: {error}; repeat with: {repeat}") from error
        outputs = run.outputs
    if update is not None and run is not None:
        notes.append(check_update(update, run, len(given)))
    expected = _expected(design, given, parameters, run) if check else outputs
    cycles = run.output_cycles if run else np.zeros((len(given), 1), np.int64)
    lanes = design.output_lanes if run else design.network.outputs
    mismatches = Mismatches(expected, outputs, cycles, lanes)
    if mismatches and len(design.network.layers) > 1 and run is not None and not netlist:
        progress("looking for the first wrong layer")
        wrong = np.unique([mismatch.vector for mismatch in mismatches[:BLAMED_ON]])
        notes.append(blamed(design, given, wrong, run, runner(engine, None, workers)))
    return SimulationResult(
        engine=engine,
        netlist=netlist,
        classes=design.network.end.kind == "argmax",
        inputs=given,
        outputs=outputs,
        mismatches=mismatches,
        checked=check,
        undisturbed=options.undisturbed and (update is None or update.after == 0),
        repeat=repeat,
        notes=tuple(notes),
        run=run,
        waves=str(file) if file else None,
    )


def _check_options(
    engine: str, stall: float, vectors: int | None, seed: int, waves: bool | str | Path
) -> None:
    if engine not in ENGINES:
        raise bad_input("--engine", engine, f"must be one of {', '.join(ENGINES)}", "choose one")
    if not 0 <= stall <= STALL_LIMIT:
        raise bad_input("--stall", stall, f"must be 0 to {STALL_LIMIT}", "choose a probability")
    if vectors is not None and vectors < 1:
        raise bad_input("--vectors", vectors, "must be positive", "choose a number")
    if seed < 0:
        raise bad_input("--seed", seed, "must not be negative", "choose a number")
    if waves and engine not in ("icarus", "verilator"):
        raise bad_input(
            "--waves", engine, "records no waveform", "use --engine icarus or verilator"
        )


def _check_netlist(design: Design, engine: str) -> None:
    from fcgen.synthesis.for_simulation import check

    check(design)
    if engine not in NETLIST_ENGINES:
        rule = "cannot read a netlist"
        raise bad_input("--engine", engine, rule, f"use {', '.join(NETLIST_ENGINES)}")


def _vectors(
    design: Design,
    inputs: np.ndarray | None,
    vectors: int | None,
    seed: int,
    engine: str,
    source: str | None,
    codes: bool,
    notes: list[str],
) -> np.ndarray:
    network = design.network
    if inputs is None:
        if codes:
            raise bad_input("--codes", "no inputs", "says what they are", "give --inputs")
        number = vectors or DEFAULT_VECTORS[engine]
        return stimuli(network.activation_format, network.inputs, number, seed)
    subject = source or "inputs"
    found = codes_of(network, inputs, subject, codes=codes)
    notes += found.notes
    checked = found.codes
    if not len(checked):
        raise bad_input(subject, "0 vectors", "at least one is needed", "give one vector a row")
    return checked[:vectors].astype(np.int64)


def _wave_file(design: Design, engine: str, waves: bool | str | Path) -> Path | None:
    if waves is False:
        return None
    file = Path(f"{design.top}.{engine}.fst") if waves is True else Path(waves)
    check_writable(file, "--waves")
    return file


def _command(
    design: Design,
    engine: str,
    options: StreamOptions,
    vectors: int,
    named: dict[str, str | None],
    check: bool,
    netlist: bool,
    codes: bool,
) -> str:
    """Return the command line that repeats the run; ``named`` are options with their files."""
    words = ["fcgen", "simulate", str(design.directory), "--engine", engine]
    words += ["--stall", f"{options.stall:g}", "--vectors", str(vectors)]
    words += ["--seed", str(options.seed)]
    for option, file in named.items():
        words += [option, file] if file else []
    words += ["--codes"] if codes else []
    words += ["--netlist"] if netlist else []
    words += ["--force"] if design.notes else []
    words += [] if check else ["--no-check"]
    return shlex.join(words)


def _expected(
    design: Design, inputs: np.ndarray, parameters: Network | None, run: StreamRun | None
) -> np.ndarray:
    if parameters is None:
        return _reference(design, inputs)
    before = run.held_after if run else 0
    parts = (_reference(design, inputs[:before]), _reference(design, inputs[before:], parameters))
    return np.concatenate(parts)


def _reference(design: Design, inputs: np.ndarray, parameters: Network | None = None) -> np.ndarray:
    """Return what a design, or its layers with other parameters, must give: int64 (V, M)."""
    network = parameters or design.network
    return run_reference(network, inputs).reshape(len(inputs), design.network.outputs)

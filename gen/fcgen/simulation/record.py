"""What the last simulation on each engine found, kept beside a design for its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fcgen.design.design import Design
from fcgen.design.manifest import MANIFEST, hash_file
from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.load.arrays.vector_file import write_whole
from fcgen.network.reference import trace
from fcgen.simulation.result import SimulationResult

LOOKED_AT = 256
"""Vectors whose values are looked at, layer by layer."""
BEATS_MAX = 1 << 16


@dataclass(frozen=True)
class Seen:
    """Values that entered a network or left one of its layers, over some vectors."""

    least: int
    most: int


@dataclass(frozen=True)
class SimulationRecord:
    """A simulation of a design.

    Attributes
    ----------
    path : Path
        Its file.
    engine : str
    netlist, checked, given : bool
        Whether it was the netlist; whether the reference was compared with; whether the vectors
        came from a file, not from the seed.
    vectors, outputs, mismatches, cycles : int
        ``outputs`` are integers, over all vectors.
    initiation_interval : float, optional
        Measured; None where something stalled, or cycles were not counted.
    output_cycles : tuple of int
        Cycle of each output beat of the first vector, from its first input beat on.
    seen : tuple of Seen
        Of the inputs, then of the outputs of each layer, over the first vectors.
    repeat : str
        Command that runs the same again.
    """

    path: Path
    engine: str
    netlist: bool
    checked: bool
    given: bool
    vectors: int
    outputs: int
    mismatches: int
    cycles: int
    initiation_interval: float | None
    output_cycles: tuple[int, ...]
    seen: tuple[Seen, ...]
    repeat: str


def folder_of(design: Design) -> Path:
    """Return where the records of a design stay: beside it, as it is replaced whole."""
    directory = design.directory.resolve()
    return directory.with_name(f"{directory.name}.simulate")


def store(design: Design, result: SimulationResult, *, given: bool) -> Path:
    """Write the record of a simulation, in place of the engine's last one.

    Parameters
    ----------
    design : Design
    result : SimulationResult
    given : bool
        Whether the vectors came from a file.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    path = folder_of(design) / f"{result.engine}{'-netlist' if result.netlist else ''}.json"
    values = {
        "manifest": hash_file(design.directory / MANIFEST),
        "engine": result.engine,
        "netlist": result.netlist,
        "checked": result.checked,
        "given": given,
        "vectors": result.vectors,
        "outputs": result.outputs.size,
        "mismatches": len(result.mismatches),
        "cycles": result.cycles,
        "initiation_interval": result.initiation_interval_measured,
        "output_cycles": _first(result),
        "seen": [[int(each.min()), int(each.max())] for each in _values(design, result)],
        "repeat": result.repeat,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_input(path.parent, error.strerror, "cannot be made", "simulate a copy") from None
    write_whole(path, lambda stream: stream.write(document.dump(values).encode()), "record")
    return path


def _values(design: Design, result: SimulationResult) -> list[np.ndarray]:
    looked_at = result.inputs[:LOOKED_AT]
    return [looked_at, *trace(design.network, looked_at)]


def _first(result: SimulationResult) -> list[int]:
    """Return `SimulationRecord.output_cycles`, empty where cycles say nothing of the design."""
    if result.run is None or not result.undisturbed or not result.vectors:
        return []
    cycles = result.run.output_cycles[0] - result.run.first_input[0]
    found: list[int] = cycles[:BEATS_MAX].tolist()
    return found

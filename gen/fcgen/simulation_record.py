"""What the last simulation on each engine found, kept beside a design for its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fcgen import document
from fcgen.design import Design
from fcgen.errors import bad_input
from fcgen.load.vector_file import write_whole
from fcgen.manifest import MANIFEST, hash_file
from fcgen.reference import trace
from fcgen.simulation_result import SimulationResult

LOOKED_AT = 256
"""Vectors whose values are looked at, layer by layer."""
BEATS_MAX = 1 << 16
BYTES_MAX = 1 << 24
_REMEDY = "simulate again"


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


def records(design: Design) -> tuple[list[SimulationRecord], list[Path]]:
    """Return the records of a design as it is, by name, and the files that are of another one.

    Raises
    ------
    InputError
        One line that names the file, when it is no record.
    """
    folder = folder_of(design)
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    read = {path: read_json(path, BYTES_MAX, _REMEDY) for path in files}
    now = hash_file(design.directory / MANIFEST) if files else ""
    current = {path: values for path, values in read.items() if values.get("manifest") == now}
    found = [_record(path, values) for path, values in current.items()]
    return found, [path for path in files if path not in current]


def _record(path: Path, values: dict[str, Any]) -> SimulationRecord:
    source = str(path)
    fields = document.Fields(values, source)
    interval = fields.any("initiation_interval")
    if isinstance(interval, bool) or not isinstance(interval, int | float | None):
        raise bad_input(f"{source}: initiation_interval", interval, "must be a number", _REMEDY)
    return SimulationRecord(
        path=path,
        engine=fields.text("engine"),
        netlist=fields.flag("netlist"),
        checked=fields.flag("checked"),
        given=fields.flag("given"),
        vectors=fields.integer("vectors", 1),
        outputs=fields.integer("outputs", 1),
        mismatches=fields.integer("mismatches", 0),
        cycles=fields.integer("cycles", 0),
        initiation_interval=interval,
        output_cycles=_integers(fields.any("output_cycles"), "output_cycles", source),
        seen=_pairs(fields.any("seen"), source),
        repeat=fields.text("repeat"),
    )


def _integers(values: Any, name: str, source: str) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        rule = "must be a list of integers"
        raise bad_input(f"{source}: {name}", type(values).__name__, rule, _REMEDY)
    return tuple(values)


def _pairs(values: Any, source: str) -> tuple[Seen, ...]:
    if not isinstance(values, list):
        raise bad_input(f"{source}: seen", type(values).__name__, "must be a list", _REMEDY)
    pairs = [_integers(pair, "seen", source) for pair in values]
    if any(len(pair) != 2 for pair in pairs):
        raise bad_input(f"{source}: seen", len(pairs), "must be pairs", _REMEDY)
    return tuple(Seen(*pair) for pair in pairs)


def read_json(path: Path, most: int, remedy: str) -> dict[str, Any]:
    """Read a JSON object of at most so many bytes from a regular file.

    Raises
    ------
    InputError
        One line that names the file and says what to do.
    """
    try:
        if not path.is_file():
            raise bad_input(path, "not a file", "must be a regular file", remedy)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise bad_input(path, error.strerror, "cannot be read", remedy) from None
    if len(content) > most:
        raise bad_input(path, "too large", f"has at most {most:,} bytes", remedy)
    return document.load(content, str(path))

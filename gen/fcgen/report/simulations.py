"""Records of `fcgen simulate` beside a design."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fcgen.design.design import Design
from fcgen.design.manifest import MANIFEST, hash_file
from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.files.document import read_json
from fcgen.simulation.record import Seen, SimulationRecord, folder_of

BYTES_MAX = 1 << 24
INTEGER_END = 1 << 63
_REMEDY = "simulate again"


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
    if interval is not None and not (type(interval) in (int, float) and 0 <= interval < 1e18):
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
    if not isinstance(values, list) or not all(
        type(value) is int and abs(value) < INTEGER_END for value in values
    ):
        rule = "must be a list of integers of 64 bits"
        raise bad_input(f"{source}: {name}", type(values).__name__, rule, _REMEDY)
    return tuple(values)


def _pairs(values: Any, source: str) -> tuple[Seen, ...]:
    if not isinstance(values, list):
        raise bad_input(f"{source}: seen", type(values).__name__, "must be a list", _REMEDY)
    pairs = [_integers(pair, "seen", source) for pair in values]
    if any(len(pair) != 2 for pair in pairs):
        raise bad_input(f"{source}: seen", len(pairs), "must be pairs", _REMEDY)
    return tuple(Seen(*pair) for pair in pairs)

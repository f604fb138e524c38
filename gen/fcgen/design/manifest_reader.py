"""Read ``manifest.json`` without trust, and compare the files of a design with what it says."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fcgen.design.interface.interface import CLOCKS, Interface
from fcgen.design.manifest import (
    FORMAT,
    GENERATOR,
    IDENTIFIER,
    MANIFEST,
    REFERENCE,
    Manifest,
    hash_file,
)
from fcgen.design.manifest_writer import to_json
from fcgen.devices.device import PACKS, MappingOptions
from fcgen.errors import InputError, bad_input, located
from fcgen.files import document
from fcgen.network.network import Network
from fcgen.network.sources import INPUT
from fcgen.network.window import Window
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule

BYTES_MAX = 1 << 24

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HASH = re.compile(r"[0-9a-f]{64}")
REMEDY = "write the design again"
_REQUIRED = (REFERENCE, "files.f", "tb.sv", "README.md")


def is_design(directory: Path) -> bool:
    """Say whether a directory holds a design of ours, whatever its version and state."""
    try:
        return load(directory / MANIFEST).get("generator") == GENERATOR
    except InputError:
        return False


def load(path: Path) -> dict[str, Any]:
    """Return the JSON object of a manifest, as it stands in the file.

    Raises
    ------
    InputError
        When there is no such file, or it holds no JSON object.
    """
    try:
        # A fifo would wait for a writer for ever.
        if path.exists() and not path.is_file():
            raise bad_input(path, "not a file", "a design has this file", REMEDY)
        with path.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"{path}: {reason}: a design has this file; write one with `fcgen layer … -o DIR`"
        ) from None
    if len(content) > BYTES_MAX:
        raise bad_input(path, "too large", f"a manifest has at most {BYTES_MAX} bytes", REMEDY)
    return document.load(content, str(path))


def read(directory: Path) -> Manifest:
    """Read and check the manifest of a directory.

    Raises
    ------
    InputError
        One line that names the file and the field.
    """
    path = directory / MANIFEST
    values, source = load(path), str(path)
    if values.get("generator") != GENERATOR:
        raise bad_input(source, values.get("generator"), "was not made by fcgen", REMEDY)
    if values.get("format") != FORMAT:
        raise bad_input(source, values.get("format"), f"format {FORMAT} is known", REMEDY)
    with located(source):
        return _parse(values, source)


def _parse(values: dict[str, Any], source: str) -> Manifest:
    files = _mapping(values, "files", source)
    for name, digest in files.items():
        _match(_FILE_NAME, name, "files", source)
        _match(_HASH, digest, f"files.{name}", source)
    for name in _REQUIRED:
        if name not in files:
            raise bad_input(f"{source}: files", "incomplete", f"must name {name}", REMEDY)
    fields = document.Fields(values, source)
    schedule = _schedule(values, source)
    modules = tuple(
        _match(IDENTIFIER, layer.get("module"), "layers.module", source)
        for layer in values.get("layers", ())
    )
    runtime = values.get("runtime_weights")
    return Manifest(
        name=fields.text("name"),
        prefix=fields.text("prefix"),
        top=_match(IDENTIFIER, fields.text("top"), "top", source),
        device=fields.text("device"),
        schedule=schedule,
        initiation_interval=fields.integer("initiation_interval", 1),
        latency=fields.integer("latency", 0),
        latency_first=fields.integer("latency_first", 0),
        structure_hash=_match(_HASH, fields.text("structure_hash"), "structure_hash", source),
        weights_hash=_match(_HASH, fields.text("weights_hash"), "weights_hash", source),
        seed=fields.integer("seed", 0),
        ports=_ports(values, source),
        sources=_names(values, "sources", files, source),
        images=_names(values, "images", files, source),
        files=files,
        options=MappingOptions(
            fields.choice("pack", PACKS), fields.integer("soft_macs", 0, schedule.multipliers)
        ),
        modules=modules,
        interface=_interface(values, files, source),
        runtime_weights=None if runtime is None else _mapping(values, "runtime_weights", source),
    )


def _schedule(values: dict[str, Any], source: str) -> Schedule:
    """Return the foldings: of the layers where there are any, else the layer's own."""
    if "layers" not in values:
        return Schedule((_folding(values, source),))
    layers = values["layers"]
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise bad_input(f"{source}: layers", layers, "must be a list of objects", REMEDY)
    foldings = tuple(_folding(layer, source) for layer in layers)
    if not any("sources" in layer for layer in layers):
        return Schedule(foldings)
    counts = tuple(range(1, len(layers) + 1))
    edges = tuple(
        tuple(
            document.Fields(layer, source, "layers.").integers(
                "sources", minimum=INPUT, maximum=number - 1, sizes=counts
            )
        )
        for number, layer in enumerate(layers)
    )
    return Schedule(foldings, edges)


def _folding(values: dict[str, Any], source: str) -> Folding:
    weight = document.Fields(_mapping(values, "formats", source), source, "formats.")
    fields = document.Fields(values, source)
    shape = fields.integers("input_shape", minimum=1, maximum=65_535, sizes=(1, 3))
    fold = document.Fields(_mapping(values, "folding", source), source, "folding.")
    sizes = (
        math.prod(shape),
        fields.integer("outputs", 1),
        fold.integer("pe", 1),
        fold.integer("simd", 1),
        fold.integer("output_lanes", 1),
        IntegerFormat.from_fields(weight.object("weight")).bits,
    )
    depthwise = fields.has("depthwise") and fields.flag("depthwise")
    found = fields.absent_or_object("window")
    if found is None:
        return Folding(*sizes)
    window = Window.from_fields(found)
    pixels = window.height * window.width
    return Folding(*sizes, window.positions, window.channels, pixels, depthwise)


def _interface(values: dict[str, Any], files: Mapping[str, str], source: str) -> Interface | None:
    """Return the top for other systems, where there is one; its registers are for people."""
    if values.get("interface") is None:
        return None
    found = _mapping(values, "interface", source)
    fields = document.Fields(found, source, "interface.")
    header, registers = fields.text("header"), found.get("registers")
    if header not in files:
        raise bad_input(f"{source}: interface.header", header, "must be a name of files", REMEDY)
    if not isinstance(registers, list) or not all(isinstance(row, dict) for row in registers):
        rule = "must be a list of objects"
        raise bad_input(f"{source}: interface.registers", registers, rule, REMEDY)
    return Interface(
        fields.choice("kind", tuple(CLOCKS)),
        _match(IDENTIFIER, fields.text("top"), "interface.top", source),
        _ports(found, source),
        _names(found, "sources", files, source),
        header,
        registers,
    )


def _mapping(values: dict[str, Any], key: str, source: str) -> dict[str, Any]:
    if not isinstance(values.get(key), dict):
        raise bad_input(f"{source}: {key}", values.get(key), "must be an object", REMEDY)
    result: dict[str, Any] = values[key]
    return result


def _match(pattern: re.Pattern[str], value: object, key: str, source: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise bad_input(f"{source}: {key}", value, f"must match {pattern.pattern}", REMEDY)
    return value


def _names(
    values: dict[str, Any], key: str, files: Mapping[str, str], source: str
) -> tuple[str, ...]:
    names = values.get(key)
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(name, str) and name in files for name in names)
    ):
        raise bad_input(f"{source}: {key}", names, "must be names from files", REMEDY)
    return tuple(names)


def _ports(values: dict[str, Any], source: str) -> tuple[tuple[str, str, int], ...]:
    ports = values.get("ports")
    if not isinstance(ports, list) or not all(isinstance(port, dict) for port in ports):
        raise bad_input(f"{source}: ports", ports, "must be a list of objects", REMEDY)
    fields = [document.Fields(port, source, "ports.") for port in ports]
    return tuple(
        (
            _match(IDENTIFIER, port.text("name"), "ports.name", source),
            port.choice("direction", ("input", "output")),
            port.integer("width", 1),
        )
        for port in fields
    )


# Checked elsewhere, or, like the versions, different from one installation to another.
_NOT_DERIVED = ("files", "versions", "runtime_weights", "ports", "interface")


def differing_fields(directory: Path, manifest: Manifest, network: Network) -> list[str]:
    """Return a line for each field that does not follow from the layer and the folding.

    Parameters
    ----------
    directory : Path
    manifest : Manifest
        As it was read, with the cycles that the layer and the folding give.
    network : Network
    """
    path = directory / MANIFEST
    found, derived = load(path), document.load(to_json(manifest, network), str(path))
    fields = [key for key in {**found, **derived} if key not in _NOT_DERIVED]
    return [
        f"{path}: {key}: is not what the layer and the folding give"
        for key in fields
        if found.get(key) != derived.get(key)
    ]


def changed_files(directory: Path, manifest: Manifest) -> list[str]:
    """Return a line for each file that no longer matches its hash.

    Raises
    ------
    InputError
        When a file is missing or is not a plain file of this directory.
    """
    lines = []
    for name, digest in manifest.files.items():
        path = directory / name
        if path.is_symlink() or not path.is_file():
            raise bad_input(path, "no such file", "the manifest names it", REMEDY)
        try:
            found = hash_file(path)
        except OSError as error:
            raise bad_input(path, error.strerror, "cannot be read", REMEDY) from None
        if found != digest:
            lines.append(f"{path}: sha256 {found[:12]}…: has changed since the design was written")
    return lines


def check_not_of_a_design(path: Path, option: str) -> None:
    """Raise an InputError where a path leads to a file of a design, which would be lost."""
    target = Path(os.path.realpath(path))
    try:
        files = read(target.parent).files
    except InputError:
        return
    if target.name in (MANIFEST, *files):
        rule = "is a file of a design, which would be lost"
        raise bad_input(option, path, rule, "choose another file")

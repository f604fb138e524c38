"""One design of a sweep, and the short texts in which its axes are given."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Self

from fcgen.folding.search import Size

OWN = "own"
"""Widths of a model of integers, which keeps them."""
HASH_DIGITS = 12


@dataclass(frozen=True, order=True)
class Widths:
    """Bits of the weights and of the activations of all layers; 0 and 0 where the file has them."""

    weight: int = 0
    activation: int = 0

    def __str__(self) -> str:
        return f"{self.weight}x{self.activation}" if self.weight else OWN

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the widths of ``8`` or ``4x8``, or None where the text is no such thing."""
        found = re.fullmatch(r"([0-9]{1,2})(?:x([0-9]{1,2}))?", text)
        return cls(int(found[1]), int(found[2] or found[1])) if found else None


def folding_text(sizes: tuple[Size, ...]) -> str:
    """Return elements and lanes of each layer, as ``--folding`` takes them: ``16x2+3x1``."""
    return "+".join(f"{pe}x{simd}" for pe, simd in sizes)


@dataclass(frozen=True, order=True)
class Point:
    """A design of a sweep.

    Attributes
    ----------
    device : str
    widths : Widths
    sizes : tuple of (int, int)
        Elements and lanes of each layer.
    pack : str
        As ``--pack`` takes it.
    seed : int, optional
        Of the placement; None of an estimate, which does not depend on it.
    """

    device: str
    widths: Widths
    sizes: tuple[Size, ...]
    pack: str = "auto"
    seed: int | None = None

    @property
    def name(self) -> str:
        """Name of its files: what a person looks for, and a hash of everything."""
        said = json.dumps(self.as_dict(), sort_keys=True)
        digest = hashlib.sha256(said.encode()).hexdigest()[:HASH_DIGITS]
        return f"{self.device}-{self.widths}-{digest}"

    @property
    def design(self) -> Point:
        """The point without its seed: placements of one design differ in nothing else."""
        return replace(self, seed=None)

    @property
    def multipliers(self) -> int:
        """Multiplications a cycle."""
        return sum(pe * simd for pe, simd in self.sizes)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "device": self.device,
            "weight_bits": self.widths.weight,
            "activation_bits": self.widths.activation,
            "folding": folding_text(self.sizes),
            "pack": self.pack,
            "seed": self.seed,
        }

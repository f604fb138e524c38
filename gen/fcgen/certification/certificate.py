"""The certificate: what is proven of a network, or where it differs from its source runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fcgen.certification.differences import Differences
from fcgen.files import document
from fcgen.numerics.softmax_table import SoftmaxTable
from fcgen.numerics.source_step import Int64Array

LISTED_MAX = 1000
"""Differences that are listed one by one."""


@dataclass(frozen=True, eq=False)
class LayerCertificate:
    """What was checked of a layer, and what was found.

    Attributes
    ----------
    name : str
    thresholds : ndarray of int64, shape (M,)
        Number of thresholds of each output within its reach; all of them were checked.
    differing : ndarray of int64, shape (M,)
        Number of accumulators for which the network and the source differ, for each output.
    differences : Differences
        The ranges of these accumulators.
    form : str
        How the outputs are made, as a printed line.
    """

    name: str
    thresholds: Int64Array
    differing: Int64Array
    differences: Differences = field(default_factory=Differences)
    form: str = "raw accumulators"

    @property
    def exact(self) -> np.ndarray:
        """Whether each output equals the source's for every input, bool of shape (M,)."""
        return np.asarray(self.differing == 0)


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is proven of a network.

    Attributes
    ----------
    model, target : str
        Name of the model, and the runtime that the network is compared with.
    layers : tuple of LayerCertificate
    softmax : SoftmaxTable, optional
        Table of a network that ends in a softmax; what is proven are the inputs of the softmax.
    """

    model: str
    target: str
    layers: tuple[LayerCertificate, ...]
    softmax: SoftmaxTable | None = None

    @property
    def exact(self) -> bool:
        """Whether every output of every layer equals the source's for every input."""
        return all(bool(layer.exact.all()) for layer in self.layers)

    @property
    def thresholds(self) -> int:
        """How many thresholds were compared."""
        return int(sum(layer.thresholds.sum() for layer in self.layers))

    @cached_property
    def differences(self) -> Differences:
        """All accumulators for which something differs."""
        return Differences.joined(layer.differences for layer in self.layers)

    def line(self) -> str:
        """Return the verdict as one printed line."""
        outputs = sum(len(layer.exact) for layer in self.layers)
        if self.exact:
            return (
                f"certificate: equal to {self.target} for every input: {self.thresholds:,} "
                f"thresholds of {outputs:,} outputs checked"
            )
        wrong = sum(int((~layer.exact).sum()) for layer in self.layers)
        values = sum(int(layer.differing.sum()) for layer in self.layers)
        return (
            f"certificate: not equal to {self.target}: {wrong:,} of {outputs:,} outputs differ for "
            f"{values:,} accumulator values, by at most {self.differences.worst:,}"
        )

    def to_json(self) -> str:
        """Return the certificate as JSON text with a final newline, the same for equal models."""
        return document.dump(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON values, with the verdict of each output."""
        return {
            "model": self.model,
            "target": self.target,
            "exact": self.exact,
            "thresholds": self.thresholds,
            "differences": [vars(found) for found in self.differences[:LISTED_MAX]],
            "differences_in_all": len(self.differences),
            **({"softmax": self.softmax.as_dict()} if self.softmax else {}),
            "layers": [
                {
                    "name": layer.name,
                    "outputs": len(layer.exact),
                    "form": layer.form,
                    "thresholds": layer.thresholds.tolist(),
                    "exact": layer.exact.tolist(),
                }
                for layer in self.layers
            ],
        }

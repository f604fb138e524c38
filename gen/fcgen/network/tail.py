"""The tail: what a source does with the outputs of its last layer, computed by the host in floats.

A tail is a function of reals, which no hardware here computes. The host computes it in float64 and
rounds once to float32. Runtimes compute in float32, each with its own exponential, so that their
last bits differ from these and from each other's. An index is exact. A value on a grid of codes is
exact too, unless it lies within these last bits of a tie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.real_map import InputGrid

OTHER = "other"
TAILS = ("", "softmax", "log_softmax", "sigmoid", "two_classes", "argmax")
"""Names of tails. ``two_classes`` gives 1 − p and p, of the sigmoid p of a single output."""

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tail:
    """What a source computes from the reals of its last layer.

    Attributes
    ----------
    kind : str
        One of `TAILS`, or `OTHER` for what is not computed here.
    grid : InputGrid, optional
        Codes to which the source rounds the result.
    whole : bool
        The source multiplies by ⌊1/scale⌋ where it should divide by the scale, as onnxruntime's
        quantised softmax does.
    """

    kind: str = ""
    grid: InputGrid | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if self.kind not in (*TAILS, OTHER):
            raise bad_input(
                "tail", self.kind, f"must be one of {', '.join(TAILS[1:])}", "choose one"
            )

    def __call__(self, scores: Floats) -> npt.NDArray[Any]:
        """Return the source's outputs.

        Parameters
        ----------
        scores : ndarray of float32, shape (V, M)

        Returns
        -------
        ndarray
            float32 (V, M), (V, 2) for ``two_classes``; int64 (V,) for ``argmax``, the first of
            equal ones.

        Raises
        ------
        InputError
            For a tail that is not computed here.
        """
        if self.kind == "argmax":
            return np.asarray(scores.argmax(axis=1), np.int64)
        values = scores if not self.kind else self.reals(scores).astype(np.float32)
        if self.grid is None:
            return values
        if self.whole:
            steps = np.floor(np.float32(1) / np.float32(self.grid.scale))
            values = (values * steps) * np.float32(self.grid.scale)
        return self.grid.reals(self.grid.codes(values)[0])

    def reals(self, scores: Floats) -> Wide:
        """Return the function's values, float64 (V, M), before anything is rounded."""
        if self.kind not in FUNCTIONS:
            rule = "the source ends in what is not computed here"
            remedy = "ask for logits, or for the class"
            raise bad_input("output", self.kind, rule, remedy)
        return FUNCTIONS[self.kind](scores.astype(np.float64))

    def as_fields(self) -> dict[str, Any]:
        """Return the tail as a JSON object."""
        grid = {"grid": self.grid.as_fields()} if self.grid else {}
        return {"kind": self.kind, **grid, **({"whole": True} if self.whole else {})}

    @classmethod
    def from_fields(cls, fields: document.Fields, source: str) -> Self:
        """Read what `as_fields` gave.

        Raises
        ------
        InputError
            One line that names ``source`` and the field, for anything else.
        """
        kind, grid = fields.choice("kind", (*TAILS, OTHER)), fields.absent_or_object("grid")
        whole = fields.flag("whole") if fields.has("whole") else False
        fields.finish()
        return cls(kind, None if grid is None else InputGrid.from_fields(grid, source, 1), whole)


def softmax(scores: Wide) -> Wide:
    """Return the softmax of each vector (V, M)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Wide = powers / powers.sum(axis=1, keepdims=True)
    return shares


def log_softmax(scores: Wide) -> Wide:
    """Return the logarithm of the softmax of each vector (V, M)."""
    below = scores - scores.max(axis=1, keepdims=True)
    shares: Wide = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    return shares


def sigmoid(scores: Wide) -> Wide:
    """Return 1 / (1 + exp(−x)) of each value."""
    # No exponent is positive, so that none overflows.
    small = np.exp(-np.abs(scores))
    shares: Wide = np.where(scores < 0, small, 1.0) / (1.0 + small)
    return shares


def two_classes(scores: Wide) -> Wide:
    """Return 1 − p and p, (V, 2), of the sigmoid p of a single output (V, 1)."""
    # Sources subtract in float32, where a tiny 1 − p is lost.
    positive = sigmoid(scores).astype(np.float32)
    return np.concatenate([np.float32(1) - positive, positive], axis=1).astype(np.float64)


FUNCTIONS: dict[str, Callable[[Wide], Wide]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": sigmoid,
    "two_classes": two_classes,
}
NO_TAIL = Tail()

"""What a source does with the outputs of its last layer, done by the host in floats.

Steps behind the last layer are functions of reals, which no hardware here computes. Each of them is
computed in float64 and rounded once to float32. Runtimes compute in float32, each with exponentials
of its own, so that their last bits differ from these and from each other's. An index is exact, and
so is what was rounded to a grid wherever the value is not within these last bits of a tie.
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
"""Words for what a source ends in. ``two_classes`` is a sigmoid p of one output, as 1 − p and p."""

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tail:
    """What a source makes of the reals that its last layer gives.

    Attributes
    ----------
    kind : str
        One of `TAILS`, or `OTHER` for what nobody here computes.
    grid : InputGrid, optional
        Of a source that rounds the result to codes of its own.
    whole : bool
        The source has a whole number of steps in one, as onnxruntime's quantised softmax: it
        multiplies by ⌊1/scale⌋ where it should divide by the scale.
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
            float32 (V, M), of ``two_classes`` (V, 2); of ``argmax`` int64 (V,), the first one of
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
        """Give it as a JSON object."""
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
    # Exponents are never positive, so that none overflows.
    small = np.exp(-np.abs(scores))
    shares: Wide = np.where(scores < 0, small, 1.0) / (1.0 + small)
    return shares


def two_classes(scores: Wide) -> Wide:
    """Return 1 − p and p, (V, 2), of the sigmoid p of a single output (V, 1)."""
    # Sources subtract the float32 that they have, which loses what a tiny 1 − p would be.
    positive = sigmoid(scores).astype(np.float32)
    return np.concatenate([np.float32(1) - positive, positive], axis=1).astype(np.float64)


FUNCTIONS: dict[str, Callable[[Wide], Wide]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": sigmoid,
    "two_classes": two_classes,
}
NO_TAIL = Tail()

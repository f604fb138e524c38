"""Lists of thresholds with which accumulators become output codes of few bits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.validation import check_range, freeze

THRESHOLD_BITS_MAX = 4
"""Widest output of a layer that ends in thresholds."""
COUNT_MAX = (1 << THRESHOLD_BITS_MAX) - 1
FARTHEST = 1 << 50
"""Largest magnitude of a threshold: no accumulator reaches it."""


@dataclass(frozen=True, eq=False)
class ThresholdList:
    """``y[m] = lo + #{i: acc >= t[m,i]}``, or for falling outputs ``lo + #{i: acc <= t[m,i]}``.

    Any monotone function of the accumulator with codes of at most 4 bits is such a list: equal
    thresholds skip codes, and thresholds that no accumulator reaches leave codes out.
    A bipolar output has two equal ones.

    Attributes
    ----------
    thresholds : ndarray of int64, shape (M, T), T from 1 to 15
        Ascending for each output, also for a falling one; read-only.
    falling : ndarray of bool, shape (M,)
        Whether an output falls as its accumulator rises; read-only.
    lo : int
        Code below all thresholds, or above all for a falling output; ``lo + T`` is the other end.
    output : IntegerFormat
        Of at most 4 bits.

    Raises
    ------
    InputError
        For thresholds out of order or range, and codes that the format does not have.
    """

    thresholds: np.ndarray
    falling: np.ndarray
    lo: int
    output: IntegerFormat

    def __post_init__(self) -> None:
        freeze(self, "thresholds", np.int64, rank=2)
        self._check_falling()
        if self.output.bits > THRESHOLD_BITS_MAX:
            rule = f"thresholds give outputs of at most {THRESHOLD_BITS_MAX} bits"
            raise bad_input("output format", self.output.name, rule, "use a multiplier and a shift")
        low, high = self.output.minimum, self.output.maximum
        if self.count < 1 or self.lo < low or self.lo + self.count > high:
            found = f"{self.count} from {self.lo} on"
            rule = f"must be at least one, with codes of {self.output.name} ({low} to {high})"
            raise bad_input("thresholds", found, rule, "correct lo or the number")
        check_range("thresholds", self.thresholds, -FARTHEST, FARTHEST)
        if self.output.bipolar and self.numbers != (2,):
            rule = "bipolar outputs have two equal ones, from -1 to 1"
            raise bad_input("thresholds", f"{self.count}", rule, "give each output the same twice")
        wrong = (np.diff(self.thresholds, axis=1) < 0).any(axis=1)
        if wrong.any():
            m = int(np.argmax(wrong))
            found = ", ".join(map(str, self.thresholds[m].tolist()))
            rule = f"must be in ascending order, and those of output {m} are not"
            raise bad_input("thresholds", found, rule, "sort them")

    def _check_falling(self) -> None:
        falling = np.asarray(self.falling)
        if falling.dtype != np.bool_ or falling.shape != (self.outputs,):
            rule = f"must be a truth value for each of {self.outputs} outputs"
            found = f"{falling.dtype} of shape {falling.shape}"
            raise bad_input("falling", found, rule, "give one an output")
        falling = falling.copy()
        falling.flags.writeable = False
        object.__setattr__(self, "falling", falling)

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return len(self.thresholds)

    @property
    def count(self) -> int:
        """Thresholds T of an output."""
        return int(self.thresholds.shape[1])

    @property
    def numbers(self) -> tuple[int, ...]:
        """Counts of passed thresholds, from 1 to T, that can occur.

        A count is left out where the next threshold equals this one in every output: its code is
        skipped.
        """
        columns = self.thresholds.T
        equal = [bool((a == b).all()) for a, b in pairwise(columns)]
        return tuple(number for number, same in enumerate([*equal, False], 1) if not same)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return what training decides, int64 arrays whose first axis is M."""
        return {"thresholds": self.thresholds, "falling": self.falling.astype(np.int64)}

    def line(self) -> str:
        """Return number and direction of the thresholds as one printed line."""
        falling = int(self.falling.sum())
        direction = {0: "rising", self.outputs: "falling"}.get(falling, f"{falling} falling")
        plural = "s" if self.count > 1 else ""
        return f"{self.count} threshold{plural} an output, {direction}"

    def structure(self) -> dict[str, Any]:
        """Return all that is not trainable as a JSON object."""
        return {
            "threshold_count": self.count,
            "lo": self.lo,
            "output": self.output.as_fields(),
        }

    def as_fields(self) -> dict[str, Any]:
        """Return the list as a JSON object, the thresholds output by output."""
        values = {name: array.ravel().tolist() for name, array in self.tensors().items()}
        return {**self.structure(), **values}

    @classmethod
    def from_fields(cls, fields: document.Fields, outputs: int) -> Self:
        """Read what `as_fields` gave, for a layer of ``outputs`` outputs."""
        count = fields.integer("threshold_count", 1, COUNT_MAX)
        thresholds = np.array(fields.int64s("thresholds", outputs * count), np.int64)
        falling = fields.integers("falling", minimum=0, maximum=1, sizes=(outputs,))
        lo, output = fields.integer("lo"), IntegerFormat.from_fields(fields.object("output"))
        fields.finish()
        return cls(thresholds.reshape(outputs, count), np.array(falling, bool), lo, output)

"""The constants with which accumulators become output codes."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.fixed import (
    HALF_OUTWARD,
    MULTIPLIER_BITS,
    ROUNDINGS,
    SATURATIONS,
    SHIFT_MAX,
    IntegerFormat,
)
from fcgen.numerics.validation import check_choice, check_operand, check_range, freeze

_MULTIPLIER = IntegerFormat(MULTIPLIER_BITS, signed=True)
CONSTANTS = ("multiplier", "offset", "shift", "zero_point", "lo", "hi")
"""Names of the requantization constants, all of shape (M,)."""


def offset_limit(multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return the largest magnitude of an offset, int64: one output step, or one accumulator step.

    The bias moves the accumulator by whole steps, so that any real offset is a bias and an offset
    within this limit.
    """
    limit: np.ndarray = np.maximum(np.int64(1) << shift, np.abs(multiplier))
    return limit


@dataclass(frozen=True, eq=False)
class Requantization:
    """``y = clip(round((acc*multiplier + offset) / 2**shift) + zero_point, lo, hi)``.

    The rounding ``half_outward`` is ``half_away`` with an offset that has the sign of the product.

    All constants are read-only int64 arrays of shape (M,). With ``saturation="wrap"`` the clip is
    a modulo by ``2**output.bits``, and ``lo`` and ``hi`` must be the range of the output.
    """

    multiplier: np.ndarray
    offset: np.ndarray
    shift: np.ndarray
    zero_point: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    output: IntegerFormat
    rounding: str = "half_even"
    saturation: str = "saturate"

    def __post_init__(self) -> None:
        for name in CONSTANTS:
            freeze(self, name, np.int64, rank=1)
        sizes = {getattr(self, name).size for name in CONSTANTS}
        if len(sizes) != 1:
            rule = "all requantization constants must have one value an output"
            raise bad_input("multiplier", f"sizes {sorted(sizes)}", rule, "give M values of each")
        if self.rounding != HALF_OUTWARD:
            check_choice("rounding", self.rounding, ROUNDINGS)
        check_choice("saturation", self.saturation, SATURATIONS)
        check_operand("output", self.output)
        if self.output.bipolar:
            rule = "is made by a threshold alone"
            raise bad_input("output format", self.output.name, rule, "use a list of thresholds")
        self._check_ranges()

    def _check_ranges(self) -> None:
        low, high = self.output.minimum, self.output.maximum
        check_range("multiplier", self.multiplier, _MULTIPLIER.minimum, _MULTIPLIER.maximum)
        check_range("shift", self.shift, 0, SHIFT_MAX)
        for name in ("zero_point", "lo", "hi"):
            check_range(name, getattr(self, name), low, high)
        # Compared with both signs: the absolute value of the smallest int64 is negative.
        limit = offset_limit(self.multiplier, self.shift)
        outside = (self.offset < -limit) | (self.offset > limit)
        if outside.any():
            m = int(np.argmax(outside))
            rule = (
                "must be within plus or minus the larger of 2**shift and the multiplier, which is "
                f"{limit[m]} for output {m}"
            )
            raise bad_input("offset", self.offset[m], rule, "raise the shift or lower the offset")
        if (self.lo > self.hi).any():
            m = int(np.argmax(self.lo > self.hi))
            rule = f"must not be above hi, which is {self.hi[m]} for output {m}"
            raise bad_input("lo", self.lo[m], rule, "give bounds in order")
        if self.saturation == "wrap" and ((self.lo != low).any() or (self.hi != high).any()):
            rule = "cannot be combined with lo, hi or relu"
            raise bad_input("saturation", "wrap", rule, "drop the bounds or use saturate")

    @classmethod
    def make(
        cls,
        outputs: int,
        output: IntegerFormat,
        *,
        multiplier: Any = 1,
        offset: Any = 0,
        shift: Any = 0,
        zero_point: Any = 0,
        lo: Any = None,
        hi: Any = None,
        rounding: str = "half_even",
        saturation: str = "saturate",
    ) -> Self:
        """Make the constants of ``outputs`` outputs; each may be a scalar or M values.

        ``lo`` and ``hi`` default to the range of ``output``.
        """
        given = {
            "multiplier": multiplier,
            "offset": offset,
            "shift": shift,
            "zero_point": zero_point,
            "lo": output.minimum if lo is None else lo,
            "hi": output.maximum if hi is None else hi,
        }
        arrays = {}
        for name, value in given.items():
            array = np.asarray(value)
            if array.shape not in ((), (outputs,)):
                rule = f"must be one value or have the shape ({outputs},)"
                raise bad_input(name, f"shape {array.shape}", rule, "give one value an output")
            arrays[name] = np.broadcast_to(array, (outputs,))
        return cls(**arrays, output=output, rounding=rounding, saturation=saturation)

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return int(self.multiplier.size)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return what training decides: the constants by name, int64 of shape (M,) each."""
        return {name: getattr(self, name) for name in CONSTANTS}

    def line(self) -> str:
        """Return rounding and saturation as one printed line."""
        return f"round {self.rounding}, {self.saturation}"

    def structure(self) -> dict[str, Any]:
        """Return all that is not trainable as a JSON object."""
        return {
            "output": self.output.as_fields(),
            "rounding": self.rounding,
            "saturation": self.saturation,
        }

    def as_fields(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        values = {name: array.tolist() for name, array in self.tensors().items()}
        return {**self.structure(), **values}

    @classmethod
    def from_fields(cls, fields: document.Fields, outputs: int) -> Self:
        """Read what `as_fields` gave, for a layer of ``outputs`` outputs."""
        constants = {name: np.array(fields.int64s(name, outputs), np.int64) for name in CONSTANTS}
        output = IntegerFormat.from_fields(fields.object("output"))
        rounding, saturation = fields.text("rounding"), fields.text("saturation")
        fields.finish()
        return cls(**constants, output=output, rounding=rounding, saturation=saturation)

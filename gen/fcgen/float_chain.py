"""Float32 operations as a graph has them, and QONNX's roundings, as a step of a source runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.fixed import IntegerFormat
from fcgen.source_step import Floats, Int64Array, LikeStep, Step


def _half(values: Floats, up: bool) -> Floats:
    """Round to the nearest, halves away from zero or towards it."""
    whole, part = np.floor(np.abs(values)), np.abs(values) % 1
    larger = (part >= 0.5) if up else (part > 0.5)
    rounded: Floats = np.copysign(whole + larger, values).astype(np.float32)
    return rounded


BIPOLAR = "BIPOLAR"
"""The sign, and 1 for zero."""
ROUNDERS: dict[str, Callable[[Floats], Floats]] = {
    "ROUND": np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda values: np.copysign(np.ceil(np.abs(values)), values),
    "DOWN": np.trunc,
    "ROUND_TO_ZERO": np.trunc,
    "HALF_UP": lambda values: _half(values, up=True),
    "HALF_DOWN": lambda values: _half(values, up=False),
    BIPOLAR: lambda values: np.where(values >= 0, np.float32(1), np.float32(-1)),
}
"""QONNX's roundings: HALF_UP and HALF_DOWN are those of its executor, by magnitude."""
OPERATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    # One rounding for both, as processors with a fused multiply-add do it.
    "multiply_add": lambda x, c: x.astype(np.float64) * c[0] + c[1],
}
Operations = tuple[tuple[str, Floats], ...]


def run_operations(operations: Operations, values: Floats) -> Floats:
    """Do float32 operations with constants, one after the other."""
    for name, constant in operations:
        values = OPERATIONS[name](values, constant).astype(np.float32)
    return values


@dataclass(frozen=True, eq=False)
class FloatChain(Step):
    """Float32 operations as a graph has them, then QONNX's Quant.

    ``clip(round(operations(f32(acc)) / scale + zero_point))``.

    Attributes
    ----------
    operations : tuple of (name, float32 constant of shape () or (M,))
        From the accumulator on.
    scale : ndarray of float32, () or (M,)
    rounding : str
        One of `ROUNDERS`.
    others : tuple of operations
        Other ways to compute the same operations.
    zero_after : bool
        The zero point is added to the rounded quotient, as QuantizeLinear does, not before.
    error : ndarray of float64, shape (M,)
        By how much the accumulator may differ from its integer where the source sums floats.
    """

    operations: Operations
    scale: Floats
    rounding: str
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int
    outputs: int
    others: tuple[Operations, ...] = ()
    zero_after: bool = False
    error: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDERS:
            rule = f"must be one of {', '.join(ROUNDERS)}"
            raise bad_input("rounding", self.rounding, rule, "choose one of these")

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        return self._codes(accumulator.astype(np.float32))

    def _codes(self, sums: Floats) -> Int64Array:
        values = run_operations(self.operations, sums)
        quotient = (values / self.scale).astype(np.float32)
        if self.zero_after:
            rounded = ROUNDERS[self.rounding](quotient).astype(np.float64)
            return self._bounded(rounded + self.zero_point)
        quotient = quotient + np.float32(self.zero_point)
        return self._bounded(ROUNDERS[self.rounding](quotient).astype(np.float64))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`; of the operations alone, without their bounds."""
        slope = np.ones(self.outputs)
        for name, constant in self.operations:
            if name == "multiply":
                slope = slope * constant
            elif name == "divide":
                slope = slope / constant
            elif name == "multiply_add":
                slope = slope * constant[0]
        # A sign jumps from the smallest code to the largest.
        return 2 * np.sign(slope) if self.rounding == BIPOLAR else slope / self.scale

    @property
    def intercept(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        value: npt.NDArray[Any] = np.zeros(self.outputs)
        for name, constant in self.operations:
            if name not in ("maximum", "minimum"):
                value = OPERATIONS[name](value, constant.astype(np.float64))
        return np.asarray(value / self.scale.astype(np.float64), np.float64)

    @property
    def orders(self) -> tuple[Step, ...]:
        """See `Step`."""
        orders: list[Step] = [replace(self, operations=other, others=()) for other in self.others]
        if self.error.any():
            ends = [_Moved(self, sign * self.error) for sign in (-1, 1)]
            orders += ends
        return tuple(orders)


@dataclass(frozen=True, eq=False)
class _Moved(LikeStep):
    """A chain whose sums are as wrong as they can be."""

    step: FloatChain
    by: npt.NDArray[np.float64]

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        return self.step._codes((accumulator + self.by).astype(np.float32))

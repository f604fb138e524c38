"""Steps of a source runtime that computes in floats: float32 operations, a quotient, a rounding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.float_operations import OPERATIONS, half_quotient
from fcgen.numerics.roundings import BIPOLAR, ROUNDERS
from fcgen.numerics.source_step import Floats, Int64Array, LikeStep, Step

Operations = tuple[tuple[str, Floats], ...]


def run_operations(operations: Operations, values: Floats) -> Floats:
    """Apply float32 operations with constants, one after the other."""
    for name, constant in operations:
        values = OPERATIONS[name](values, constant).astype(np.float32)
    return values


@dataclass(frozen=True, eq=False)
class FloatChain(Step):
    """Float32 operations in the order of a graph, then QONNX's Quant.

    ``clip(round(operations(f32(acc)) / scale + zero_point))``.

    Attributes
    ----------
    operations : tuple of (name, float32 constant of shape () or (M,))
        Operations on the accumulator, in order.
    scale : ndarray of float32, () or (M,)
    rounding : str
        One of `ROUNDERS`.
    others : tuple of operations
        Other sequences of operations with which a runtime may compute the same.
    zero_after : bool
        The zero point is added after the rounding, as by QuantizeLinear, not before it.
    zero : ndarray of shape (), optional
        The zero point as the source adds it before the rounding. Its dtype is float64 where the
        type in the file is wider than float32 can hold; default float32.
    error : ndarray of float64, shape (M,)
        Bound of the difference between the source's float sum and the exact accumulator.
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
    zero: Floats | None = None
    error: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDERS:
            rule = f"must be one of {', '.join(ROUNDERS)}"
            raise bad_input("rounding", self.rounding, rule, "choose one of these")

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        return self._codes(accumulator.astype(np.float32))

    def _codes(self, sums: Floats) -> Int64Array:
        # Infinities are bounded like everything else.
        with np.errstate(over="ignore"):
            values = run_operations(self.operations, sums)
            quotient = (values / self.scale).astype(np.float32)
        if self.zero_after:
            rounded = ROUNDERS[self.rounding](quotient).astype(np.float64)
            return self._bounded(rounded + self.zero_point)
        quotient = quotient + (np.float32(self.zero_point) if self.zero is None else self.zero)
        return self._bounded(ROUNDERS[self.rounding](quotient).astype(np.float64))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`; bounds among the operations do not count."""
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
            operand = constant.astype(np.float64)
            if name == "multiply_add":
                value = value * operand[0] + operand[1]
            elif name not in ("maximum", "minimum"):
                value = OPERATIONS[name](value, operand)
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
    """A chain whose sums are off by the largest error, in one direction."""

    step: FloatChain
    by: npt.NDArray[np.float64]

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        return self.step._codes((accumulator + self.by).astype(np.float32))

    @property
    def lead(self) -> npt.NDArray[np.float64]:
        return self.by


@dataclass(frozen=True, eq=False)
class HalfChain(FloatChain):
    """A chain of float32 operations, then QuantizeLinear of opset 23 in half precision.

    ``clip(rint(f16(f16(operations(f32(acc))) / f16(scale))) + zero_point)``.
    """

    def _codes(self, sums: Floats) -> Int64Array:
        values = run_operations(self.operations, sums)
        rounded = np.rint(half_quotient(values, self.scale))
        return self._bounded(rounded + self.zero_point)

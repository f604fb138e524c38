"""Steps: how a source runtime turns accumulators into output codes, in its own arithmetic.

A step is composed of additions, multiplications and divisions with constants, each correctly
rounded, of bounds, and of a rounding to integers. All of these are monotone, and so is the step as
a function of the accumulator. The certificate rests on that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.numerics.fixed import IntegerFormat

Int64Array = npt.NDArray[np.int64]
Floats = npt.NDArray[Any]
"""float32, unless stated otherwise."""


class Step(ABC):
    """A function from accumulators to output codes, for each output of a layer.

    Attributes
    ----------
    output : IntegerFormat
    zero_point : int
        Code of a real zero.
    lo, hi : int
        Bounds of the codes.
    """

    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    @abstractmethod
    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """Return the codes of accumulators (K, M)."""

    @property
    @abstractmethod
    def slope(self) -> npt.NDArray[np.float64]:
        """Output codes per accumulator step, (M,); negative where the step falls."""

    @property
    def intercept(self) -> npt.NDArray[np.float64]:
        """Unrounded, unbounded code of an accumulator of zero, relative to the zero point, (M,)."""
        return np.zeros_like(self.slope)

    @property
    def lead(self) -> npt.NDArray[np.float64]:
        """How far its thresholds are expected below those of the first order, (M,)."""
        return np.zeros_like(self.slope)

    @property
    def orders(self) -> tuple[Step, ...]:
        """The step in the other orders of evaluation that a runtime may choose."""
        return ()

    def _bounded(self, values: npt.NDArray[np.floating]) -> Int64Array:
        codes: Int64Array = np.clip(values, self.lo, self.hi).astype(np.int64)
        return codes


@dataclass(frozen=True, eq=False)
class FloatProduct(Step):
    """onnxruntime's QLinearMatMul and QGemm, and XNNPACK.

    ``clip(rint(f32(acc) · scale) + zero_point)``, the product in float32.
    """

    scale: Floats
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        rounded = np.rint(accumulator.astype(np.float32) * self.scale)
        return self._bounded(rounded.astype(np.float64) + self.zero_point)

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        return self.scale.astype(np.float64)


@dataclass(frozen=True, eq=False)
class DoubleProduct(Step):
    """LiteRT's reference kernel: the product in float64, rounded half away from zero."""

    scale: npt.NDArray[np.float64]
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        product = accumulator * self.scale
        rounded = np.sign(product) * np.floor(np.abs(product) + 0.5)
        return self._bounded(rounded + self.zero_point)

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        return self.scale


@dataclass(frozen=True, eq=False)
class LikeStep(Step):
    """A step with the codes and the direction of another one."""

    step: Step

    def __post_init__(self) -> None:
        for name in ("output", "zero_point", "lo", "hi"):
            object.__setattr__(self, name, getattr(self.step, name))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        return self.step.slope

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
class TwiceRounded(Step):
    """LiteRT's reference kernels of convolutions: a product of integers, rounded two times.

    The scale is a multiplier of 31 bits and a power of two. The upper half of the doubled product
    is rounded half up, and what a shift to the right makes of it half away from zero.
    """

    scale: npt.NDArray[np.float64]
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        rounded = twice_rounded(accumulator, self.scale)
        return self._bounded((rounded + self.zero_point).astype(np.float64))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        return self.scale


def twice_rounded(values: Int64Array, scale: npt.NDArray[np.float64]) -> Int64Array:
    """Return products with a scale as LiteRT's reference kernels round them; see `TwiceRounded`."""
    multiplier, exponent = fixed_point(scale)
    product = (values << np.maximum(exponent, 0)) * multiplier
    high = (product + (1 << 30)) >> 31
    return half_away(high, np.maximum(-exponent, 0))


def fixed_point(scale: npt.NDArray[np.float64]) -> tuple[Int64Array, Int64Array]:
    """Return multipliers of 31 bits and exponents, ``scale ~ multiplier * 2**(exponent - 31)``."""
    fraction, exponent = np.frexp(scale)
    multiplier = np.floor(np.abs(fraction) * 2.0**31 + 0.5) * np.sign(fraction)
    whole = np.abs(multiplier) == 2.0**31
    multiplier = np.where(whole, multiplier / 2, multiplier)
    return multiplier.astype(np.int64), exponent.astype(np.int64) + whole


def half_away(value: Int64Array, shift: Any) -> Int64Array:
    """Return ``value / 2**shift`` rounded half away from zero; shifts 0 to 62."""
    half = (np.int64(1) << shift) >> 1
    rounded: Int64Array = np.where(value >= 0, (value + half) >> shift, -((half - value) >> shift))
    return rounded


@dataclass(frozen=True, eq=False)
class MeanOfCodes(Step):
    """Average pooling of codes: their sum, the accumulator, by their number, half away from zero.

    Attributes
    ----------
    count : int
        Codes that are added.
    """

    count: int
    outputs: int
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        magnitude = (np.abs(accumulator) + self.count // 2) // self.count
        return self._bounded((np.sign(accumulator) * magnitude).astype(np.float64))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        return np.full(self.outputs, 1 / self.count)

    @property
    def intercept(self) -> npt.NDArray[np.float64]:
        """See `Step`: codes are counted from 0, not from the zero point."""
        return np.full(self.outputs, -float(self.zero_point))


@dataclass(frozen=True, eq=False)
class MeanTwiceRounded(Step):
    """LiteRT's reference mean: a multiplier of 31 bits that has the count in it, rounded twice.

    Attributes
    ----------
    count : int
        Codes that are added.
    scale, output_scale : float32
    """

    count: int
    scale: np.float32
    output_scale: np.float32
    outputs: int
    output: IntegerFormat
    zero_point: int
    lo: int
    hi: int

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        ratio = np.asarray(np.float64(self.scale) / np.float64(self.output_scale))
        whole, places = fixed_point(ratio)
        exponent = int(places)
        shift = min(self.count.bit_length() - 1, 32, 31 + exponent)
        multiplier = (int(whole) << shift) // self.count
        exponent -= shift
        high = ((accumulator << max(exponent, 0)) * multiplier + (1 << 30)) >> 31
        rounded = half_away(high, max(-exponent, 0))
        return self._bounded((rounded + self.zero_point).astype(np.float64))

    @property
    def slope(self) -> npt.NDArray[np.float64]:
        """See `Step`."""
        ratio = np.float64(self.scale) / np.float64(self.output_scale)
        return np.full(self.outputs, ratio / self.count)


@dataclass(frozen=True, eq=False)
class MeanInFloat(MeanTwiceRounded):
    """XNNPACK's mean: float32, the zero point added before it is rounded half to even."""

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        factor = np.float32(np.float32(self.scale / self.output_scale) / np.float32(self.count))
        value = accumulator.astype(np.float32) * factor + np.float32(self.zero_point)
        return self._bounded(np.rint(value).astype(np.float64))


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

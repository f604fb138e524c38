"""LiteRT's int8 functions of one tensor, as tables from codes to codes.

Its reference kernels make tables of LOGISTIC and TANH in float32. Other functions multiply by an
integer of 31 bits and shift, rounding twice. XNNPACK uses multipliers with 8 fractional bits for
LEAKY_RELU and QUANTIZE, where these are large enough. What XNNPACK leaves goes to LiteRT's own
faster kernels. These compute like the reference kernels except for QUANTIZE, where blocks of 16
elements of a tensor are computed together and both roundings take halves upwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fcgen.load.integer_model import TableOrder
from fcgen.numerics.source_step import Int64Array

Floats = npt.NDArray[np.float32]
LOW, HIGH = -128, 127
XNNPACK_LEAST, XNNPACK_MOST = 2.0**-8, 2.0**7
XNNPACK_FALLING = -float.fromhex("0x1.FFFC00p+6")
"""Magnitudes of XNNPACK's multipliers, and the limit of negative ones."""
BOUNDS = {"RELU": (0.0, None), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
BLOCK = 16
PLACE = "the place of an element in its tensor decides"
LIBRARY = "the library's exponential may round either way"


@dataclass(frozen=True)
class Scaled:
    """Scales and zero points of input and output."""

    scale: np.float32
    zero_point: int
    output_scale: np.float32
    output_zero_point: int

    @property
    def distances(self) -> Int64Array:
        """All input codes, less the zero point."""
        return np.arange(LOW, HIGH + 1) - self.zero_point

    @property
    def ratio(self) -> np.float32:
        """Output codes per input code, in float32."""
        return np.float32(self.scale / self.output_scale)

    @property
    def reals(self) -> Floats:
        """Reals of all input codes."""
        values: Floats = self.scale * self.distances.astype(np.float32)
        return values

    def codes(self, distances: npt.NDArray[np.number]) -> Int64Array:
        """Return output codes of distances from their zero point."""
        moved = distances.astype(np.int64) + self.output_zero_point
        return np.clip(moved, LOW, HIGH)

    def bound(self, value: float) -> int:
        """Return the code of an activation's bound, inside of the format."""
        return bound_code(value, self.output_scale, self.output_zero_point)


def bound_code(value: float, scale: np.float32, zero_point: int, *, xnnpack: bool = False) -> int:
    """Return the int8 code of an activation's bound.

    The bound is divided by the scale in float32. LiteRT rounds the quotient, halves away from zero,
    and adds the zero point. XNNPACK, for bounds of layers, adds first and rounds halves to even.
    """
    steps = np.float32(value) / scale
    if xnnpack:
        code = int(np.rint(steps + np.float32(zero_point)))
    else:
        code = zero_point + int(np.copysign(np.floor(np.abs(np.float64(steps)) + 0.5), value))
    return min(max(code, LOW), HIGH)


def function_entries(
    kind: str,
    grids: Scaled,
    slope: float,
    xnnpack: bool,
    *,
    typed: bool = False,
    elements: int = 1,
) -> tuple[Int64Array, tuple[TableOrder, ...]]:
    """Return the entries of a function for all codes, and those that a library may give instead.

    Parameters
    ----------
    kind : str
        One of `NAMES`.
    grids : Scaled
    slope : float
        Slope of a LEAKY_RELU.
    xnnpack : bool
        Whether XNNPACK computes it.
    typed : bool
        A QUANTIZE changes the type of the codes, which XNNPACK does not do.
    elements : int
        Number of elements of the tensor. Elements behind the last whole block can get other codes
        than those in blocks; their entries are an order with the reason `PLACE`.
    """
    if kind in CURVES:
        return _curve(CURVES[kind], grids, xnnpack)
    if kind in BOUNDS:
        entries = grids.codes(_multiplied(grids.distances, float(grids.ratio)))
        lo, hi = (None if bound is None else grids.bound(bound) for bound in BOUNDS[kind])
        return np.clip(entries, lo, hi), ()
    slope = slope if kind == "LEAKY_RELU" else 1.0
    if xnnpack and not typed and (own := _of_xnnpack(grids, slope)) is not None:
        return own, ()
    if kind == "QUANTIZE":
        return _requantized(grids, elements if xnnpack else 1)
    falling = np.float32(grids.scale * np.float32(slope)) / grids.output_scale
    distances, factors = grids.distances, (float(grids.ratio), float(falling))
    rising, below = (_multiplied(distances, factor) for factor in factors)
    return grids.codes(np.where(distances >= 0, rising, below)), ()


def _requantized(grids: Scaled, elements: int) -> tuple[Int64Array, tuple[TableOrder, ...]]:
    """Return the entries of a QUANTIZE in LiteRT's own kernels, which divide scales in float64.

    The reference kernel has no blocks.
    """
    factor = float(grids.scale) / float(grids.output_scale)
    alone = grids.codes(_multiplied(grids.distances, factor))
    multiplier, exponent = _fixed_point(factor)
    if elements < BLOCK or exponent < -31:
        return alone, ()
    left, right = max(exponent, 0), max(-exponent, 0)
    high = ((grids.distances << left) * multiplier + (1 << 30)) >> 31
    blocks = grids.codes((high + (1 << right >> 1)) >> right)
    if elements % BLOCK == 0 or np.array_equal(blocks, alone):
        return blocks, ()
    return blocks, (TableOrder(PLACE, alone),)


def _fixed_point(factor: float) -> tuple[int, int]:
    """Return a positive factor as an integer of 31 bits and an exponent."""
    mantissa, exponent = np.frexp(factor)
    multiplier = int(np.floor(mantissa * 2.0**31 + 0.5))
    if multiplier == 1 << 31:
        return multiplier // 2, int(exponent) + 1
    return multiplier, int(exponent)


def _multiplied(values: Int64Array, factor: float) -> Int64Array:
    """Return products with a factor as an integer of 31 bits and a shift, rounded twice.

    The product is shifted right by 31, halves upwards, and then by the rest of the shift, halves
    away from zero. A negative factor gives the negated products of its magnitude.
    """
    if factor < 0:
        return -_multiplied(values, -factor)
    multiplier, exponent = _fixed_point(factor)
    if exponent < -31:
        return np.zeros_like(values)
    left, right = max(exponent, 0), max(-exponent, 0)
    product = (values << left) * multiplier
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    high = np.sign(nudged) * (np.abs(nudged) >> 31)
    rest = high & ((1 << right) - 1)
    half = ((1 << right) - 1 >> 1) + (high < 0)
    rounded: Int64Array = (high >> right) + (rest > half)
    return rounded


def _of_xnnpack(grids: Scaled, slope: float) -> Int64Array | None:
    """Return the entries by XNNPACK's multipliers; None where it leaves them to the reference."""
    rising = grids.ratio
    falling = np.float32(rising * np.float32(slope))
    if not all(XNNPACK_LEAST <= abs(value) <= XNNPACK_MOST for value in (rising, falling)):
        return None
    if falling < XNNPACK_FALLING:
        return None
    first, second = (int(np.rint(np.float32(-256) * value)) for value in (rising, falling))
    distances = grids.distances
    products = -(distances << 7) * np.where(distances >= 0, first, second)
    return grids.codes((products + (1 << 14)) >> 15)


def _curve(
    function: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    grids: Scaled,
    xnnpack: bool,
) -> tuple[Int64Array, tuple[TableOrder, ...]]:
    """Return the entries of a float32 function whose last bit depends on the library."""
    with np.errstate(over="ignore"):  # a logistic function far below is 0
        values: Floats = function(grids.reals.astype(np.float64)).astype(np.float32)
    inverse = np.float32(1) / grids.output_scale

    def codes(reals: Floats) -> Int64Array:
        steps: Floats = reals * inverse
        if xnnpack:
            return grids.codes(np.rint(steps))
        return grids.codes(np.copysign(np.floor(np.abs(steps) + np.float32(0.5)), steps))

    entries = codes(values)
    ends = (codes(np.nextafter(values, np.float32(end))) for end in (-np.inf, np.inf))
    return entries, tuple(
        TableOrder(LIBRARY, other) for other in ends if not np.array_equal(other, entries)
    )


CURVES: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "TANH": np.tanh,
}
NAMES = {
    "LOGISTIC": "sigmoid",
    "TANH": "tanh",
    "LEAKY_RELU": "leaky_relu",
    "QUANTIZE": "requantize",
    "RELU": "relu",
    "RELU6": "relu6",
    "RELU_N1_TO_1": "relu_n1_to_1",
}
"""Names of tables, by operator."""

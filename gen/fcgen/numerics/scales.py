"""Scales that turn float weights into integers whose requantization is short and exact.

A real value is ``scale * code``. With the scales of the activations ``xs``, of the weights of one
output ``ws`` and of the outputs ``ys``, an accumulator is worth ``xs*ws`` and the requantization
multiplies by ``xs*ws/ys``. Here ``ws`` is chosen last, so that this factor is exactly
``multiplier / 2**shift`` with few bits: no constant of the layer is an approximation.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.numerics.fixed import BIAS_BITS, SHIFT_MAX, IntegerFormat

MULTIPLIER_MAX = 255
SHORT_OUTPUT_BITS = 8
SHIFT_MAX_SIGNED = 17
"""Longest shift with which runtimes that compute in float32 give the same integers, for multipliers
and outputs of at most 8 bits."""
SHIFT_MAX_UNSIGNED = 16
SCALE_MAX = 2.0**100
_BIAS_MAX = (1 << (BIAS_BITS - 1)) - 1
_BLOCK_ELEMENTS = 1 << 22

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class QuantizedTensor:
    """Integer codes of float weights and biases.

    ``weight`` is (M, N) in the narrowest dtype, ``bias`` int64 (M,), ``scale`` float64 (M,): a
    weight is worth ``scale * code``. The errors are of the weights.
    """

    weight: np.ndarray
    bias: np.ndarray
    scale: np.ndarray
    largest_error: float
    rms_error: float


def default_activation_scale(activations: IntegerFormat) -> float:
    """Scale with which activations cover [-1, 1) signed or [0, 1) unsigned."""
    return 2.0 ** -(activations.bits - 1 if activations.signed else activations.bits)


def power_of_two_above(value: float) -> float:
    """Smallest power of two that is not below a positive value; 1 for zero."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(1.0, exponent - 1 if mantissa == 0.5 else exponent)


def short_factors(
    weight: Floats,
    bias: Floats,
    *,
    weight_format: IntegerFormat,
    activation_scale: float,
    output_scale: float,
    output: IntegerFormat,
    shift_max: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the multiplier and the shift of each output, int64 (M,) both.

    ``multiplier / 2**shift`` is the smallest such number with which the largest weight of the row
    does not saturate and its bias fits 32 bits. The multiplier has 8 bits: less than 1 % of the
    weights' range stays unused as long as the shift is not limited. Shifts of outputs of more than
    8 bits are limited by the hardware alone (47). Those of narrower outputs are limited to
    `SHIFT_MAX_SIGNED` or `SHIFT_MAX_UNSIGNED`, up to which a runtime that computes in float32 is
    exact. A row of zeros takes the longest of these. ``shift_max`` replaces these limits.

    Raises
    ------
    InputError
        When the output scale is so small that no such number exists.
    """
    needed = _needed(weight, bias, weight_format, activation_scale) / output_scale
    if needed.max() > MULTIPLIER_MAX:
        # Six digits are printed; what is printed must be enough.
        least = output_scale * needed.max() / MULTIPLIER_MAX * (1 + 1e-5)
        rule = f"must be at least {least:.6g} for these weights"
        raise bad_input("--output-scale", f"{output_scale:.6g}", rule, "choose a larger scale")
    short = SHIFT_MAX_SIGNED if output.signed else SHIFT_MAX_UNSIGNED
    limit = short if output.bits <= SHORT_OUTPUT_BITS else SHIFT_MAX
    limit = limit if shift_max is None else shift_max
    mantissa, exponent = np.frexp(needed)
    fits = 8 - exponent - (mantissa * (MULTIPLIER_MAX + 1) > MULTIPLIER_MAX)
    shift = np.where(needed > 0, np.minimum(fits, limit), min(short, limit)).astype(np.int64)
    multiplier = np.ceil(np.ldexp(needed, shift)).astype(np.int64)
    return np.maximum(multiplier, 1), shift


def index_shift_max(index: IntegerFormat) -> int:
    """Return the longest shift with which float32 rounds sums to an index as integers do.

    A product ``sum * multiplier`` within the range of the index is then below 2^24: it is exact,
    and rounded once. A product outside of the range stays outside.
    """
    return min(25 - index.bits, SHIFT_MAX_SIGNED)


def least_output_scale(
    weight: Floats, bias: Floats, *, weight_format: IntegerFormat, activation_scale: float
) -> float:
    """Return the smallest output scale with which `short_factors` finds multipliers."""
    needed = _needed(weight, bias, weight_format, activation_scale)
    return float(needed.max()) / MULTIPLIER_MAX * (1 + 1e-9)


def reachable_scale(
    weight: Floats,
    bias: Floats,
    *,
    weight_format: IntegerFormat,
    activation_scale: float,
    output_scale: float,
) -> float:
    """Return an output scale, or where it is too fine the next power of two that has multipliers.

    Outputs finer than one `MULTIPLIER_MAX`-th of an accumulator step would gain nothing.
    """
    needed = _needed(weight, bias, weight_format, activation_scale)
    if (needed / output_scale).max() <= MULTIPLIER_MAX:
        return output_scale
    least = least_output_scale(
        weight, bias, weight_format=weight_format, activation_scale=activation_scale
    )
    return power_of_two_above(least)


def _needed(
    weight: Floats, bias: Floats, weight_format: IntegerFormat, activation_scale: float
) -> Floats:
    """Return the least real value of an accumulator step, (M,)."""
    largest: Floats = activation_scale * np.abs(weight).max(axis=1) / weight_format.maximum
    return np.maximum(largest, np.abs(bias) / _BIAS_MAX)


def quantize_rows(
    weight: Floats,
    bias: Floats,
    scale: Floats,
    *,
    weight_format: IntegerFormat,
    activation_scale: float,
) -> QuantizedTensor:
    """Round each row to the nearest codes of its scale, ties to even.

    Raises
    ------
    InputError
        When a bias does not fit 32 bits.
    """
    # Signed codes stay symmetric: the smallest one is not used.
    highest = weight_format.maximum
    codes = np.empty(weight.shape, weight_format.dtype)
    largest = squares = 0.0
    rows = max(1, _BLOCK_ELEMENTS // weight.shape[1])
    for start in range(0, len(weight), rows):
        block = slice(start, start + rows)
        # A scale is rounded itself, which can push a code out by one: the clip undoes this alone.
        rounded = np.clip(np.rint(weight[block] / scale[block, None]), -highest, highest)
        codes[block] = rounded
        error = rounded * scale[block, None] - weight[block]
        largest = max(largest, float(np.abs(error).max()))
        squares += float(np.square(error).sum())
    return QuantizedTensor(
        codes,
        _quantize_bias(bias, activation_scale * scale),
        scale,
        largest,
        math.sqrt(squares / weight.size),
    )


def _quantize_bias(bias: Floats, scale: Floats) -> npt.NDArray[np.int64]:
    rounded = np.rint(bias / scale)
    outside = np.abs(rounded) > _BIAS_MAX
    if outside.any():
        m = int(np.argmax(outside))
        steps = f"{abs(rounded[m]):.6g} steps of the accumulator"
        rule = f"is {steps}, which do not fit {BIAS_BITS} bits"
        raise bad_input("bias", f"{bias[m]:.6g} of output {m}", rule, "use a larger weight scale")
    codes: npt.NDArray[np.int64] = rounded.astype(np.int64)
    return codes

"""Bit-exact forward pass in NumPy, from codes to what leaves: the specification of the hardware.

Integers only. The accumulator follows the definition ``W . (x - zero point) + b``, not the folded
bias of the hardware, so that the two are derived independently.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.network.network import Network
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.softmax_table import SoftmaxTable

_LIMB = 24
_LIMB_MASK = (1 << _LIMB) - 1
# Far outside of every output (17 bits with a zero point), yet safe to shift left by a limb.
_FAR = 1 << 32
_BLOCK_ELEMENTS = 1 << 22

IntegerArray = npt.NDArray[np.integer]
Int64Array = npt.NDArray[np.int64]


def forward(layer: DenseLayer, x: IntegerArray) -> Int64Array:
    """Run the layer on integer vectors.

    Parameters
    ----------
    layer
        The quantised layer.
    x
        Integer codes of shape (V, N) or (V, C, H, W), in the range of the activation format.

    Returns
    -------
    numpy.ndarray
        int64 of shape (V, M): output codes, or accumulators of a raw layer.

    Raises
    ------
    InputError
        For another shape, another dtype or a value out of range.
    """
    vectors = check_vectors(layer, x)
    accumulator = accumulate(layer, vectors)
    if layer.requantization is None:
        return accumulator
    codes = requantize(layer.requantization, accumulator)
    return codes if layer.table is None else look_up(layer.table, codes)


def run(network: Network, x: IntegerArray) -> Int64Array:
    """Run a network on integer vectors.

    Parameters
    ----------
    network
        The quantised network.
    x
        Integer codes of shape (V, N) or (V, C, H, W), in the range of the input format.

    Returns
    -------
    numpy.ndarray
        int64: codes, accumulators or probabilities (V, M), class indices (V,), or indices (V, k).

    Raises
    ------
    InputError
        For another shape, another dtype or a value out of range.
    """
    return choose(network, trace(network, x)[-1])


def trace(network: Network, x: IntegerArray) -> list[Int64Array]:
    """Return the outputs of every layer, int64 (V, M) each; see `run`."""
    found = []
    for layer in network.layers:
        x = forward(layer, x)
        found.append(x)
    return found


def check_vectors(
    layer: DenseLayer | Network, x: npt.NDArray[Any], subject: str = "inputs"
) -> IntegerArray:
    """Return ``x`` as integers (V, N), or raise an InputError that names ``subject``."""
    x = np.asarray(x)
    wanted = f"(V, {layer.inputs})"
    if len(layer.input_shape) > 1:
        wanted += f" or (V, {', '.join(map(str, layer.input_shape))})"
    if x.dtype.kind not in "iu":
        rule = f"must hold integers of {layer.activation_format.name}"
        raise bad_input(subject, f"dtype {x.dtype}", rule, "quantize the values first")
    if x.shape[1:] not in ((layer.inputs,), layer.input_shape):
        rule = f"must have the shape {wanted}"
        raise bad_input(subject, f"shape {x.shape}", rule, "one vector a row, V of them")
    low, high = layer.activation_format.minimum, layer.activation_format.maximum
    outside = layer.activation_format.outside(x)
    if outside.any():
        where = tuple(int(i) for i in np.argwhere(outside)[0])
        values = f"{low} {'or' if layer.activation_format.bipolar else 'to'} {high}"
        rule = f"at {where} is outside of {layer.activation_format.name} ({values})"
        raise bad_input(subject, x[where], rule, "check the scale and the sign of the inputs")
    return x.reshape(len(x), layer.inputs)


def accumulate(layer: DenseLayer, x: IntegerArray) -> Int64Array:
    """Return the exact accumulators, int64 (V, M), of integer vectors ``x`` of shape (V, N)."""
    vectors, outputs = len(x), layer.outputs
    result = np.empty((vectors, outputs), np.int64)
    # No partial sum passes this bound: where it is below 2**31, int32 is exact.
    zero_point = layer.input_zero_point
    largest = layer.activation_format.magnitude + abs(zero_point)
    bound = layer.inputs * layer.weight_format.magnitude * largest
    dtype = np.dtype(np.int32 if bound < 2**31 else np.int64)
    shifted: IntegerArray = np.ascontiguousarray(x, dtype) - zero_point
    rows = max(1, _BLOCK_ELEMENTS // layer.inputs)
    for start in range(0, outputs, rows):
        weight: IntegerArray = layer.weight[start : start + rows].astype(dtype)
        result[:, start : start + rows] = np.einsum("vn,mn->vm", shifted, weight)
    result += layer.bias
    return result


def requantize(
    requantization: Requantization | ThresholdList, accumulator: Int64Array
) -> Int64Array:
    """Return the output codes, int64, of int64 accumulators (V, M) of magnitudes below 2**50."""
    if isinstance(requantization, ThresholdList):
        return _count_thresholds(requantization, accumulator)
    return _scale(requantization, accumulator)


def _count_thresholds(scheme: ThresholdList, accumulator: Int64Array) -> Int64Array:
    codes = np.full(accumulator.shape, scheme.lo, np.int64)
    for threshold in scheme.thresholds.T:
        codes += np.where(scheme.falling, accumulator <= threshold, accumulator >= threshold)
    return codes


def _scale(requantization: Requantization, accumulator: Int64Array) -> Int64Array:
    """Return output codes by multiplier, shift and rounding.

    The product with the 25-bit multiplier has up to 75 bits and is kept in two limbs:
    ``value = high * 2**24 + low`` with ``0 <= low < 2**24``.
    """
    result = np.empty(accumulator.shape, np.int64)
    rows = max(1, _BLOCK_ELEMENTS // max(1, accumulator.shape[-1]))
    for start in range(0, len(accumulator), rows):
        block = slice(start, start + rows)
        result[block] = _requantize_block(requantization, accumulator[block])
    return result


def look_up(table: ActivationTable, codes: Int64Array) -> Int64Array:
    """Return the table's entries, int64, for int64 codes of any shape."""
    entries: Int64Array = table.entries[codes - table.index.minimum]
    return entries


def _requantize_block(requantization: Requantization, accumulator: Int64Array) -> Int64Array:
    low: Int64Array = (accumulator & _LIMB_MASK) * requantization.multiplier + requantization.offset
    high: Int64Array = (accumulator >> _LIMB) * requantization.multiplier + (low >> _LIMB)
    low &= _LIMB_MASK
    quotient, remainder = _divide(high, low, requantization)
    rounded = quotient + _carry(requantization, quotient, remainder, negative=high < 0)
    value: Int64Array = rounded + requantization.zero_point
    if requantization.saturation == "wrap":
        lowest = requantization.output.minimum
        return ((value - lowest) & ((1 << requantization.output.bits) - 1)) + lowest
    clipped: Int64Array = np.clip(value, requantization.lo, requantization.hi)
    return clipped


def _divide(
    high: Int64Array, low: Int64Array, requantization: Requantization
) -> tuple[Int64Array, Int64Array]:
    """Return the floor quotient and the remainder of the two limbs by ``2**shift``.

    The quotient is clamped far outside of the output range where outputs saturate, and reduced
    modulo ``2**32`` where they wrap. The remainder is exact, in [0, 2**shift).
    """
    upper = np.maximum(requantization.shift - _LIMB, 0)
    lower = np.minimum(requantization.shift, _LIMB)
    remainder = ((high & ((1 << upper) - 1)) << _LIMB) + (low & ((1 << lower) - 1))
    whole = high >> upper
    whole = (
        whole & (_FAR - 1) if requantization.saturation == "wrap" else np.clip(whole, -_FAR, _FAR)
    )
    return (whole << (_LIMB - lower)) + (low >> lower), remainder


def _carry(
    requantization: Requantization,
    quotient: Int64Array,
    remainder: Int64Array,
    *,
    negative: npt.NDArray[np.bool_],
) -> Int64Array:
    """Return 1 where the rounding goes to the integer above the floor quotient, else 0."""
    twice, whole = 2 * remainder, np.int64(1) << requantization.shift
    above, tie = twice > whole, twice == whole
    match requantization.rounding:
        case "floor":
            up = np.zeros_like(tie)
        case "half_up":
            up = above | tie
        case "half_away":
            up = above | (tie & ~negative)
        case _:
            up = above | (tie & (quotient & 1 == 1))
    carry: Int64Array = up.astype(np.int64)
    return carry


def choose(network: Network, outputs: Int64Array) -> Int64Array:
    """Return what leaves the network, from the outputs (V, M) of its last layer; see `End`."""
    if network.end.kind == "values":
        return outputs
    if network.end.kind == "argmax":
        return np.asarray(outputs.argmax(axis=1), np.int64)
    if network.softmax is not None:
        return probabilities(network.softmax, network.layers[-1].output_format.encode(outputs))
    # Stable, so that of equal outputs the first one wins.
    return np.argsort(-outputs, axis=1, kind="stable")[:, : network.end.count]


def probabilities(table: SoftmaxTable, scores: Int64Array) -> Int64Array:
    """Return the probabilities, in steps of 1/2^bits, of scores (V, M) as they are stored."""
    distances: Int64Array = scores.max(axis=1, keepdims=True) - scores
    several = 1 << table.coarseness
    entries = np.minimum(-(-distances // several), len(table.powers) - 1)
    powers: Int64Array = table.powers[entries]
    quotients = (powers << table.bits) // powers.sum(axis=1, keepdims=True)
    found: Int64Array = np.minimum(quotients + (distances == 0), (1 << table.bits) - 1)
    return found

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
from fcgen.network.sources import INPUT, joined
from fcgen.network.window import Window
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import HALF_OUTWARD
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
    if layer.window is None:
        return _finish(layer, accumulate(layer, vectors))
    found = np.empty((len(vectors), layer.frame_outputs), np.int64)
    frames = max(
        1, _BLOCK_ELEMENTS // (layer.window.taps * layer.positions * layer.window.channels)
    )
    for start in range(0, len(vectors), frames):
        block = vectors[start : start + frames]
        sums = accumulate_windows(layer, layer.window, block)
        found[start : start + frames] = _finish(layer, sums).reshape(len(block), -1)
    return found


def _finish(layer: DenseLayer, accumulator: Int64Array) -> Int64Array:
    """Return what leaves, int64 (V, M), of accumulators (V, M)."""
    if layer.requantization is None:
        return accumulator
    codes = requantize(layer.requantization, accumulator)
    return codes if layer.table is None else look_up(layer.table, codes)


def accumulate_windows(layer: DenseLayer, window: Window, x: IntegerArray) -> Int64Array:
    """Exact accumulators, int64 (V * positions, M), of frames (V, height * width * channels)."""
    top, bottom, left, right = window.padding
    maps = x.reshape(len(x), window.height, window.width, window.channels)
    padding = ((0, 0), (top, bottom), (left, right), (0, 0))
    maps = np.pad(maps, padding, constant_values=layer.input_zero_point)
    (down, across), (below, beside) = window.stride, window.dilation
    taps = [
        maps[:, ky * below :: down, kx * beside :: across][:, : window.rows, : window.columns]
        for ky in range(window.kernel[0])
        for kx in range(window.kernel[1])
    ]
    if not layer.depthwise:
        windows = np.stack(taps, axis=3).reshape(len(x) * window.positions, layer.inputs)
        return accumulate(layer, windows)
    if layer.maximum:
        largest: Int64Array = np.maximum.reduce(taps).reshape(-1, layer.outputs).astype(np.int64)
        found: Int64Array = largest + layer.bias
        return found
    sums = np.zeros((len(x), window.rows, window.columns, layer.outputs), np.int64)
    for tap, weight in zip(taps, layer.weight.T.astype(np.int64), strict=True):
        sums += (tap.astype(np.int64) - layer.input_zero_point) * weight
    sums += layer.bias
    return sums.reshape(-1, layer.outputs)


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
    found: list[Int64Array] = []
    for layer, sources in zip(network.layers, network.edges, strict=True):
        found.append(forward(layer, inputs_of(network, sources, x, found)))
    return found


def inputs_of(
    network: Network, sources: tuple[int, ...], x: IntegerArray, outputs: list[Int64Array]
) -> IntegerArray:
    """Return what a layer takes: the outputs of its sources, joined pixel by pixel."""
    if INPUT in sources:
        return x
    pixels = network.layers[sources[0]].positions
    return joined([outputs[source] for source in sources], pixels)


def check_vectors(
    layer: DenseLayer | Network, x: npt.NDArray[Any], subject: str = "inputs"
) -> IntegerArray:
    """Return ``x`` as integers (V, N), or raise an InputError that names ``subject``."""
    x = np.asarray(x)
    shape, inputs = _frame(layer)
    wanted = f"(V, {inputs})"
    if len(shape) > 1:
        wanted += f" or (V, {', '.join(map(str, shape))})"
    if x.dtype.kind not in "iu":
        rule = f"must hold integers of {layer.activation_format.name}"
        raise bad_input(subject, f"dtype {x.dtype}", rule, "quantize the values first")
    if x.shape[1:] not in ((inputs,), shape):
        rule = f"must have the shape {wanted}"
        raise bad_input(subject, f"shape {x.shape}", rule, "one vector a row, V of them")
    low, high = layer.activation_format.minimum, layer.activation_format.maximum
    outside = layer.activation_format.outside(x)
    if outside.any():
        where = tuple(int(i) for i in np.argwhere(outside)[0])
        values = f"{low} {'or' if layer.activation_format.bipolar else 'to'} {high}"
        rule = f"at {where} is outside of {layer.activation_format.name} ({values})"
        raise bad_input(subject, x[where], rule, "check the scale and the sign of the inputs")
    return x.reshape(len(x), inputs)


def _frame(layer: DenseLayer | Network) -> tuple[tuple[int, ...], int]:
    """Return the shape and the number of values that go in."""
    if isinstance(layer, Network):
        return layer.input_shape, layer.inputs
    return layer.frame_shape, layer.frame_inputs


def accumulate(layer: DenseLayer, x: IntegerArray) -> Int64Array:
    """Return the exact accumulators, int64 (V, M), of integer vectors ``x`` of shape (V, N)."""
    vectors, outputs = len(x), layer.outputs
    result = np.empty((vectors, outputs), np.int64)
    # No partial sum can pass this bound: where floats hold all integers below it they are exact in
    # every order of summation, and a matrix product of floats is many times as fast.
    zero_point = layer.input_zero_point
    largest = layer.activation_format.magnitude + abs(zero_point)
    bound = layer.inputs * layer.weight_format.magnitude * largest
    dtype = np.dtype(np.float32 if bound < 2**24 else np.float64 if bound < 2**53 else np.int64)
    shifted = np.ascontiguousarray(x, dtype) - dtype.type(zero_point)
    rows = max(1, _BLOCK_ELEMENTS // layer.inputs)
    for start in range(0, outputs, rows):
        weight = layer.weight[start : start + rows].astype(dtype)
        result[:, start : start + rows] = shifted @ weight.T
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
    offset = requantization.offset
    if requantization.rounding == HALF_OUTWARD:
        falls = (accumulator < 0) != (requantization.multiplier < 0)
        offset = np.where(falls & (accumulator != 0), -offset, offset)
    low: Int64Array = (accumulator & _LIMB_MASK) * requantization.multiplier + offset
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
        case "half_away" | "half_outward":
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

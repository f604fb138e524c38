"""The sum of two maps as a depthwise layer of two taps, certified over all pairs of codes.

A sum is ``round((a·A + b·B)·M / 2^S + C)`` with short integers: the layer's weights are the best
rational approximation ``A/B`` of the ratio of the two scales, and the requantizer brings the scale.
All pairs of codes are compared; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from fcgen.certification.certificate import LayerCertificate
from fcgen.certification.differences import Differences, Ranges
from fcgen.errors import bad_input
from fcgen.load.integer_sum import IntegerSum
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import MULTIPLIER_BITS, SHIFT_MAX, IntegerFormat
from fcgen.numerics.requantization import Requantization
from fcgen.numerics.source_step import Int64Array

WEIGHT = IntegerFormat(16, signed=True)
WEIGHT_MAX = WEIGHT.maximum
CANDIDATES = 24
"""Pairs of weights that are tried: the shortest ones with a ratio close to that of the scales."""
NEAR = 24
"""Multipliers that are tried on each side of the scale's own."""
REASON = "no short constants give these sums, of every channel alike"


@dataclass(frozen=True)
class SumConstants:
    """Weights of the two taps, and constants of a rounding down.

    Attributes
    ----------
    weights : (int, int)
    multiplier, shift, offset : int
    bias : int
        What the accumulator begins with.
    wrong : int
        Pairs of codes for which the sum differs.
    """

    weights: tuple[int, int]
    multiplier: int
    shift: int
    offset: int
    bias: int
    wrong: int


def sum_layer(layer: IntegerSum) -> tuple[DenseLayer, LayerCertificate]:
    """Return the layer that computes a sum, and what holds of it.

    Raises
    ------
    InputError
        When the scales are so far apart that no weights have their ratio.
    """
    form, channels = layer.form, layer.channels
    found = _closest(layer)
    requantization = Requantization.make(
        channels,
        form,
        multiplier=found.multiplier,
        offset=found.offset,
        shift=found.shift,
        zero_point=0,
        lo=int(layer.codes.min()),
        hi=int(layer.codes.max()),
        rounding="floor",
    )
    made = DenseLayer(
        name=layer.name,
        input_shape=(2,),
        weight=np.broadcast_to(np.array(found.weights), (channels, 2)),
        bias=np.full(channels, found.bias),
        weight_format=_narrow(found.weights),
        activation_format=form,
        requantization=requantization,
        window=layer.window,
        depthwise=True,
    )
    count = np.full(channels, layer.codes.max() - layer.codes.min(), np.int64)
    differing = np.full(channels, found.wrong, np.int64)
    proof = LayerCertificate(
        layer.name, count, differing, _listed(layer, found), "all pairs of codes, round floor"
    )
    return made, proof


def _narrow(weights: tuple[int, int]) -> IntegerFormat:
    """Return the narrowest format of the weights."""
    bits = max(abs(weight).bit_length() for weight in weights) + 1
    return IntegerFormat(min(max(bits, 2), WEIGHT.bits), signed=True)


def _accumulators(layer: IntegerSum, weights: tuple[int, int]) -> Int64Array:
    codes = np.arange(layer.form.minimum, layer.form.maximum + 1, dtype=np.int64)
    return codes[:, None] * weights[0] + codes[None, :] * weights[1]


def _closest(layer: IntegerSum) -> SumConstants:
    """Return the constants that differ for the fewest pairs of codes."""
    best: SumConstants | None = None
    for weights in _weights(*layer.ratios):
        found = _constants(layer, weights)
        if found is not None and (best is None or found.wrong < best.wrong):
            best = found
        if best is not None and not best.wrong:
            return best
    if best is None:
        rule = f"no weights of {WEIGHT.bits} bits have the ratio of the scales"
        ratio = layer.ratios[0] / layer.ratios[1]
        raise bad_input(layer.name, f"ratio {ratio:g}", rule, "quantise it with closer scales")
    return best


def _weights(first: float, second: float) -> Iterator[tuple[int, int]]:
    """Give pairs of weights whose ratio is close to that of the scales, the closest first."""
    ratio = Fraction(abs(first)) / Fraction(abs(second))
    signs = (-1 if first < 0 else 1, -1 if second < 0 else 1)
    turned = ratio > 1
    target = 1 / ratio if turned else ratio
    numbers = range(1, WEIGHT_MAX + 1)
    below = np.array([round(target * number) for number in numbers])
    error = np.abs(below / np.arange(1, WEIGHT_MAX + 1) - float(target))
    for place in np.argsort(error, kind="stable")[:CANDIDATES].tolist():
        small, large = int(below[place]), place + 1
        one, other = (large, small) if turned else (small, large)
        yield signs[0] * one, signs[1] * other


def _constants(layer: IntegerSum, weights: tuple[int, int]) -> SumConstants | None:
    """Return the constants with these weights that come closest to the source's sums.

    A code k must begin between the largest accumulator that gives less and the smallest that gives
    k or more. Where no offset keeps all of these, the one in the middle of what they ask is tried.
    """
    accumulators = _accumulators(layer, weights)
    codes = layer.codes
    least, most = int(codes.min()), int(codes.max())
    if least == most:
        return None
    flat, code = accumulators.reshape(-1), codes.reshape(-1)
    order = np.argsort(flat, kind="stable")
    flat, code = flat[order], code[order]
    steps = np.arange(least + 1, most + 1)
    # The largest accumulator with a code below k, and the smallest with one of k or above.
    highest = np.maximum.accumulate(code)
    lowest = np.minimum.accumulate(code[::-1])[::-1]
    last_below = flat[np.searchsorted(lowest, steps, side="left") - 1]
    first_above = flat[np.minimum(np.searchsorted(highest, steps, side="left"), len(flat) - 1)]
    slope = abs(layer.ratios[1]) / abs(weights[1])
    best: SumConstants | None = None
    for shift in range(SHIFT_MAX, 0, -1):
        centre = round(slope * 2.0**shift)
        if centre >> (MULTIPLIER_BITS - 1) or not centre:
            continue
        for multiplier in range(max(centre - NEAR, 1), centre + NEAR + 1):
            if multiplier >> (MULTIPLIER_BITS - 1):
                continue
            # floor((acc * M + C) / 2^S) >= k exactly from acc * M + C >= k * 2^S on.
            low = (steps << shift) - multiplier * first_above
            high = (steps << shift) - multiplier * last_below - 1
            offset = int(low.max() + high.min()) >> 1
            if best is not None and low.max() > high.min():
                continue
            found = _with_offset(layer, weights, multiplier, shift, offset)
            if best is None or found.wrong < best.wrong:
                best = found
            if not best.wrong:
                return best
        break
    return best


def _with_offset(
    layer: IntegerSum, weights: tuple[int, int], multiplier: int, shift: int, offset: int
) -> SumConstants:
    """Return the constants: whole accumulator steps of the offset become the bias."""
    bias, rest = divmod(offset, multiplier)
    accumulators = _accumulators(layer, weights) + bias
    least, most = int(layer.codes.min()), int(layer.codes.max())
    codes = np.clip((accumulators * multiplier + rest) >> shift, least, most)
    wrong = int((codes != layer.codes).sum())
    return SumConstants(weights, multiplier, shift, rest, bias, wrong)


def _listed(layer: IntegerSum, found: SumConstants) -> Differences:
    """Return the accumulators whose pairs differ, those of the first channel for all."""
    if not found.wrong:
        return Differences()
    accumulators = _accumulators(layer, found.weights) + found.bias
    least, most = int(layer.codes.min()), int(layer.codes.max())
    codes = np.clip((accumulators * found.multiplier + found.offset) >> found.shift, least, most)
    places = codes != layer.codes
    sums, steps = accumulators[places], (codes - layer.codes)[places]
    return Differences([Ranges(layer.name, 0, REASON, sums, sums, steps)])

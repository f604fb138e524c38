"""Thresholds in place of constants: the threshold list of a step, and the cost of either."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.numerics.fixed import signed_width
from fcgen.numerics.source_step import Int64Array, Step
from fcgen.numerics.threshold_list import THRESHOLD_BITS_MAX
from fcgen.numerics.thresholds import oriented


def threshold_list(
    step: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> ThresholdList | None:
    """Return the threshold list of a step; None for more than 4 bits, or for a single code.

    Parameters
    ----------
    step : Step
    changes : ndarray of int64, shape (codes, M)
        From `fcgen.numerics.thresholds.thresholds`. Those outside of the reach are passed by every
        accumulator or by none.
    least, most : ndarray of int64, shape (M,)
        Accumulators that occur.
    """
    if step.output.bits > THRESHOLD_BITS_MAX or not len(changes):
        return None
    falls = np.asarray(step.slope < 0)
    first, last = oriented(step, least, most)
    passed, reached = ((changes <= end).sum(axis=0) for end in (first, last))
    # Codes that no output takes need no threshold; one threshold stays if no output ever changes.
    below, above = min(int(passed.min()), len(changes) - 1), int(reached.max())
    if step.output.bipolar:
        below, above = 0, len(changes)
    rows = changes[below : max(above, below + 1)].T
    ascending = np.where(falls[:, None], -rows[:, ::-1], rows)
    return ThresholdList(ascending, falls, step.lo + below, step.output)


def cost(layer: DenseLayer) -> int:
    """Return the cost of the hardware that makes one result of a layer a cycle.

    The unit is one bit of an adder, of a comparator, of a multiplexer or of a stored constant. A
    multiplication counts as one adder for each bit of the multiplier, even if a multiplier block
    could do it: blocks are few, and the processing elements need them. Constants that all outputs
    share are built in and cost no storage. By this measure a layer ends in thresholds where its
    outputs have one or two bits and scales of their own, and in constants where these are short or
    the alternative is up to fifteen wide comparisons.
    """
    scheme = layer.requantization
    if isinstance(scheme, ThresholdList):
        kept = [scheme.thresholds[:, number - 1] for number in scheme.numbers]
        stored = [*kept, scheme.falling.astype(np.int64)]
        comparisons = len(kept) * (layer.accumulator_width + scheme.output.bits)
        return comparisons + sum(map(_stored, stored))
    if scheme is None:
        return 0
    return _arithmetic(layer, scheme) + sum(
        map(_stored, (layer.folded_bias, *scheme.tensors().values()))
    )


def _arithmetic(layer: DenseLayer, scheme: Requantization) -> int:
    """Return the bits of all adders, multiplexers and comparators of a requantizer."""
    width = layer.accumulator_width
    factor = signed_width(int(np.abs(scheme.multiplier).max())) - 1
    value = width + factor
    quotient = max(value - int(scheme.shift.min()), scheme.output.bits)
    shifts = _stored(scheme.shift)
    return (
        bool(layer.folded_bias.any()) * width
        + bool((scheme.multiplier != 1).any()) * factor * width
        + bool(scheme.offset.any()) * value
        + shifts * value
        + (scheme.rounding != "floor") * quotient
        + bool(scheme.zero_point.any()) * quotient
        + (scheme.saturation == "saturate") * 2 * quotient
    )


def _stored(values: npt.NDArray[np.int64]) -> int:
    """Return the bits of a stored constant; 0 where all outputs share its value."""
    low, high = int(values.min()), int(values.max())
    return 0 if low == high else max(high, -low - 1).bit_length() + (low < 0)

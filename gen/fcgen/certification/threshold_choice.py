"""Thresholds in place of constants: the list of a step, and when it is worth it."""

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
    """Return the list of a step's thresholds; None of more than 4 bits, or of a single code.

    Parameters
    ----------
    step : Step
    changes : ndarray of int64, shape (codes, M)
        From `fcgen.numerics.thresholds.thresholds`; they may lie outside of the reach, where they
        count as passed by every accumulator or by none.
    least, most : ndarray of int64, shape (M,)
        Accumulators that occur.
    """
    if step.output.bits > THRESHOLD_BITS_MAX or not len(changes):
        return None
    falls = np.asarray(step.slope < 0)
    first, last = oriented(step, least, most)
    passed, reached = ((changes <= end).sum(axis=0) for end in (first, last))
    # Codes that no output has need no threshold; one stays where nothing ever changes.
    below, above = min(int(passed.min()), len(changes) - 1), int(reached.max())
    if step.output.bipolar:
        below, above = 0, len(changes)
    rows = changes[below : max(above, below + 1)].T
    ascending = np.where(falls[:, None], -rows[:, ::-1], rows)
    return ThresholdList(ascending, falls, step.lo + below, step.output)


def cost(layer: DenseLayer) -> int:
    """Return what the results of a layer take, for one of them a cycle.

    The unit is a bit: of an adder, of a comparison, of a choice between two values, or of a word of
    constants. A multiplication counts an adder for each bit of the multiplier, also where a
    multiplier block would do it: there are few of these, and the elements need them. Constants that
    all outputs share are built in, and stored nowhere. So a layer ends in thresholds where its
    outputs have one or two bits and its scales differ, and in constants where these are few or
    their alternative would be fifteen wide comparisons.
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
    """Return the bits of all adders, choices and comparisons of a requantizer."""
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
    """Return the bits of a stored value; none where all outputs have the same one."""
    low, high = int(values.min()), int(values.max())
    return 0 if low == high else max(high, -low - 1).bit_length() + (low < 0)

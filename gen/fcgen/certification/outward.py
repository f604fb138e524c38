"""Constants of steps that are symmetric about zero: LiteRT's products that are rounded twice.

The first rounding moves every threshold by the same amount towards zero, on either side of it. No
offset does that with one sign; ``half_outward`` counts it away from zero. Magnitudes then have the
same thresholds on both sides, and a multiplier and an offset are sought that give all of them.
"""

from __future__ import annotations

import numpy as np

from fcgen.numerics.fixed import HALF_OUTWARD, MULTIPLIER_BITS, SHIFT_MAX
from fcgen.numerics.requantization import Requantization
from fcgen.numerics.source_step import Int64Array, Step

NEAR = 64
"""Multipliers that are tried on each side of the slope's own."""
NONE = 1 << 62


def outward(step: Step, changes: Int64Array, least: Int64Array, most: Int64Array) -> Requantization:
    """Return the constants that give the most outputs all their thresholds.

    Parameters
    ----------
    step : Step
        Rising, and symmetric about an accumulator of zero.
    changes : ndarray of int64, shape (codes, M)
        Its thresholds, of accumulators with their bias.
    least, most : ndarray of int64, shape (M,)
        Accumulators that occur.
    """
    slope = step.slope
    shift = np.floor(MULTIPLIER_BITS - 1 - np.log2(slope)).astype(np.int64)
    shift = np.clip(shift, 1, SHIFT_MAX)
    centre = np.rint(slope * np.exp2(shift)).astype(np.int64)
    limit = (1 << (MULTIPLIER_BITS - 1)) - 1
    rise, reached, seen = _magnitudes(step, changes, least, most)
    half = (2 * rise - 1) << (shift - 1)
    multiplier, offset = np.clip(centre, 1, limit), np.zeros_like(centre)
    width = np.full(len(slope), -NONE)
    for distance in sorted(range(-NEAR, NEAR + 1), key=abs):
        tried = np.clip(centre + distance, 1, limit)
        low = np.where(seen, half - tried * reached, -NONE).max(axis=0)
        high = np.where(seen, half - tried * (reached - 1) - 1, NONE).min(axis=0)
        better = (high - low > width) & (width < 0)
        middle = np.where(low == -NONE, 0, (low + high) >> 1)
        multiplier = np.where(better, tried, multiplier)
        offset = np.where(better, middle, offset)
        width = np.where(better, high - low, width)
    bound = np.maximum(np.int64(1) << shift, multiplier)
    return Requantization.make(
        len(slope),
        step.output,
        multiplier=multiplier,
        offset=np.clip(offset, -bound, bound),
        shift=shift,
        zero_point=step.zero_point,
        lo=step.lo,
        hi=step.hi,
        rounding=HALF_OUTWARD,
    )


def _magnitudes(
    step: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> tuple[Int64Array, Int64Array, np.ndarray]:
    """Return rises, the smallest magnitudes that give them, and whether they occur, (codes, M)."""
    codes = np.arange(step.lo + 1, step.hi + 1)[:, None] - step.zero_point
    seen = (changes > least) & (changes <= most)
    rise = np.where(codes > 0, codes, 1 - codes)
    reached = np.where(codes > 0, changes, 1 - changes)
    return rise, reached, seen

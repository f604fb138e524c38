"""Constants of the hardware whose step changes where the source's step does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from fcgen.dense_layer import ThresholdList
from fcgen.fixed import BIAS_BITS, ROUNDINGS
from fcgen.reference import requantize
from fcgen.requantization import Requantization
from fcgen.source_step import Int64Array, LikeStep, Step
from fcgen.thresholds import Constants, inside, nominal, shortest, thresholds

BIAS_MAX = (1 << (BIAS_BITS - 1)) - 1


@dataclass(frozen=True, eq=False)
class SchemeStep(LikeStep):
    """The step of the hardware's constants, with the codes and the direction of the source's.

    Attributes
    ----------
    scheme : Requantization or ThresholdList
    bias : ndarray of int64, shape (M,)
        What the hardware adds to a sum before.
    """

    scheme: Requantization | ThresholdList
    bias: Int64Array

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        # The specification itself, so that what is proven is what is built.
        return requantize(self.scheme, accumulator + self.bias)


def closest_constants(
    source: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> tuple[Int64Array, Requantization, Int64Array]:
    """Return the constants that equal the source's step wherever that is possible.

    A floor with an offset of one half or near it is what most sources come to; one that rounds
    halves to even, and meets them, needs its own rounding.

    Parameters
    ----------
    source : Step
        Of sums without their bias.
    changes : ndarray of int64, shape (codes, M)
        Its thresholds.
    least, most : ndarray of int64, shape (M,)
        Reach of the sums.

    Returns
    -------
    ndarray of int64, shape (M,)
        Bias.
    Requantization
    ndarray of int64, shape (codes, M)
        Thresholds of the two, to be compared with ``changes``.
    """
    own = nominal(source)
    constants = shortest(source, changes, least, most).completed(own)
    best: tuple[tuple[int, int], Int64Array, Requantization, Int64Array] | None = None
    roundings = (("floor", constants), *((mode, own) for mode in ROUNDINGS[:3]))
    for (rounding, tried), bounds in product(roundings, _bounds(source, least, most)):
        bias, scheme = _scheme(source, tried, rounding, changes, bounds, least, most)
        found = thresholds(SchemeStep(source, scheme, bias), least, most)
        # First as few outputs as possible, then as few accumulators.
        apart = np.abs(found - changes).sum(axis=0)
        wrong = int((apart > 0).sum()), int(apart.sum())
        if best is None or wrong < best[0]:
            best = wrong, bias, scheme, found
        if not any(wrong):
            break
    assert best is not None
    return best[1:]


def _bounds(
    source: Step, least: Int64Array, most: Int64Array
) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Give bounds that leave all outputs as they are: the same for all as long as that works."""
    ends = source(np.stack([least, most]))
    lo, hi = ends.min(axis=0), ends.max(axis=0)
    every = np.ones_like(lo)
    yield every * source.lo, every * source.hi
    yield every * lo.min(), every * hi.max()
    yield lo, hi


def _scheme(
    source: Step,
    constants: Constants,
    rounding: str,
    changes: Int64Array,
    bounds: tuple[Int64Array, Int64Array],
    least: Int64Array,
    most: Int64Array,
) -> tuple[Int64Array, Requantization]:
    """Return the bias and the requantization of constants; outputs that never change need none."""
    multiplier, offset, shift = constants.multiplier, constants.offset, constants.shift
    limit = np.int64(1) << shift
    # An offset that the format does not hold is for the most part a bias of whole multiples of M.
    bias = np.where(np.abs(offset) <= limit, 0, np.floor_divide(offset, multiplier))
    rest = offset - bias * multiplier
    legal = (np.abs(rest) <= limit) & (np.abs(bias) <= BIAS_MAX)
    never = ~inside(source, changes, least, most).any(axis=0)
    value, plain = source(least[None, :])[0], never | ~legal
    return np.where(plain, 0, bias), Requantization.make(
        len(bias),
        source.output,
        multiplier=np.where(plain, 1, multiplier),
        offset=np.where(plain, 0, rest),
        shift=np.where(plain, 0, shift),
        zero_point=source.zero_point,
        lo=np.where(never, value, bounds[0]),
        hi=np.where(never, value, bounds[1]),
        rounding=rounding,
    )

"""Thresholds of a step, and integer constants that have the same thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fcgen.numerics.fixed import MULTIPLIER_BITS, SHIFT_MAX
from fcgen.numerics.source_step import Int64Array, Step

MULTIPLIER_MAX = (1 << (MULTIPLIER_BITS - 1)) - 1
FAR = 1 << 62
TILTED_MAX = 1 << 11
"""Most thresholds of an output for which a slope is computed from all pairs."""
NEAR = (0, 1, -1, 2)
"""Multipliers that are tried, relative to the slope, the nearest first."""
BLOCK = 1 << 15
"""Thresholds that are searched at once, so that their arrays stay in a processor's cache."""
STRIDE = 8
"""Factor by which the search around an expected threshold widens each time."""
SAMPLES = 1024
"""Thresholds of an output that are checked first, before all of them are."""


def oriented(step: Step, least: Int64Array, most: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the ends of the reach, negated for falling outputs, so that the step rises."""
    falls = step.slope < 0
    return np.where(falls, -most, least), np.where(falls, -least, most)


def inside(
    step: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> npt.NDArray[np.bool_]:
    """Return which `thresholds` lie in the reach: after its first accumulator, up to its last.

    The output changes at these alone.
    """
    first, last = oriented(step, least, most)
    return np.asarray((changes > first) & (changes <= last))


def thresholds(
    step: Step, least: Int64Array, most: Int64Array, near: Int64Array | None = None
) -> Int64Array:
    """Return the smallest accumulator that reaches each code, found by bisection.

    Parameters
    ----------
    step : Step
        Monotone; where its slope is negative, accumulators are counted with the opposite sign.
    least, most : ndarray of int64, shape (M,)
        Accumulators that occur.
    near : ndarray of int64, shape (codes, M), optional
        Where the thresholds are expected; default by slope and intercept. A wrong expectation
        costs time and does not change the result.

    Returns
    -------
    ndarray of int64, shape (codes, M)
        Row i: the smallest accumulator whose output is at least ``step.lo + 1 + i``;
        ``most + 1`` where none is.
    """
    ends = oriented(step, least, most)
    codes = np.arange(step.lo + 1, step.hi + 1)[:, None]
    found = np.empty((len(codes), len(least)), np.int64)
    rows = max(1, BLOCK // max(1, len(least)))
    for start in range(0, len(codes), rows):
        block = slice(start, start + rows)
        expected = _expected(step, codes[block]) if near is None else near[block]
        found[block] = _bisected(step, codes[block], expected, *ends)
    return found


def _expected(step: Step, codes: Int64Array) -> Int64Array:
    """Return where a step without bounds and rounding errors would reach codes, (K, M)."""
    slope = np.abs(step.slope)
    rise = codes - 0.5 - step.zero_point - step.intercept
    places = np.divide(rise, slope, out=np.zeros_like(rise), where=slope > 0)
    expected: Int64Array = np.ceil(np.clip(places, -FAR, FAR)).astype(np.int64)
    return expected


def _bisected(
    step: Step, codes: Int64Array, expected: Int64Array, first: Int64Array, last: Int64Array
) -> Int64Array:
    """Return the thresholds of some codes: a search around the expected ones, then bisection.

    Invariant: a code is not reached at ``low`` and is reached at ``high``. Both start just outside
    of the reach.
    """
    falls, sign = step.slope < 0, np.where(step.slope < 0, -1, 1)
    turned = bool(np.any(falls))
    low = np.broadcast_to(first - 1, expected.shape).copy()
    high = np.broadcast_to(last + 1, expected.shape).copy()
    probe, reached_yet = np.clip(expected, first, last), np.zeros(expected.shape, bool)
    missed_yet, stride = reached_yet.copy(), 1
    while True:
        todo = high - low > 1
        if not todo.any():
            return high
        reached = step(sign * probe if turned else probe) >= codes
        hit, miss = todo & reached, todo & ~reached
        np.copyto(high, probe, where=hit)
        np.copyto(low, probe, where=miss)
        reached_yet |= hit
        missed_yet |= miss
        probe = (low + high) >> 1
        one_sided = ~(reached_yet & missed_yet)
        if one_sided.any():
            farther = np.where(missed_yet, low + stride, high - stride)
            np.copyto(probe, np.clip(farther, low + 1, high - 1), where=one_sided)
        # No probe leaves the reach, not even of thresholds that are found already.
        np.clip(probe, first, last, out=probe)
        stride = min(stride * STRIDE, FAR >> 1)


@dataclass(frozen=True, eq=False)
class Constants:
    """``floor((acc · multiplier + offset) / 2^shift)``, for each output.

    Attributes
    ----------
    multiplier, offset, shift : ndarray of int64, shape (M,)
        The offset may have any size; the multiplier is negative where the output falls.
    found : ndarray of bool, shape (M,)
        Whether the constants have the given thresholds.
    """

    multiplier: Int64Array
    offset: Int64Array
    shift: Int64Array
    found: npt.NDArray[np.bool_]

    def completed(self, other: Constants) -> Constants:
        """Return these, with those of ``other``, in the form for a floor, where none were found."""
        half = np.int64(1) << other.shift >> 1
        return self.where(self.found, replace(other, offset=other.offset + half))

    def moved(self, codes: int) -> Constants:
        """Return constants whose outputs are ``codes`` larger."""
        return replace(self, offset=self.offset + (np.int64(codes) << self.shift))

    def halves(self) -> Constants:
        """Return the same floor in a form for any rounding to the nearest.

        ``floor(v / 2^S)`` is ``round((2·v + 1 - 2^S) / 2^(S+1))``, which never meets a half.
        """
        fits = (np.abs(self.multiplier) <= MULTIPLIER_MAX // 2) & (self.shift < SHIFT_MAX)
        return Constants(
            2 * self.multiplier,
            2 * self.offset + 1 - (np.int64(1) << self.shift),
            self.shift + 1,
            self.found & fits,
        )

    def where(self, chosen: npt.NDArray[np.bool_], other: Constants) -> Constants:
        """Return these for the chosen outputs, and ``other`` for the rest."""
        return Constants(
            np.where(chosen, self.multiplier, other.multiplier),
            np.where(chosen, self.offset, other.offset),
            np.where(chosen, self.shift, other.shift),
            self.found | other.found,
        )


def shortest(step: Step, changes: Int64Array, least: Int64Array, most: Int64Array) -> Constants:
    """Search the constants with the shortest shift that have given thresholds.

    If code k is reached from accumulator t on, then ``k·2^S - M·t <= C < k·2^S - M·(t - 1)`` must
    hold for every threshold within the reach. For a multiplier M this leaves the offsets C from the
    largest left side up to the smallest right side. Codes count from the zero point. Thresholds
    outside of the reach are left to the bounds.

    Parameters
    ----------
    step : Step
    changes : ndarray of int64, shape (codes, M)
        From `thresholds`.
    least, most : ndarray of int64, shape (M,)
    """
    # Steeper steps pass all codes within one or two accumulators, as the largest multiplier does.
    slope = np.minimum(np.abs(step.slope), MULTIPLIER_MAX)
    sign = np.where(step.slope < 0, -1, 1)
    codes = np.arange(step.lo + 1, step.hi + 1)[:, None] - step.zero_point
    within = inside(step, changes, least, most)
    rows = sample(within)
    sampled, inner = np.take_along_axis(changes, rows, 0), np.take_along_axis(within, rows, 0)
    outputs = changes.shape[1]
    multiplier, offset = np.ones(outputs, np.int64), np.zeros(outputs, np.int64)
    shift = np.zeros(outputs, np.int64)
    found = np.asarray(~within.any(axis=0))
    for bits in range(SHIFT_MAX + 1):
        for near in NEAR:
            todo = np.flatnonzero(~found)
            tried = np.floor(np.ldexp(slope[todo], bits)).astype(np.int64) + near
            usable = (tried >= 1) & (tried <= MULTIPLIER_MAX)
            few = codes[rows[:, todo], 0], sampled[:, todo], inner[:, todo]
            usable &= _offset(np.where(usable, tried, 1), bits, *few)[1]
            todo, tried = todo[usable], tried[usable]
            chosen, good = _offset(tried, bits, codes, changes[:, todo], within[:, todo])
            multiplier[todo[good]], offset[todo[good]] = tried[good], chosen[good]
            shift[todo[good]], found[todo[good]] = bits, True
        if np.ldexp(slope[~found], bits).min(initial=np.inf) > MULTIPLIER_MAX:
            break
    # What follows compares all pairs of thresholds, of which outputs of 16 bits have too many.
    few = within.sum(axis=0) <= TILTED_MAX
    for m in np.flatnonzero(~found & few).tolist():
        # Rarely no multiplier near the slope fits: one that does is computed from all pairs.
        bits = min(int(np.log2(MULTIPLIER_MAX / slope[m])), SHIFT_MAX)
        tilted = _feasible(bits, codes[within[:, m], 0], changes[within[:, m], m])
        if tilted is not None and 1 <= tilted <= MULTIPLIER_MAX:
            one = changes[:, [m]], within[:, [m]]
            chosen, fits = _offset(np.array([tilted]), bits, codes, *one)
            multiplier[m], offset[m], shift[m], found[m] = tilted, chosen[0], bits, fits[0]
    return Constants(sign * multiplier, offset, shift, found)


def sample(within: npt.NDArray[np.bool_]) -> Int64Array:
    """Return the rows of thresholds within the reach, evenly spread, (at most `SAMPLES`, M)."""
    if not len(within):
        return np.zeros(within.shape, np.int64)
    first, count = within.argmax(axis=0), within.sum(axis=0)
    part = np.linspace(0, 1, min(SAMPLES, len(within)))[:, None]
    rows: Int64Array = (first + np.rint(part * np.maximum(count - 1, 0))).astype(np.int64)
    return rows


def nominal(step: Step) -> Constants:
    """Return constants of the step's own slope and intercept, exact where these have few bits.

    They suit the roundings that tell ties apart, which a floor does not: half to even, half away
    from zero.
    """
    slope, intercept = np.minimum(np.abs(step.slope), MULTIPLIER_MAX), step.intercept
    most = np.floor(np.log2(MULTIPLIER_MAX / np.where(slope > 0, slope, 1)))
    # Offsets stay far inside of 64 bits.
    most = np.minimum(most, np.log2(FAR / (np.abs(intercept) + 1)))
    deepest = np.clip(np.floor(most).astype(np.int64), 0, SHIFT_MAX)
    shift = deepest.copy()
    for bits in range(SHIFT_MAX, -1, -1):
        scaled = np.ldexp(slope, bits), np.ldexp(intercept, bits)
        whole = (scaled[0] == np.rint(scaled[0])) & (scaled[1] == np.rint(scaled[1]))
        shift = np.where(whole & (bits <= deepest), bits, shift)
    multiplier = np.maximum(np.rint(np.ldexp(slope, shift)), 1).astype(np.int64)
    offset = np.rint(np.ldexp(intercept, shift)).astype(np.int64)
    sign = np.where(step.slope < 0, -1, 1)
    return Constants(sign * multiplier, offset, shift, np.zeros(len(slope), bool))


def _offset(
    multiplier: Int64Array,
    bits: int,
    codes: Int64Array,
    changes: Int64Array,
    inside: npt.NDArray[np.bool_],
) -> tuple[Int64Array, npt.NDArray[np.bool_]]:
    """Return an offset for each multiplier, half a step if that fits, and whether any fits."""
    scaled = codes << bits
    lowest = np.where(inside, scaled - multiplier * changes, -FAR).max(axis=0, initial=-FAR)
    highest = np.where(inside, scaled - 1 - multiplier * (changes - 1), FAR).min(
        axis=0, initial=FAR
    )
    half = np.int64(1) << bits >> 1
    middle = lowest + (highest - lowest >> 1)
    chosen: Int64Array = np.where((lowest <= half) & (half <= highest), half, middle)
    return chosen, lowest <= highest


def _feasible(bits: int, codes: Int64Array, changes: Int64Array) -> int | None:
    """Return a multiplier for which some offset satisfies every threshold; None if there is none.

    ``M·((t_j - 1) - t_i) <= (k_j - k_i)·2^S - 1`` for every pair of thresholds.
    """
    runs = (changes - 1)[:, None] - changes[None, :]
    rises = (codes[:, None] - codes[None, :] << bits) - 1
    above, below = runs > 0, runs < 0
    most = np.floor_divide(rises[above], runs[above]).min(initial=FAR)
    least = (-np.floor_divide(rises[below], -runs[below])).max(initial=-FAR)
    if least > most or (rises[runs == 0] < 0).any():
        return None
    return int(least + most >> 1)

"""The search for hardware constants whose step has the thresholds of the source's step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from fcgen.network.dense_layer import ThresholdList
from fcgen.network.reference import requantize
from fcgen.numerics.fixed import BIAS_BITS, ROUNDINGS
from fcgen.numerics.requantization import Requantization, offset_limit
from fcgen.numerics.source_step import Int64Array, LikeStep, Step
from fcgen.numerics.thresholds import (
    Constants,
    inside,
    nominal,
    oriented,
    sample,
    shortest,
    thresholds,
)

BIAS_MAX = (1 << (BIAS_BITS - 1)) - 1
TIED = ("half_even", "half_away")
"""Roundings whose treatment of halves depends on the value, not on its fraction alone."""


@dataclass(frozen=True, eq=False)
class SchemeStep(LikeStep):
    """The step of the hardware's constants, with the codes and the direction of the source's.

    Attributes
    ----------
    scheme : Requantization or ThresholdList
    bias : ndarray of int64, shape (M,)
        What the hardware adds to a sum before the step.
    """

    scheme: Requantization | ThresholdList
    bias: Int64Array

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        """See `Step`."""
        # The specification itself, so that what is proven is what is built.
        return requantize(self.scheme, accumulator + self.bias)


@dataclass(frozen=True, eq=False)
class Closest:
    """Constants of the hardware, and the thresholds that they have.

    Attributes
    ----------
    bias : ndarray of int64, shape (M,)
    scheme : Requantization
    changes : ndarray of int64, shape (codes, M)
        Thresholds of ``bias`` and ``scheme`` together.
    apart : ndarray of int64, shape (M,)
        Sum of the distances between these and the source's thresholds.
    """

    bias: Int64Array
    scheme: Requantization
    changes: Int64Array
    apart: Int64Array

    @property
    def wrong(self) -> tuple[int, int]:
        """Number of outputs, and of accumulators, that differ: the order in which to compare."""
        return int((self.apart > 0).sum()), int(self.apart.sum())


@dataclass(frozen=True, eq=False)
class Attempt:
    """Constants to try, in the form that the hardware takes.

    Attributes
    ----------
    rounding : str
    constants : Constants
        Their offset is split into ``bias``, ``rest`` and ``zero_point``.
    bias, rest, zero_point : ndarray of int64, shape (M,)
    """

    rounding: str
    constants: Constants
    bias: Int64Array
    rest: Int64Array
    zero_point: Int64Array


@dataclass(frozen=True, eq=False)
class ConstantSearch:
    """The search for constants whose step equals a source's step, or comes closest.

    Attributes
    ----------
    source : Step
        Of sums without their bias.
    changes : ndarray of int64, shape (codes, M)
        Its thresholds.
    least, most : ndarray of int64, shape (M,)
        Reach of the sums.
    """

    source: Step
    changes: Int64Array
    least: Int64Array
    most: Int64Array

    def closest(self) -> Closest | None:
        """Return constants that differ nowhere, or in the fewest places that were found.

        None where no constants are within the hardware's formats.
        """
        best: Closest | None = None
        for attempt in self._attempts():
            if best is not None and self._misses_as_many(attempt, best):
                continue
            for found in self._bounded(attempt):
                if best is None or found.wrong < best.wrong:
                    best = found
                if not any(best.wrong):
                    return best
        return best

    def _attempts(self) -> Iterator[Attempt]:
        """Yield the constants to try, the cheapest hardware first.

        A floor with an offset of about one half suits most sources. A source that rounds halves to
        even, and meets halves, needs that rounding. Steep outputs need offsets of more than an
        output step. A source that adds its zero point before it rounds has none after the rounding:
        the zero point becomes a part of the offset. Where some outputs meet halves and others need
        searched constants, both are brought into forms for one rounding.
        """
        own = nominal(self.source)
        floors = shortest(self.source, self.changes, self.least, self.most)
        zero_point = self.source.zero_point
        forms = [("floor", floors.completed(own)), *((mode, own) for mode in ROUNDINGS[:3])]
        narrow = [self._attempt(*form, zero_point, wide=False) for form in forms]
        yield from filter(None, narrow)
        for form, tried in zip(forms, narrow, strict=True):
            wider = None if tried else self._attempt(*form, zero_point, wide=True)
            if wider is not None:
                yield wider
        for rounding, zero in product(TIED, (zero_point, 0)):
            # Adding an even number of codes before or after half_even is the same.
            if zero != zero_point and rounding == "half_even" and zero_point % 2 == 0:
                continue
            moved, found = (each.moved(zero_point - zero) for each in (own, floors))
            alone = self._attempt(rounding, moved, zero, wide=True)
            if alone is None:
                continue
            if zero != zero_point:
                yield alone
            halves = found.halves()
            chosen = halves.found & self._missed(alone, *self._sample)
            mixed = self._attempt(rounding, halves.where(chosen, moved), zero, wide=True)
            if mixed is not None and chosen.any():
                yield mixed

    def _attempt(
        self, rounding: str, constants: Constants, zero_point: int, *, wide: bool
    ) -> Attempt | None:
        """Split the offset of constants; return None where the parts do not fit their formats.

        An offset of at most an output step stays. The whole accumulator steps of a larger one
        become a bias. The rest is less than an accumulator step; for steep outputs that can be more
        than an output step, which ``wide`` alone accepts. Where accumulators are so wide that the
        bias does not fit, an even number of codes is first moved into the zero point: being even,
        it moves no tie.
        """
        step = np.int64(1) << constants.shift
        far = np.abs(_whole_steps(constants, constants.offset)) > BIAS_MAX
        output = self.source.output
        least, most = output.minimum - zero_point, output.maximum - zero_point
        codes = 2 * np.clip((constants.offset + step) // (2 * step), -(-least // 2), most // 2)
        codes = np.where(far, codes, 0)
        offset = constants.offset - codes * step
        bias = _whole_steps(constants, offset)
        rest = offset - bias * constants.multiplier
        multiplier = constants.multiplier if wide else np.zeros_like(step)
        legal = np.abs(rest) <= offset_limit(multiplier, constants.shift)
        if not (legal & (np.abs(bias) <= BIAS_MAX) | self._never).all():
            return None
        needed = (~self._never).astype(np.int64)
        zero_points = zero_point + codes * needed
        return Attempt(rounding, constants, bias * needed, rest * needed, zero_points)

    def _bounded(self, attempt: Attempt) -> Iterator[Closest]:
        """Yield constants with bounds that change no output, those shared by all outputs first."""
        ends = self.source(np.stack([self.least, self.most]))
        lo, hi = ends.min(axis=0), ends.max(axis=0)
        every = np.ones_like(lo)
        whole = every * self.source.lo, every * self.source.hi
        step = self._step(attempt, *whole)
        bare = thresholds(step, self.least, self.most, self.changes)
        for bounds in (whole, (every * lo.min(), every * hi.max()), (lo, hi)):
            scheme, found = self._step(attempt, *bounds).scheme, self._clipped(bare, *bounds)
            assert isinstance(scheme, Requantization)
            yield Closest(attempt.bias, scheme, found, np.abs(found - self.changes).sum(axis=0))

    @cached_property
    def _never(self) -> npt.NDArray[np.bool_]:
        """Outputs that are constant over the reach, and need no constants, (M,)."""
        return ~np.asarray(self._within.any(axis=0))

    @cached_property
    def _within(self) -> npt.NDArray[np.bool_]:
        """Which thresholds lie in the reach, (codes, M)."""
        return inside(self.source, self.changes, self.least, self.most)

    @cached_property
    def _constant(self) -> Int64Array:
        """Code of each output at its least accumulator, the only code of constant ones, (M,)."""
        codes: Int64Array = self.source(self.least[None, :])[0]
        return codes

    @cached_property
    def _sample(self) -> tuple[Int64Array, Int64Array]:
        """Codes and thresholds of a sample of each output's thresholds, (S, M) both."""
        rows = sample(self._within)
        return self.source.lo + 1 + rows, np.take_along_axis(self.changes, rows, 0)

    def _misses_as_many(self, attempt: Attempt, best: Closest) -> bool:
        """Return whether at least as many outputs miss a threshold as with the best constants.

        Outputs of 16 bits have so many thresholds that a sample is checked first.
        """
        codes = np.arange(self.source.lo + 1, self.source.hi + 1)[:, None]
        if len(codes) <= len(self._sample[0]):
            return False
        every = np.broadcast_to(codes, self.changes.shape), self.changes
        return any(
            int(self._missed(attempt, *rows).sum()) >= best.wrong[0]
            for rows in (self._sample, every)
        )

    def _missed(
        self, attempt: Attempt, codes: Int64Array, places: Int64Array
    ) -> npt.NDArray[np.bool_]:
        """Return which outputs miss one of the given thresholds of the source, (M,)."""
        step = self._step(attempt, self.source.lo, self.source.hi)
        sign = np.where(self.source.slope < 0, -1, 1)
        first, last = oriented(self.source, self.least, self.most)
        early = (step(sign * (places - 1)) >= codes) & (places > first)
        late = (step(sign * places) < codes) & (places <= last)
        wrong: npt.NDArray[np.bool_] = np.logical_or(early, late)
        return np.asarray(wrong.any(axis=0)) & ~self._never

    def _step(self, attempt: Attempt, lo: Int64Array | int, hi: Int64Array | int) -> SchemeStep:
        """Return the step of constants with bounds."""
        never, constants = self._never, attempt.constants
        scheme = Requantization.make(
            len(never),
            self.source.output,
            multiplier=np.where(never, 1, constants.multiplier),
            offset=attempt.rest,
            shift=np.where(never, 0, constants.shift),
            zero_point=attempt.zero_point,
            lo=np.where(never, self._constant, lo),
            hi=np.where(never, self._constant, hi),
            rounding=attempt.rounding,
        )
        return SchemeStep(self.source, scheme, attempt.bias)

    def _clipped(self, bare: Int64Array, lo: Int64Array, hi: Int64Array) -> Int64Array:
        """Return the thresholds of a step after its codes are clipped to bounds."""
        lo, hi = (np.where(self._never, self._constant, bound) for bound in (lo, hi))
        codes = np.arange(self.source.lo + 1, self.source.hi + 1)[:, None]
        first, last = oriented(self.source, self.least, self.most)
        clipped: Int64Array = np.where(codes <= lo, first, np.where(codes > hi, last + 1, bare))
        return clipped


def _whole_steps(constants: Constants, offset: Int64Array) -> Int64Array:
    """Return the whole accumulator steps of an offset; none of at most an output step."""
    whole: Int64Array = np.floor_divide(offset, constants.multiplier)
    near = np.abs(offset) <= np.int64(1) << constants.shift
    return whole * (~near).astype(np.int64)

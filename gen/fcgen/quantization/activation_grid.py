"""Scales of activations: a power of two for each, chosen over the values that were seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.scales import power_of_two_above

SAMPLES_MAX = 1 << 20
FINER = 4
"""Halvings of the step that covers all values, that are tried: they clip the largest ones."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """``real = scale * (code - zero_point)``.

    Attributes
    ----------
    format : IntegerFormat
    scale : float
        A power of two.
    zero_point : int
    """

    format: IntegerFormat
    scale: float
    zero_point: int

    def coarser(self, doublings: int) -> Grid:
        """Return the grid whose step is 2^``doublings`` times as large."""
        return replace(self, scale=self.scale * 2.0**doublings)

    def codes(self, values: Floats) -> Floats:
        """Return the codes of reals, not clipped."""
        return np.rint(values / self.scale) + self.zero_point

    def saturated(self, values: Floats) -> float:
        """Return the part of the values that the format clips."""
        codes = self.codes(values)
        return float(((codes < self.format.minimum) | (codes > self.format.maximum)).mean())

    def error(self, values: Floats) -> float:
        """Return the mean square of what is lost."""
        codes = np.clip(self.codes(values), self.format.minimum, self.format.maximum)
        return float(np.mean(np.square((codes - self.zero_point) * self.scale - values)))

    def bounds(self, lo: float, hi: float) -> tuple[int, int]:
        """Return the codes of an activation's bounds, inside of the format."""
        low, high = self.format.minimum, self.format.maximum
        ends = np.clip([lo / self.scale, hi / self.scale], -(2.0**40), 2.0**40)
        first, last = (int(np.clip(np.rint(end) + self.zero_point, low, high)) for end in ends)
        return first, last


def sampled(values: Floats) -> Floats:
    """Return values in a row, some of them where they are very many."""
    samples = values.reshape(-1)
    if samples.size > SAMPLES_MAX:
        samples = np.random.default_rng(0).choice(samples, SAMPLES_MAX, replace=False)
    return samples


def choose_grid(
    name: str, values: Floats, form: IntegerFormat, lo: float = -np.inf, hi: float = np.inf
) -> Grid:
    """Choose the step of least mean square error, and the zero point.

    Values of which none is negative use all codes: their zero point is the smallest one.

    Parameters
    ----------
    name : str
        Whose values they are, for messages.
    values : ndarray of floats
    form : IntegerFormat
        Signed.
    lo, hi : float
        Bounds that the values cannot pass.

    Raises
    ------
    InputError
        When values of both signs meet a format of one bit.
    """
    one_sided = lo >= 0 or float(values.min()) >= 0
    if not one_sided and form.bits == 1:
        rule = "one bit is too few for values of both signs"
        raise bad_input(name, form.name, rule, "use at least 2 bits for its activations")
    zero_point = form.minimum if one_sided else 0
    steps = form.maximum - zero_point
    largest = float(np.abs(values).max())
    if largest == 0:
        largest = min(hi, 1.0) if hi > 0 else 1.0
    widest = power_of_two_above(largest / steps)
    samples = sampled(values)
    candidates = [Grid(form, widest / 2**finer, zero_point) for finer in range(FINER + 1)]
    return min(candidates, key=lambda grid: grid.error(samples))

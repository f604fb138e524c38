"""Which points no other one beats in everything, and which of them differ most."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Merits:
    """What a point is judged by.

    Attributes
    ----------
    group : hashable
        Its device: points of different ones are not compared, as their parts are not.
    accuracy : float
        Part of one; 0 of all points where nobody knows it.
    rate : float
        Inferences a second.
    lut, dsp, ram : int
    latency_us : float
    """

    group: Hashable
    accuracy: float
    rate: float
    lut: int
    dsp: int
    ram: int
    latency_us: float

    def gains(self, margin: float = 0.0) -> tuple[float, ...]:
        """Return numbers of which more is better.

        Parameters
        ----------
        margin : float
            How much better than said the clock and the logic may be; the rest is exact.
        """
        more, less = 1 + margin, 1 - margin
        return (
            self.accuracy,
            self.rate * more,
            -self.lut * less,
            -float(self.dsp),
            -float(self.ram),
            -self.latency_us * less,
        )


def front(merits: Sequence[Merits], margin: float = 0.0) -> list[bool]:
    """Say of each point whether no other one of its group dominates it.

    One dominates another that is better in nothing, and worse in something.

    Parameters
    ----------
    merits : sequence of Merits
    margin : float
        Points stay that would not be dominated if they were better by this part.
    """
    kept = [False] * len(merits)
    for group in dict.fromkeys(one.group for one in merits):
        places = [place for place, one in enumerate(merits) if one.group == group]
        plain = np.array([merits[place].gains() for place in places])
        hoped = np.array([merits[place].gains(margin) for place in places])
        for place, own in zip(places, hoped, strict=True):
            kept[place] = not _dominated(own, plain)
    return kept


def _dominated(own: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> bool:
    return bool(((others >= own).all(axis=1) & (others > own).any(axis=1)).any())


def spread(merits: Sequence[Merits], number: int) -> list[int]:
    """Return the places of ``number`` points that are far from each other.

    The fastest first; then always the one that is farthest from all that were taken. Distances
    are those of the logarithms, in parts of the range, and of the accuracies.
    """
    if not merits:
        return []
    rows = np.array([_coordinates(one) for one in merits])
    span = np.ptp(rows, axis=0)
    rows /= np.where(span > 0, span, 1.0)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(o.group for o in merits))}
    groups = np.array([numbers[one.group] for one in merits])
    taken = [max(range(len(merits)), key=lambda place: (merits[place].rate, -place))]
    nearest = np.full(len(merits), np.inf)
    while len(taken) < min(number, len(merits)):
        last = taken[-1]
        apart = np.abs(rows - rows[last]).sum(axis=1) + (groups != groups[last])
        nearest = np.minimum(nearest, apart)
        nearest[taken] = -1.0
        taken.append(int(nearest.argmax()))
    return taken[:number]


def _coordinates(one: Merits) -> tuple[float, ...]:
    costs = (one.lut + 1, one.dsp + 1, one.ram + 1, one.latency_us, one.rate)
    return (one.accuracy, *(log(cost) for cost in costs))

"""Where two step functions of an accumulator differ, range by range.

The output of a layer as a function of its accumulator is a staircase: entries, and the accumulator
from which on each of them holds. The network's staircase is compared with every staircase that the
source may have. Ranges with a constant difference are listed. An accumulator counts once, however
many of the source's staircases differ there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from fcgen.numerics.source_step import Int64Array


@dataclass(frozen=True)
class Difference:
    """Accumulators of an output for which the network and the source differ.

    Attributes
    ----------
    layer : str
    output : int
    first, last : int
        Range of accumulators.
    steps : int
        Output of the network less that of the source, in codes.
    reason : str
    """

    layer: str
    output: int
    first: int
    last: int
    steps: int
    reason: str


@dataclass(frozen=True, eq=False)
class Ranges:
    """Differences of one output for one reason.

    Attributes
    ----------
    layer, reason : str
    output : int
    first, last, steps : ndarray of int64, shape (R,)
        As of `Difference`.
    """

    layer: str
    output: int
    reason: str
    first: Int64Array
    last: Int64Array
    steps: Int64Array

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, place: int) -> Difference:
        ends = int(self.first[place]), int(self.last[place])
        return Difference(self.layer, self.output, *ends, int(self.steps[place]), self.reason)


class Differences(Sequence[Difference]):
    """A sequence of differences, kept as arrays: a layer of 16 bits can have millions.

    Parameters
    ----------
    parts : iterable of Ranges
    """

    def __init__(self, parts: Iterable[Ranges] = ()) -> None:
        self.parts = tuple(part for part in parts if len(part))
        self._ends = np.cumsum([len(part) for part in self.parts], dtype=np.int64)

    @classmethod
    def joined(cls, several: Iterable[Differences]) -> Differences:
        """Return the differences of several layers as one sequence."""
        return cls(part for one in several for part in one.parts)

    @property
    def worst(self) -> int:
        """Largest difference of two codes."""
        return max((int(np.abs(part.steps).max()) for part in self.parts), default=0)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self.parts else 0

    def __iter__(self) -> Iterator[Difference]:
        return (part[place] for part in self.parts for place in range(len(part)))

    @overload
    def __getitem__(self, place: int) -> Difference: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Difference, ...]: ...
    def __getitem__(self, place: int | slice) -> Difference | tuple[Difference, ...]:
        found = range(len(self))[place]
        if isinstance(found, range):
            return tuple(self._one(each) for each in found)
        return self._one(found)

    def _one(self, place: int) -> Difference:
        number = int(np.searchsorted(self._ends, place, side="right"))
        part = self.parts[number]
        return part[place - int(self._ends[number]) + len(part)]


@dataclass(frozen=True, eq=False)
class Staircase:
    """``entries[#{i: changes[m, i] <= accumulator}]`` of every output m.

    Attributes
    ----------
    changes : ndarray of int64, shape (M, E)
        In ascending order, negated for falling outputs, see
        `fcgen.numerics.thresholds.oriented`.
    entries : ndarray of int64, shape (E + 1,)
    """

    changes: Int64Array
    entries: Int64Array

    def events(self, output: int) -> tuple[Int64Array, Int64Array]:
        """Return where an output changes, and by how much."""
        return self.changes[output], np.diff(self.entries)


@dataclass(frozen=True, eq=False)
class Reach:
    """Accumulators that occur, and how to translate them for the list.

    Attributes
    ----------
    first, last : ndarray of int64, shape (M,)
        In the count of a `Staircase`.
    falls : ndarray of bool, shape (M,)
        Outputs whose accumulators are negated.
    bias : ndarray of int64, shape (M,)
        Added to a sum to get the accumulator that is listed.
    """

    first: Int64Array
    last: Int64Array
    falls: np.ndarray
    bias: Int64Array


def compare(
    layer: str,
    own: Staircase,
    sources: Sequence[tuple[Staircase, str]],
    reach: Reach,
) -> tuple[Differences, Int64Array]:
    """List where a layer differs from what its source may give.

    Parameters
    ----------
    layer : str
    own : Staircase
        Of the network.
    sources : sequence of (Staircase, reason)
        The first is the source's own. The others are those that it may have as well; their
        differences are listed where they differ from the first.
    reach : Reach

    Returns
    -------
    Differences
    ndarray of int64, shape (M,)
        How many accumulators of each output are in the list.
    """
    outputs = len(own.changes)
    counted, parts = np.zeros(outputs, np.int64), []
    apart = np.zeros(outputs, bool)
    for other, _ in sources:
        apart |= (own.changes != other.changes).any(axis=1)
        apart |= bool((own.entries != other.entries).any())
    for output in np.flatnonzero(apart).tolist():
        found = [
            _ranges(own, other, sources[0][0] if number else None, output, reach)
            for number, (other, _) in enumerate(sources)
        ]
        ends = (np.concatenate([each[place] for each in found]) for place in (0, 1))
        counted[output] = _united(*ends)
        bias, falls = reach.bias[output], reach.falls[output]
        for (first, last, steps), (_, reason) in zip(found, sources, strict=True):
            first, last = (bias - last, bias - first) if falls else (first + bias, last + bias)
            parts.append(Ranges(layer, output, reason, first, last, steps))
    return Differences(parts), counted


def _ranges(
    own: Staircase, other: Staircase, base: Staircase | None, output: int, reach: Reach
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return the first and the last accumulator of each range, and the difference there.

    With ``base``, only ranges in which ``other`` differs from ``base``.
    """
    places, rises = own.events(output)
    others, falls = other.events(output)
    positions, steps = [places, others], [rises, -falls]
    start = own.entries[0] - other.entries[0]
    aside: Int64Array | None = None
    if base is not None:
        bases, climbs = base.events(output)
        positions.append(bases)
        steps.append(np.zeros_like(climbs))
        aside = np.concatenate([np.zeros_like(rises), -falls, climbs])
    at = np.concatenate(positions)
    order = np.argsort(at, kind="stable")
    at = at[order]
    ends = np.append(at[1:] != at[:-1], True) if len(at) else np.zeros(0, bool)
    values = np.append(start, (start + np.cumsum(np.concatenate(steps)[order]))[ends])
    starts = np.append(reach.first[output], at[ends])
    stops = np.append(at[ends] - 1, reach.last[output])
    starts = np.maximum(starts, reach.first[output])
    stops = np.minimum(stops, reach.last[output])
    kept = (values != 0) & (starts <= stops)
    if base is not None and aside is not None:
        offset = base.entries[0] - other.entries[0]
        kept &= np.append(offset, (offset + np.cumsum(aside[order]))[ends]) != 0
    starts, stops, values = starts[kept], stops[kept], values[kept]
    # Where ``base`` alone changes, or two changes cancel, the range before continues.
    new = np.append(True, (starts[1:] != stops[:-1] + 1) | (values[1:] != values[:-1]))
    new = new[: len(starts)]
    ends = np.append(new[1:], True)[: len(starts)]
    return starts[new], stops[ends], values[new]


def _united(first: Int64Array, last: Int64Array) -> int:
    """Return how many integers lie in at least one of some ranges."""
    order = np.argsort(first, kind="stable")
    first, last = first[order], np.maximum.accumulate(last[order])
    before = np.append(np.iinfo(np.int64).min, last[:-1])[: len(first)]
    return int(np.maximum(last - np.maximum(first, before + 1) + 1, 0).sum())

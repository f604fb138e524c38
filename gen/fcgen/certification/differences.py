"""Where two step functions of an accumulator differ, range by range.

What a layer gives for an accumulator is a staircase: entries, and the accumulators from which on
each of them holds. The network's staircase is compared with every one that the source may have;
ranges in which the difference is constant are listed, and accumulators are counted once, however
many of the source's staircases differ there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from fcgen.numerics.source_step import Int64Array

ROW = np.dtype(
    [
        ("layer", np.uint16),
        ("output", np.uint16),
        ("first", np.int64),
        ("last", np.int64),
        ("steps", np.int32),
        ("reason", np.uint16),
    ]
)
"""A row of `Differences`; the layer and the reason are numbers of names."""


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
        Codes that the network gives more than the source.
    reason : str
    """

    layer: str
    output: int
    first: int
    last: int
    steps: int
    reason: str


class Differences(Sequence[Difference]):
    """Many differences, in a table of 26 bytes each.

    Parameters
    ----------
    layers, reasons : tuple of str
        What the rows' numbers stand for.
    rows : ndarray of `ROW`
    """

    def __init__(
        self,
        layers: tuple[str, ...] = (),
        reasons: tuple[str, ...] = (),
        rows: np.ndarray | None = None,
    ) -> None:
        self.layers, self.reasons = layers, reasons
        self.rows = np.empty(0, ROW) if rows is None else rows

    @classmethod
    def joined(cls, parts: Iterable[Differences]) -> Differences:
        """Return the differences of several layers as one sequence."""
        layers: list[str] = []
        reasons: list[str] = []
        tables = []
        for part in parts:
            rows = part.rows.copy()
            rows["layer"] += len(layers)
            rows["reason"] += len(reasons)
            layers.extend(part.layers)
            reasons.extend(part.reasons)
            tables.append(rows)
        table = np.concatenate(tables) if tables else None
        return cls(tuple(layers), tuple(reasons), table)

    @property
    def worst(self) -> int:
        """Largest difference of two codes."""
        return int(np.abs(self.rows["steps"]).max(initial=0))

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Difference: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Difference, ...]: ...
    def __getitem__(self, place: int | slice) -> Difference | tuple[Difference, ...]:
        if isinstance(place, slice):
            return tuple(self._one(row) for row in self.rows[place])
        return self._one(self.rows[place])

    def __iter__(self) -> Iterator[Difference]:
        return map(self._one, self.rows)

    def _one(self, row: np.void) -> Difference:
        layer, output, first, last, steps, reason = row.item()
        return Difference(self.layers[layer], output, first, last, steps, self.reasons[reason])


@dataclass(frozen=True, eq=False)
class Staircase:
    """``entries[#{i: changes[m, i] <= accumulator}]`` of every output m.

    Attributes
    ----------
    changes : ndarray of int64, shape (M, E)
        In ascending order; counted so that the step behind them rises, see
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
    """Accumulators that occur, and how they are counted.

    Attributes
    ----------
    first, last : ndarray of int64, shape (M,)
        Counted as those of a `Staircase`.
    falls : ndarray of bool, shape (M,)
        Outputs whose accumulators are counted with the opposite sign.
    bias : ndarray of int64, shape (M,)
        What is added to them for a list.
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
        The first is the source's; the others are what it may give as well, and are listed where
        they differ from the first.
    reach : Reach

    Returns
    -------
    Differences
    ndarray of int64, shape (M,)
        How many accumulators of each output are in the list.
    """
    outputs = len(own.changes)
    counted = np.zeros(outputs, np.int64)
    parts: list[tuple[Int64Array, Int64Array, Int64Array, int, int]] = []
    reasons = tuple(dict.fromkeys(reason for _, reason in sources))
    apart = np.zeros(outputs, bool)
    for other, _ in sources:
        apart |= (own.changes != other.changes).any(axis=1)
        apart |= bool((own.entries != other.entries).any())
    for output in np.flatnonzero(apart).tolist():
        found = []
        for number, (other, reason) in enumerate(sources):
            base = sources[0][0] if number else None
            ranges = _ranges(own, other, base, output, reach)
            found.append((*ranges, output, reasons.index(reason)))
        ends = (np.concatenate([each[place] for each in found]) for place in (0, 1))
        counted[output] = _united(*ends)
        parts += found
    return Differences((layer,), reasons, _table(parts, reach)), counted


def _table(
    parts: list[tuple[Int64Array, Int64Array, Int64Array, int, int]], reach: Reach
) -> np.ndarray:
    """Return the rows of ranges: first, last and steps of an output, and the reason."""
    rows = np.empty(sum(len(part[0]) for part in parts), ROW)
    rows["layer"], start = 0, 0
    for first, last, steps, output, reason in parts:
        part = rows[start : (start := start + len(first))]
        part["output"], part["steps"], part["reason"] = output, steps, reason
        ends = (-last, -first) if reach.falls[output] else (first, last)
        part["first"], part["last"] = (end + reach.bias[output] for end in ends)
    return rows


def _ranges(
    own: Staircase, other: Staircase, base: Staircase | None, output: int, reach: Reach
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return the first and the last accumulator of each range, and by how much the two differ.

    With ``base``, the ranges in which ``other`` is not equal to it.
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
    # Where nothing but a third staircase changes, or two changes undo each other, a range goes on.
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

"""The cheapest folding of a network for a latency: an exact optimum over a chain of choices.

A layer's part of the latency depends on its elements, its lanes, and the lanes of the layer behind
it, which it feeds. The layers form a chain, so that partial choices with the same lanes compare by
their cost and their cycles alone. A price for a cycle (a Lagrange multiplier) gives a choice that
is nearly the best and, for every folding, a bound of the cost of all choices that hold it: what
cannot be part of a cheaper one is left out, and what remains is searched whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
PRICES = 40
"""Halvings of the interval in which the price of a cycle lies."""
SLACK = 1e-6
Label = tuple[int, int, tuple[tuple[int, int, int], ...]]
"""Cost, cycles, and the indices of lanes, elements and output lanes of each layer from one on."""


@dataclass(frozen=True, eq=False)
class Stage:
    """Foldings of a layer.

    Attributes
    ----------
    cost : ndarray of int64, shape (S, P)
        Of a choice of lanes and elements.
    cycles : ndarray of int64, shape (S, P, L)
        Its part of the latency, by the lanes that the next layer takes: the next stage's S.
    """

    cost: Array
    cycles: Array


@dataclass(frozen=True)
class Found:
    """The cheapest choice.

    Attributes
    ----------
    cost, cycles : int
    choice : tuple of (int, int, int)
        Indices of lanes, elements and output lanes of each layer.
    """

    cost: int
    cycles: int
    choice: tuple[tuple[int, int, int], ...]


def fastest(stages: Sequence[Stage]) -> Found:
    """Return the choice of the fewest cycles, among equals one of the least cost."""
    return _priced(stages, 0.0, largest=1.0 + sum(int(stage.cost.max()) for stage in stages))


def cheapest_within(stages: Sequence[Stage], limit: int) -> Found | None:
    """Return the choice of the least cost of at most ``limit`` cycles, of these the fastest.

    None where there is none.
    """
    best = fastest(stages)
    if best.cycles > limit:
        return None
    low, high = 0.0, float(sum(int(stage.cost.max()) for stage in stages))
    price, bound = 0.0, -np.inf
    for _ in range(PRICES):
        middle = (low + high) / 2
        found = _priced(stages, middle)
        value = found.cost + middle * (found.cycles - limit)
        if value > bound:
            price, bound = middle, value
        if found.cycles <= limit:
            best = min(best, found, key=lambda each: (each.cost, each.cycles))
            high = middle
        else:
            low = middle
    return _searched(stages, limit, price, best)


def _weights(stages: Sequence[Stage], price: float, unit: float = 1.0) -> list[Floats]:
    if unit != 1.0:
        return [stage.cycles + stage.cost[:, :, None] / unit for stage in stages]
    return [stage.cost[:, :, None] + price * stage.cycles for stage in stages]


def _behind(weights: Sequence[Floats]) -> list[Floats]:
    """Return the least weight from each stage on, by its lanes; the last one is behind the end."""
    least = [np.zeros(weights[-1].shape[2])]
    for weight in reversed(weights):
        least.append((weight + least[-1]).min(axis=(1, 2)))
    return least[::-1]


def _priced(stages: Sequence[Stage], price: float, largest: float = 1.0) -> Found:
    """Return the choice of the least cost and price; with ``largest``, of cycles, then cost."""
    weights = _weights(stages, price, largest)
    behind = _behind(weights)
    lanes, cost, cycles, choice = int(behind[0].argmin()), 0, 0, []
    for stage, weight, rest in zip(stages, weights, behind[1:], strict=True):
        both = weight[lanes] + rest
        pe, out = (int(index) for index in np.unravel_index(both.argmin(), both.shape))
        cost += int(stage.cost[lanes, pe])
        cycles += int(stage.cycles[lanes, pe, out])
        choice.append((lanes, pe, out))
        lanes = out
    return Found(cost, cycles, tuple(choice))


def _searched(stages: Sequence[Stage], limit: int, price: float, best: Found) -> Found:
    """Search all choices that may be as cheap as ``best``."""
    weights = _weights(stages, price)
    behind, ahead = _behind(weights), [np.zeros(len(stages[0].cost))]
    for weight in weights:
        ahead.append((ahead[-1][:, None, None] + weight).min(axis=(0, 1)))
    before = [np.zeros(len(stages[0].cost), np.int64)]
    for stage in stages:
        before.append((before[-1][:, None, None] + stage.cycles).min(axis=(0, 1)))
    most = best.cost + price * limit + SLACK * (1 + best.cost)
    labels: list[list[Label]] = [[(0, 0, ())] for _ in range(stages[-1].cycles.shape[2])]
    for place in range(len(stages) - 1, -1, -1):
        stage, found = stages[place], []
        bound = ahead[place][:, None, None] + weights[place] + behind[place + 1]
        candidates: list[list[Label]] = [[] for _ in stage.cost]
        for lanes, pe, out in np.argwhere(bound <= most).tolist():
            cost, cycles = int(stage.cost[lanes, pe]), int(stage.cycles[lanes, pe, out])
            room = limit - int(before[place][lanes])
            candidates[lanes] += [
                (cost + more, cycles + later, ((lanes, pe, out), *rest))
                for more, later, rest in labels[out]
                if cycles + later <= room
            ]
        for lanes, group in enumerate(candidates):
            least = float(ahead[place][lanes]) - most
            found.append(_undominated(group, price, least))
        labels = found
    everything = min(label for group in labels for label in group)
    return Found(*everything)


def _undominated(labels: list[Label], price: float, least: float) -> list[Label]:
    """Return the labels that none of the others beats in both numbers, and that may be best."""
    kept: list[Label] = []
    for label in sorted(labels):
        if least + label[0] + price * label[1] <= 0 and (not kept or label[1] < kept[-1][1]):
            kept.append(label)
    return kept

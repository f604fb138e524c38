"""The cheapest folding of each layer of a network for a pace, and the best pace for a budget.

A layer of N inputs and M outputs on P elements of S lanes takes ⌈N/S⌉·⌈M/P⌉ cycles a vector on P·S
multipliers. Layers in a chain work at once, so that a network has the pace of its slowest layer,
and for a given pace each layer is chosen by itself: nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from fcgen.errors import CheckError
from fcgen.schedule.folding import ceil_div

Size = tuple[int, int]
"""Inputs and outputs of a layer, or elements and lanes of its folding."""
Cost = Callable[[Sequence[Size]], float]
"""What the foldings of all layers cost together; never less for a faster folding."""


def divisions(number: int) -> Iterator[int]:
    """Give the smallest divisor for each value that ``ceil(number / divisor)`` takes.

    There are about twice the square root of ``number``; every other divisor gives one of these
    values at a higher price.
    """
    divisor = 1
    while True:
        yield divisor
        quotient = ceil_div(number, divisor)
        if quotient == 1:
            return
        divisor = ceil_div(number, quotient - 1)


@lru_cache(maxsize=1 << 16)
def cheapest(inputs: int, outputs: int, cycles: int) -> Size | None:
    """Return the elements and lanes of the layer's cheapest folding of at most ``cycles``.

    The fewest multipliers P·S; among equals the one with the fewest results a cycle, ⌈P/SF⌉, each
    of which takes a requantizer, and then with the fewest lanes, which need no adder tree. None
    where no folding is that fast.
    """
    best: tuple[int, int, int] | None = None
    for simd in divisions(inputs):
        synapse_folds = ceil_div(inputs, simd)
        neuron_folds = cycles // synapse_folds
        if neuron_folds:
            pe = ceil_div(outputs, min(neuron_folds, outputs))
            found = (pe * simd, ceil_div(pe, synapse_folds), simd)
            best = found if best is None else min(best, found)
    return None if best is None else (best[0] // best[2], best[2])


def at_pace(layers: Sequence[Size], cycles: int) -> list[Size] | None:
    """Return the cheapest foldings of all layers of at most ``cycles`` a vector each."""
    found = [cheapest(inputs, outputs, cycles) for inputs, outputs in layers]
    return [size for size in found if size] if all(found) else None


def slowest(layers: Sequence[Size]) -> int:
    """Return the cycles a vector with one multiplier a layer."""
    return max(inputs * outputs for inputs, outputs in layers)


def cycles_of(layers: Sequence[Size], sizes: Sequence[Size]) -> int:
    """Return the cycles a vector of foldings: those of the slowest layer."""
    return max(
        ceil_div(inputs, simd) * ceil_div(outputs, pe)
        for (inputs, outputs), (pe, simd) in zip(layers, sizes, strict=True)
    )


def multipliers(sizes: Sequence[Size]) -> float:
    """Return the multipliers of foldings."""
    return sum(pe * simd for pe, simd in sizes)


def within(layers: Sequence[Size], budget: float, cost: Cost = multipliers) -> list[Size]:
    """Return the fastest foldings that cost at most ``budget``.

    Parameters
    ----------
    layers : sequence of (inputs, outputs)
    budget : float
    cost : callable
        Default the multipliers.

    Raises
    ------
    CheckError
        When one multiplier a layer costs more.
    """
    slow = slowest(layers)
    least = at_pace(layers, slow)
    assert least is not None
    if cost(least) > budget:
        raise CheckError(f"one multiplier a layer costs {cost(least):g} of {budget:g}")
    low, high = 0, slow  # no folding takes 0 cycles; that of `high` is affordable
    while high - low > 1:
        middle = (low + high) // 2
        sizes = at_pace(layers, middle)
        if sizes is not None and cost(sizes) <= budget:
            high = cycles_of(layers, sizes)
        else:
            low = middle
    best = at_pace(layers, high)
    assert best is not None
    return best

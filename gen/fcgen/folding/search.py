"""The cheapest folding of each layer of a network for a pace, and the best pace for a budget.

A layer of N inputs and M outputs on P elements of S lanes takes ⌈N/S⌉·⌈M/P⌉ cycles a vector on P·S
multipliers; a convolution takes as many for each window. Layers in a chain work at once, so that a
network has the pace of its slowest layer, and for a given pace each layer is chosen by itself:
nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import isqrt
from typing import NamedTuple

from fcgen.errors import CheckError
from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import ceil_div

Size = tuple[int, int]
"""Elements and lanes of a folding."""


class MapSize(NamedTuple):
    """What limits the folding of a layer whose inputs are a map.

    Attributes
    ----------
    positions : int
        Windows of a frame.
    channels, pixels : int
        Of the map; a beat has a divisor of the channels.
    depthwise : bool
    """

    positions: int
    channels: int
    pixels: int
    depthwise: bool = False

    def frame_beats(self, lanes: int) -> int:
        """Return the beats of a map."""
        return self.pixels * self.channels // lanes


LayerSize = tuple[int, int] | tuple[int, int, MapSize]
"""Inputs and outputs of a layer, and what its map is where there is one."""
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


def divisors(number: int) -> list[int]:
    """Return all divisors, the smallest first."""
    small = [one for one in range(1, isqrt(number) + 1) if number % one == 0]
    return sorted({*small, *(number // one for one in small)})


def size_of(layer: DenseLayer, before: DenseLayer | None) -> LayerSize:
    """Return what the search needs of a layer and the one before it."""
    window = layer.window
    if window is not None:
        pixels = window.height * window.width
        size = MapSize(window.positions, window.channels, pixels, layer.depthwise)
        return layer.inputs, layer.outputs, size
    if before is not None and before.window is not None:
        return layer.inputs, layer.outputs, MapSize(1, before.outputs, before.positions)
    return layer.inputs, layer.outputs


@lru_cache(maxsize=1 << 16)
def cheapest(inputs: int, outputs: int, cycles: int, size: MapSize | None = None) -> Size | None:
    """Return the elements and lanes of the layer's cheapest folding of at most ``cycles``.

    The fewest multipliers P·S; among equals the one with the fewest results a cycle, ⌈P/SF⌉, each
    of which takes a requantizer, and then with the fewest lanes, which need no adder tree. None
    where no folding is that fast.
    """
    best: tuple[int, int, int] | None = None
    position_cycles = cycles // size.positions if size else cycles
    for simd in divisors(size.channels) if size else divisions(inputs):
        if size and size.frame_beats(simd) > cycles:
            continue
        if size and size.depthwise:
            found = (simd, ceil_div(simd, inputs), 1)
            enough = inputs * (outputs // simd) <= position_cycles
        else:
            synapse_folds = ceil_div(inputs, simd)
            neuron_folds = position_cycles // synapse_folds
            enough = neuron_folds > 0
            pe = ceil_div(outputs, min(max(neuron_folds, 1), outputs))
            found = (pe * simd, ceil_div(pe, synapse_folds), simd)
        if enough:
            best = found if best is None else min(best, found)
    return None if best is None else (best[0] // best[2], best[2])


def at_pace(layers: Sequence[LayerSize], cycles: int) -> list[Size] | None:
    """Return the cheapest foldings of all layers of at most ``cycles`` a vector each."""
    found = [cheapest(layer[0], layer[1], cycles, *layer[2:]) for layer in layers]
    return [size for size in found if size] if all(found) else None


def slowest(layers: Sequence[LayerSize]) -> int:
    """Return the cycles a vector with one multiplier a layer."""
    return cycles_of(layers, [(1, 1)] * len(layers))


def cycles_of(layers: Sequence[LayerSize], sizes: Sequence[Size]) -> int:
    """Return the cycles a vector of foldings: those of the slowest layer."""
    return max(_cycles(layer, *size) for layer, size in zip(layers, sizes, strict=True))


def _cycles(layer: LayerSize, pe: int, simd: int) -> int:
    """Return the cycles of a layer: of all windows, and not less than its map has beats."""
    cycles = ceil_div(layer[0], simd) * ceil_div(layer[1], pe)
    if len(layer) == 2:
        return cycles
    size = layer[2]
    lanes = pe if size.depthwise else simd
    return max(cycles * size.positions, size.frame_beats(lanes))


def multipliers(sizes: Sequence[Size]) -> float:
    """Return the multipliers of foldings."""
    return sum(pe * simd for pe, simd in sizes)


def within(layers: Sequence[LayerSize], budget: float, cost: Cost = multipliers) -> list[Size]:
    """Return the fastest foldings that cost at most ``budget``.

    Parameters
    ----------
    layers : sequence of LayerSize
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

"""Foldings of convolutions: the cheapest for a pace against all that there are."""

from dataclasses import replace

import numpy as np
import pytest

from fcgen.errors import CheckError
from fcgen.folding.choice import Folder, Goal
from fcgen.folding.search import MapSize, at_pace, cheapest, cycles_of, divisors
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.network.network import Network
from fcgen.network.window import Window
from fcgen.numerics.fixed import IntegerFormat

INT8 = IntegerFormat(8, signed=True)
SIZES = [
    (27, 8, MapSize(16, 3, 25)),
    (36, 10, MapSize(9, 4, 100)),
    (9, 12, MapSize(16, 12, 16, True)),
    (96, 5, MapSize(1, 6, 16)),
]


def all_foldings(inputs, outputs, size):
    """Every folding with its multipliers and its cycles."""
    for lanes in divisors(size.channels):
        if size.depthwise:
            yield lanes, 1, max(size.positions * inputs * outputs // lanes, size.frame_beats(lanes))
            continue
        for pe in range(1, outputs + 1):
            cycles = -(-inputs // lanes) * -(-outputs // pe)
            yield pe, lanes, max(size.positions * cycles, size.frame_beats(lanes))


@pytest.mark.parametrize(("inputs", "outputs", "size"), SIZES)
def test_the_cheapest_folding_for_a_pace_has_the_fewest_multipliers(inputs, outputs, size):
    every = list(all_foldings(inputs, outputs, size))
    for cycles in sorted({found[2] + more for found in every for more in (-1, 0)}):
        fast = [pe * simd for pe, simd, taken in every if taken <= cycles]
        found = cheapest(inputs, outputs, cycles, size)
        assert (found is None) == (not fast)
        if found is not None:
            assert found[0] * found[1] == min(fast)
            assert cycles_of([(inputs, outputs, size)], [found]) <= cycles


def network():
    window = Window(6, 6, 2, (3, 3), padding=(1, 1, 1, 1))
    scheme = Requantization.make(4, INT8, multiplier=1, shift=9)
    weight = [[1] * 18] * 4
    first = DenseLayer("a", (18,), np.array(weight), np.array([0] * 4), INT8, INT8, 0, scheme)
    conv = replace(first, window=window)
    point = DenseLayer(
        "b", (144,), np.array([[1] * 144] * 3), np.array([0] * 3), INT8, INT8, 0, None
    )
    return Network("n", (conv, point))


def test_a_pace_is_reached_and_a_dense_layer_behind_takes_whole_pixels():
    folder = Folder(network(), "generic")
    choice = folder.choose(Goal(fps=100e6 / 400))
    assert choice.schedule.initiation_interval <= 400
    conv, dense = choice.schedule.foldings
    assert conv.outputs % conv.output_lanes == 0
    assert conv.output_lanes == dense.simd


def test_a_latency_is_reached():
    folder = Folder(network(), "generic")
    choice = folder.choose(Goal(latency_us=7.0))
    assert folder._latency(choice.schedule) <= 700
    with pytest.raises(CheckError, match=r"--latency-us: 0\.1: no folding found is that fast"):
        folder.choose(Goal(latency_us=0.1))


def test_no_pace_is_faster_than_the_beats_of_a_map():
    assert at_pace([SIZES[0]], 24) is None

"""The search for foldings, held to all foldings that there are."""

from itertools import pairwise, product

import numpy as np
import pytest

from fcgen.errors import CheckError
from fcgen.folding.search import at_pace, cheapest, cycles_of, divisions, multipliers, within
from fcgen.schedule.folding import ceil_div


def every_folding(inputs, outputs):
    return product(range(1, outputs + 1), range(1, inputs + 1))


def all_cycles(inputs, outputs, pe, simd):
    return ceil_div(inputs, simd) * ceil_div(outputs, pe)


def random_layers(seed):
    random = np.random.default_rng(seed)
    sizes = [int(random.integers(1, 14)) for _ in range(int(random.integers(2, 5)))]
    return list(pairwise(sizes))


@pytest.mark.parametrize("number", [1, 2, 3, 7, 12, 97, 784])
def test_divisions_reach_every_quotient_at_the_smallest_divisor(number):
    smallest = {}
    for divisor in range(1, number + 1):
        smallest.setdefault(ceil_div(number, divisor), divisor)
    assert list(divisions(number)) == list(smallest.values())


@pytest.mark.parametrize("seed", range(500))
def test_the_cheapest_foldings_for_a_pace_are_those_of_brute_force(seed):
    layers = random_layers(seed)
    pace = int(np.random.default_rng(seed).integers(1, 60))
    found = at_pace(layers, pace)
    affordable = [
        [pe * simd for pe, simd in every_folding(*layer) if all_cycles(*layer, pe, simd) <= pace]
        for layer in layers
    ]
    assert found is not None
    assert all(affordable)
    assert [pe * simd for pe, simd in found] == [min(costs) for costs in affordable]
    assert cycles_of(layers, found) <= pace


@pytest.mark.parametrize("seed", range(500))
def test_the_best_pace_for_a_budget_is_that_of_brute_force(seed):
    layers = random_layers(seed)
    budget = int(np.random.default_rng(seed).integers(len(layers), 80))
    # The fastest pace, over all multipliers that the layers can share out.
    paces = sorted({all_cycles(*layer, *f) for layer in layers for f in every_folding(*layer)})

    def price(pace):
        costs = [
            min((p * s for p, s in every_folding(*layer) if all_cycles(*layer, p, s) <= pace))
            for layer in layers
        ]
        return sum(costs)

    best = next(pace for pace in paces if price(pace) <= budget)
    found = within(layers, budget)
    assert multipliers(found) <= budget
    assert cycles_of(layers, found) == best


def test_equal_foldings_are_told_apart_by_requantizers_then_by_lanes():
    # 8 → 4 in 8 cycles takes four multipliers: 1 × 4, 2 × 2 or 4 × 1, each with one result a cycle.
    assert cheapest(8, 4, 8) == (4, 1)
    # 2 → 8 in 4 cycles: 4 × 1 gives two results a cycle, and so does 2 × 2 with SF = 1.
    assert cheapest(2, 8, 4) == (4, 1)


def test_a_budget_below_one_multiplier_a_layer_cannot_be_met():
    with pytest.raises(CheckError, match="one multiplier a layer costs 2 of 1"):
        within([(4, 3), (3, 2)], 1)


def test_a_layer_of_one_neuron_with_one_input_takes_a_cycle():
    assert cheapest(1, 1, 1) == (1, 1)
    assert within([(1, 1)], 1) == [(1, 1)]

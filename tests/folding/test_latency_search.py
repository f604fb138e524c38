"""The cheapest folding for a latency: against all that there are."""

import itertools
import time

import numpy as np
import pytest

from fcgen import devices
from fcgen.errors import CheckError
from fcgen.folding.choice import Folder, Goal
from fcgen.folding.latency_search import Stage, cheapest_within, fastest
from fcgen.folding.search import divisions
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.network.network import End
from fcgen.schedule.schedule import Schedule
from network_examples import network


def stages_of(random):
    """Stages of random sizes and numbers."""
    lanes = random.integers(1, 4, int(random.integers(1, 5)) + 1)
    stages = []
    for before, after in itertools.pairwise(lanes.tolist()):
        pe = int(random.integers(1, 4))
        cost = random.integers(1, 30, (before, pe))
        stages.append(Stage(cost, random.integers(1, 40, (before, pe, after))))
    return stages


def every_choice(stages):
    """Cost and cycles of every choice."""
    for lanes in itertools.product(*(range(len(stage.cost)) for stage in stages)):
        for last in range(stages[-1].cycles.shape[2]):
            for pe in itertools.product(*(range(stage.cost.shape[1]) for stage in stages)):
                triples = list(zip(lanes, pe, (*lanes[1:], last), strict=True))
                pairs = list(zip(stages, triples, strict=True))
                yield (
                    sum(int(stage.cost[s, p]) for stage, (s, p, _) in pairs),
                    sum(int(stage.cycles[triple]) for stage, triple in pairs),
                )


@pytest.mark.parametrize("seed", range(20))
def test_the_choice_is_the_best_of_all(seed):
    random = np.random.default_rng(seed)
    for _ in range(20):
        stages = stages_of(random)
        choices = list(every_choice(stages))
        limit = int(random.integers(1, 40 * len(stages) + 1))
        legal = [choice for choice in choices if choice[1] <= limit]
        found = cheapest_within(stages, limit)
        assert (None if found is None else (found.cost, found.cycles)) == min(legal, default=None)
        quick = fastest(stages)
        assert (quick.cycles, quick.cost) == min((cycles, cost) for cost, cycles in choices)


def latency_of(net, schedule):
    mappings = devices.mappings("generic", net, schedule)
    return AcceleratorTiming.of(net, schedule, mappings).latency


@pytest.mark.parametrize("seed", range(6))
def test_a_network_s_folding_is_the_cheapest_of_all(seed):
    random = np.random.default_rng(seed)
    widths = random.integers(1, 9, int(random.integers(2, 4))).tolist()
    net = network(*widths, end=End("argmax") if seed % 3 == 0 else End())
    sizes = [itertools.product(divisions(m), divisions(n)) for n, m in itertools.pairwise(widths)]
    every = [
        (schedule.multipliers, latency_of(net, schedule))
        for pairs in itertools.product(*map(list, sizes))
        for lanes in divisions(widths[-1])
        for schedule in [Schedule.chain(net, pairs, lanes)]
    ]
    for cycles in random.integers(min(cycles for _, cycles in every), 160, 5).tolist():
        choice = Folder(net, "generic").choose(Goal(latency_us=cycles / 100, clock_mhz=100))
        found = choice.schedule.multipliers, latency_of(net, choice.schedule)
        assert found == min(pair for pair in every if pair[1] <= cycles)


def test_ten_layers_take_less_than_a_second():
    net = network(640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
    start = time.process_time()
    choice = Folder(net, "generic").choose(Goal(latency_us=200, clock_mhz=100))
    assert time.process_time() - start < 1
    assert latency_of(net, choice.schedule) <= 20_000


def test_the_choice_says_what_takes_most(capsys):
    net = network(16, 64, 5, names=("wide", "narrow"))
    choice = Folder(net, "generic").choose(Goal(latency_us=3, clock_mhz=100))
    cycles = latency_of(net, choice.schedule)
    assert "the fewest multipliers for a latency of at most 3 us" in choice.lines[0]
    assert f"latency: {cycles} cycles of the 300 that 3 us are at 100 MHz; " in choice.lines[-1]


def test_a_latency_at_a_device_s_own_clock_is_met():
    net = network(16, 64, 32, 5)
    choice = Folder(net, "ecp5-25k").choose(Goal(latency_us=3))
    mappings = devices.mappings("ecp5-25k", net, choice.schedule)
    assert AcceleratorTiming.of(net, choice.schedule, mappings).latency <= 3 * choice.clock_mhz


def test_a_latency_that_nothing_has_is_refused_with_the_least():
    with pytest.raises(CheckError) as caught:
        Folder(network(16, 64, 5), "generic").choose(Goal(latency_us=0.1, clock_mhz=100))
    assert str(caught.value).startswith(
        "--latency-us: 0.1: at 100 MHz that is 10 cycles, and the fastest folding found takes "
    )

from itertools import pairwise

import numpy as np
import pytest

from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.report.windows import windows
from fcgen.schedule.mapping import GENERIC
from fcgen.schedule.schedule import Schedule
from network_examples import network


@pytest.mark.parametrize("seed", range(20))
def test_the_windows_of_a_chain_end_when_its_latency_says(seed):
    random = np.random.default_rng(seed)
    widths = random.integers(1, 40, random.integers(2, 6)).tolist()
    made = network(*widths)
    sizes = tuple(
        (int(random.integers(1, layer.outputs + 1)), int(random.integers(1, layer.inputs + 1)))
        for layer in made.layers
    )
    # A layer gives as many lanes as the next one takes.
    schedule = Schedule.chain(made, tuple((pe, min(simd, 3)) for pe, simd in sizes))
    timing = AcceleratorTiming.of(made, schedule, (GENERIC,) * len(schedule))
    found = windows(timing)
    assert found[0].taking == (0, schedule.foldings[0].synapse_folds)
    assert found[-1].giving == (timing.latency_first, timing.latency + 1)
    for before, after in pairwise(found):
        assert after.taking == before.giving
    for window, folding in zip(found, schedule, strict=True):
        assert window.working[0] == window.taking[1]
        cycles = folding.synapse_folds * folding.neuron_folds
        assert window.working[1] - window.working[0] == cycles
        assert window.giving[1] > window.working[1]

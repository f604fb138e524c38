"""Latencies of many foldings: those of each by itself."""

import numpy as np
import pytest

from fcgen import devices
from fcgen.hardware.layer.latency_table import latencies
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule
from network_examples import dense


@pytest.mark.parametrize("device", ["generic", "ecp5-25k", "ice40-hx8k", "gowin-gw1nr9c"])
@pytest.mark.parametrize("seed", range(6))
def test_every_latency_is_that_of_the_folding(device, seed):
    random = np.random.default_rng(seed)
    inputs, outputs = (int(size) for size in random.integers(1, 90, 2))
    layer = dense(inputs, outputs, raw=seed == 3)
    network = Network("n", (layer,))
    (mapping,) = devices.mappings(device, network, Schedule.chain(network, ((1, 1),)))
    simd = sorted({1, inputs, *random.integers(1, inputs + 1, 3).tolist()})
    pe, lanes = (
        sorted({1, outputs, *random.integers(1, outputs + 1, 3).tolist()}) for _ in range(2)
    )
    found = latencies(layer, mapping, simd, pe, lanes)
    for place, value in np.ndenumerate(found):
        sizes = pe[place[1]], simd[place[0]], lanes[place[2]]
        folding = Folding(inputs, outputs, *sizes, layer.weight_format.bits)
        assert value == LayerTiming.of(layer, folding, mapping).latency, sizes

"""Threshold units, their constants and whole layers that end in thresholds."""

import random

import numpy as np
import pytest

from amaranth_bench import observe, pack
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.hardware.memories.contents import parameter_values
from fcgen.hardware.requantization.requantizer_column import result_plan
from fcgen.hardware.requantization.threshold_unit import ThresholdPlan, ThresholdUnit
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.regression.random_thresholds import random_thresholds
from fcgen.schedule.folding import Folding
from hardware.layer_bench import Phase, beats_of, stream
from random_layers import random_codes, random_format, random_vectors

INT4 = IntegerFormat(4, True)
UINT4 = IntegerFormat(4, False)


def layer_with(scheme, *, bias=None, inputs=2, runtime=False, seed=0, weight=None):
    rng = np.random.default_rng(seed)
    outputs = scheme.outputs
    return DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=random_codes(rng, INT4, (outputs, inputs)) if weight is None else weight,
        bias=rng.integers(-20, 21, outputs) if bias is None else bias,
        weight_format=INT4,
        activation_format=INT4,
        requantization=scheme,
        runtime_weights=runtime,
    )


def contract(scheme, accumulator, m):
    """One output, by the definition."""
    passed = [
        accumulator <= t if scheme.falling[m] else accumulator >= t
        for t in scheme.thresholds[m].tolist()
    ]
    return scheme.lo + sum(passed)


def check_every_sum(layer):
    """Send all sums that the accumulator holds through the unit, for each neuron."""
    plan = ThresholdPlan.of(layer)
    dut, values = ThresholdUnit(plan), parameter_values(layer)
    stimuli, expected = [], []
    for m in range(layer.outputs):
        reach = int(layer.sum_reach[m])
        for total in range(-reach, reach + 1):
            fields = {field.name: int(values[field.name][m]) for field in plan.stored}
            stimuli.append({"accumulator": total, **fields})
            code = contract(layer.requantization, total + int(layer.folded_bias[m]), m)
            expected.append(pack([plan.output.encode(code)], plan.output_bits))
    seen = observe(dut, [*stimuli, *[stimuli[-1]] * dut.latency], ["result"])
    assert [s["result"] for s in seen[dut.latency :]] == expected


@pytest.mark.parametrize("runtime", [False, True])
def test_both_directions_equal_and_unreachable_thresholds_are_exact_for_every_sum(runtime):
    thresholds = np.array(
        [
            [-20, -3, 0, 0, 0, 9, 40],
            [-20, -3, 0, 0, 0, 9, 40],
            [-(1 << 50), -(1 << 50), -1, 2, 1 << 50, 1 << 50, 1 << 50],
            [-(1 << 50), -(1 << 50), -1, 2, 1 << 50, 1 << 50, 1 << 50],
            [1 << 50] * 7,
            [1 << 50] * 7,
        ]
    )
    scheme = ThresholdList(thresholds, np.array([0, 1, 0, 1, 0, 1], bool), -3, INT4)
    layer = layer_with(scheme)
    if runtime:  # the accumulator is as wide as the formats ask for; the sums are those of before
        layer = layer_with(scheme, runtime=True)
        assert all(field.constant is None for field in ThresholdPlan.of(layer).fields)
    check_every_sum(layer)


def test_thresholds_at_the_ends_of_the_accumulator_are_exact():
    # Sums from -64 to 56 of a reach of 64: the accumulator has 8 bits, those of 56 have 7.
    weight = np.array([[-8], [-8], [7], [7]])
    ends = [[-65, -64], [63, 64], [-57, -56], [55, 56]]
    for falling in (False, True):
        directions = np.full(4, falling)
        scheme = ThresholdList(np.array(ends), directions, 0, IntegerFormat(2, False))
        check_every_sum(layer_with(scheme, inputs=1, weight=weight, bias=np.zeros(4, int)))


def test_one_neuron_has_all_its_constants_built_in():
    scheme = ThresholdList(np.array([[-5, 0, 7]]), np.array([True]), 0, IntegerFormat(2, False))
    layer = layer_with(scheme)
    assert ThresholdPlan.of(layer).stored == ()
    check_every_sum(layer)


def test_thresholds_that_all_neurons_have_twice_are_stored_once():
    thresholds = np.array([[-5, -5, 3], [2, 2, 9]])
    scheme = ThresholdList(thresholds, np.array([False, True]), -1, INT4)
    layer = layer_with(scheme)
    assert ThresholdPlan.of(layer).numbers == (2, 3)
    check_every_sum(layer)


@pytest.mark.parametrize("seed", range(12))
def test_random_lists_are_exact_for_every_sum(seed):
    rng = np.random.default_rng(seed)
    plain = layer_with(ThresholdList(np.zeros((3, 1), int), np.zeros(3, bool), 0, INT4), seed=seed)
    check_every_sum(layer_with(random_thresholds(rng, plain), seed=seed))


@pytest.mark.parametrize(
    "shape", [(1, 1, 1, 1, 1), (7, 13, 5, 3, 4), (9, 9, 9, 9, 2), (16, 20, 3, 16, 1)]
)
def test_a_layer_streams_its_codes_with_stalls_and_resets(shape):
    inputs, outputs, pe, simd, lanes = shape
    rng, chance = np.random.default_rng(sum(shape)), random.Random(1)
    activation, weight = random_format(rng), random_format(rng)
    plain = DenseLayer(
        "layer",
        (inputs,),
        random_codes(rng, weight, (outputs, inputs)),
        rng.integers(-99, 100, outputs),
        weight,
        activation,
    )
    scheme = random_thresholds(rng, plain)
    network = DenseLayer(
        **{name: getattr(plain, name) for name in plain.__dataclass_fields__}
        | {"requantization": scheme}
    )
    folding = Folding(inputs, outputs, pe, simd, lanes, weight.bits)
    layer = Layer(network, folding)
    vectors = random_vectors(rng, network, 6)
    beats = beats_of(layer, vectors, chance)
    phases = [
        Phase(beats_of(layer, vectors, chance), 0, cycles=layer.latency + 3),
        Phase(beats, len(vectors), gap=0.3, stall=0.5),
    ]
    records = stream(layer, phases, seed=3)
    bits = (1 << scheme.output.bits) - 1
    expected = scheme.output.encode(forward(network, vectors)) & bits
    assert [[code & bits for code in vector] for vector in records[-1].outputs] == expected.tolist()


def test_the_latency_is_that_of_the_formula():
    scheme = ThresholdList(np.arange(24).reshape(8, 3), np.arange(8) % 2 == 0, 0, UINT4)
    network = layer_with(scheme, inputs=6)
    layer = Layer(network, Folding(6, 8, 2, 2, 1, 4))
    vectors = random_vectors(np.random.default_rng(0), network, 1)
    beats = beats_of(layer, vectors, random.Random(0))
    record = stream(layer, [Phase(beats, 1, idle=layer.timing.flush + 2)])[0]
    assert record.last_out[0] - record.first_in[0] == layer.latency
    assert layer.latency == LayerTiming.of(network, layer.folding).latency


def test_no_multiplier_is_asked_for():
    scheme = ThresholdList(np.zeros((2, 3), int), np.zeros(2, bool), 0, UINT4)
    assert result_plan(layer_with(scheme)).product is None

import numpy as np
import pytest

from amaranth_bench import observe, pack
from big_integers import requantized
from fcgen.hardware.memories.contents import parameter_values
from fcgen.hardware.requantization.requantizer import Requantizer
from fcgen.hardware.requantization.requantizer_plan import RequantizerPlan
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import HALF_OUTWARD, ROUNDINGS, IntegerFormat
from random_layers import random_codes, random_extreme, random_requantization

INT8 = IntegerFormat(8, True)
INT4 = IntegerFormat(4, True)


def layer_with(requantization, rng, *, weight=INT8, activation=INT8, runtime=False, bias=None):
    outputs = requantization.outputs
    return DenseLayer(
        name="layer",
        input_shape=(3,),
        weight=random_codes(rng, weight, (outputs, 3)),
        bias=random_extreme(rng, -(2**31), 2**31 - 1, outputs) if bias is None else bias,
        weight_format=weight,
        activation_format=activation,
        requantization=requantization,
        runtime_weights=runtime,
    )


def check(layer, pairs):
    """Send (neuron, sum) pairs through the requantizer, one a cycle, and compare all results."""
    plan = RequantizerPlan.of(layer)
    dut = Requantizer(plan)
    values = parameter_values(layer)
    stimuli = []
    for neuron, total in pairs:
        row = {"accumulator": total - int(values["bias"][neuron])}
        for field in plan.stored:
            row[field.name] = int(values[field.name][neuron])
        stimuli.append(row)
    seen = observe(dut, [*stimuli, *[stimuli[-1]] * dut.latency], ["result"])
    got = [s["result"] for s in seen[dut.latency :]]
    expected = [
        pack([requantized(layer.requantization, total, neuron)], plan.output_bits)
        for neuron, total in pairs
    ]
    assert got == expected


def edge_sums(layer, neuron, rng, count):
    """Sums of a neuron: extremes, random ones, and those where rounding and clipping change."""
    scheme = layer.requantization
    folded, reach = int(layer.folded_bias[neuron]), int(layer.reach[neuron])
    weight = np.abs(layer.weight[neuron].astype(np.int64)).sum()
    swing = int(weight) * layer.activation_format.magnitude
    if layer.runtime_weights:
        swing = reach - abs(folded)
    low, high = folded - swing, folded + swing
    multiplier, offset, shift = (
        int(getattr(scheme, name)[neuron]) for name in ("multiplier", "offset", "shift")
    )
    sums = [low, high, folded]
    sums += [int(v) for v in rng.integers(low, high, count, endpoint=True)]
    if multiplier:
        for output in rng.integers(scheme.output.minimum, scheme.output.maximum + 1, count):
            middle = ((2 * int(output) + 1) * (1 << shift) // 2 - offset) // multiplier
            sums += [middle - 1, middle, middle + 1]
    return [s for s in sums if low <= s <= high]


def pairs_of(layer, rng, count=6):
    pairs = [
        (neuron, total)
        for neuron in range(layer.outputs)
        for total in edge_sums(layer, neuron, rng, count)
    ]
    rng.shuffle(pairs)
    return [(int(neuron), int(total)) for neuron, total in pairs]


@pytest.mark.parametrize("seed", range(24))
def test_any_legal_constants_give_the_contract(seed):
    rng = np.random.default_rng(seed)
    layer = layer_with(random_requantization(rng, 5), rng)
    check(layer, pairs_of(layer, rng))


@pytest.mark.parametrize("seed", range(8))
def test_one_constant_for_all_neurons_is_built_in_and_gives_the_contract(seed):
    rng = np.random.default_rng(1000 + seed)
    scheme = random_requantization(rng, 1)
    names = ("multiplier", "offset", "shift", "zero_point", "lo", "hi")
    shared = {name: int(getattr(scheme, name)[0]) for name in names}
    shared |= {"multiplier": [1, -1, 5, 2**24 - 1][seed % 4], "shift": [0, 1, 2, 30][seed // 2]}
    shared["offset"] = [0, 1, -(1 << shared["shift"])][seed % 3]
    scheme = Requantization.make(
        4, scheme.output, **shared, rounding=scheme.rounding, saturation=scheme.saturation
    )
    layer = layer_with(scheme, rng)
    assert {f.name for f in RequantizerPlan.of(layer).stored} <= {"bias"}
    check(layer, pairs_of(layer, rng))


@pytest.mark.parametrize("rounding", [*ROUNDINGS, HALF_OUTWARD])
@pytest.mark.parametrize("saturation", ["saturate", "wrap"])
@pytest.mark.parametrize("seed", range(2))
def test_run_time_constants_give_the_contract(rounding, saturation, seed):
    rng = np.random.default_rng(seed)
    scheme = random_requantization(rng, 4)
    scheme = Requantization.make(
        4,
        scheme.output,
        multiplier=scheme.multiplier,
        offset=scheme.offset,
        shift=scheme.shift,
        zero_point=scheme.zero_point,
        rounding=rounding,
        saturation=saturation,
    )
    layer = layer_with(scheme, rng, runtime=True)
    check(layer, pairs_of(layer, rng))


@pytest.mark.parametrize("rounding", [*ROUNDINGS, HALF_OUTWARD])
@pytest.mark.parametrize("shifts", [[0, 1, 2, 3, 4, 5], [2] * 6, [7, 8, 9, 15, 16, 17]])
def test_every_small_sum_is_rounded_right(rounding, shifts):
    rng = np.random.default_rng(7)
    scheme = Requantization.make(6, INT8, shift=shifts, rounding=rounding)
    layer = layer_with(scheme, rng, weight=INT4, activation=INT4, bias=np.arange(-3, 3))
    pairs = []
    for neuron in range(6):
        reach = int(np.abs(layer.weight[neuron].astype(np.int64)).sum()) * 8
        folded = int(layer.folded_bias[neuron])
        pairs += [(neuron, total) for total in range(folded - reach, folded + reach + 1)]
    check(layer, pairs)


def test_the_widest_sum_times_the_widest_multiplier_is_exact():
    int16 = IntegerFormat(16, False)
    scheme = Requantization.make(
        2,
        IntegerFormat(16, True),
        multiplier=[-(2**24), 2**24 - 1],
        shift=[47, 46],
        offset=[2**47, -(2**46)],
    )
    weight = np.full((2, 65_535), 65_535)
    layer = DenseLayer(
        name="layer",
        input_shape=(65_535,),
        weight=weight,
        bias=np.array([2**31 - 1, -(2**31)]),
        weight_format=int16,
        activation_format=int16,
        requantization=scheme,
    )
    high = 65_535**3
    sums = [high, high - 1, high // 2, 1, 0, 12345678901]
    pairs = [(n, s + int(layer.bias[n])) for s in sums for n in (0, 1)]
    check(layer, pairs)


def test_a_raw_layer_adds_the_bias_alone():
    layer = DenseLayer(
        name="layer",
        input_shape=(1,),
        weight=np.array([[7], [-8]]),
        bias=np.array([100, -100]),
        weight_format=INT4,
        activation_format=INT4,
    )
    plan = RequantizerPlan.of(layer)
    dut = Requantizer(plan)
    rows = [{"accumulator": -56, "bias": 100}, {"accumulator": 64, "bias": -100}]
    seen = observe(dut, [*rows, rows[0]], ["result"])
    assert dut.latency == 1
    assert [s["result"] for s in seen[1:]] == [pack([v], plan.output_bits) for v in (44, -36)]

"""Bipolar weights and activations of one bit: layers of every mixture, with gaps and stalls."""

import random

import numpy as np
import pytest

from fcgen import devices
from fcgen.hardware.layer.layer import Layer
from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.network.reference import forward
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.schedule.folding import Folding
from hardware.layer_bench import Phase, beats_of, stream

INT3 = IntegerFormat(3, True)
UINT1 = IntegerFormat(1, False)
INT1 = IntegerFormat(1, True)
SHAPES = [
    # N, M, P, S, L
    (1, 1, 1, 1, 1),
    (7, 5, 2, 3, 1),
    (13, 6, 6, 5, 4),
    (8, 3, 3, 8, 3),
    (11, 4, 1, 4, 2),
]


def network(shape, weight, activation, scheme=None, seed=0):
    inputs, outputs = shape[:2]
    rng = np.random.default_rng(seed)
    return DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=weight.draw(rng, (outputs, inputs)),
        bias=rng.integers(-5, 6, outputs),
        weight_format=weight,
        activation_format=activation,
        requantization=scheme,
    )


def sign(outputs):
    """Bipolar outputs: one threshold each, every other one falling."""
    levels = np.arange(outputs) % 5 - 2
    return ThresholdList(np.stack([levels, levels], 1), np.arange(outputs) % 2 == 1, -1, BIPOLAR)


def vectors_of(layer, count, seed):
    form, rng = layer.activation_format, np.random.default_rng(seed)
    x = form.draw(rng, (count, layer.inputs))
    x[0], x[1:2] = form.minimum, form.maximum
    return x


def stored(layer, vectors):
    return layer.activation_format.encode(vectors)


def outputs_of(made, layer, x, seed):
    chance = random.Random(seed)
    noisy = beats_of(layer, stored(made, x), chance)
    phases = [
        Phase(noisy, 0, cycles=layer.latency + 2),
        Phase(beats_of(layer, stored(made, x), chance), len(x), gap=0.4, stall=0.4),
        Phase(beats_of(layer, stored(made, x), chance), len(x)),
    ]
    return [record.outputs for record in stream(layer, phases, seed)[1:]]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("weight", "activation"),
    [(BIPOLAR, BIPOLAR), (BIPOLAR, INT3), (INT3, BIPOLAR), (BIPOLAR, UINT1), (INT1, BIPOLAR)],
    ids=lambda form: form.name,
)
def test_a_layer_equals_the_reference(shape, weight, activation):
    inputs, outputs, pe, simd, lanes = shape
    made = network(shape, weight, activation, seed=sum(shape))
    layer = Layer(made, Folding(inputs, outputs, pe, simd, lanes, weight.bits))
    x = vectors_of(made, 5, 1)
    expected = forward(made, x).tolist()
    assert outputs_of(made, layer, x, 2) == [expected] * 2


@pytest.mark.parametrize("device", ["generic", "ecp5-25k", "ice40-up5k", "gowin-gw1nr9c"])
def test_bipolar_outputs_leave_as_one_bit_on_every_device(device):
    shape = inputs, outputs, pe, simd, lanes = 11, 7, 3, 4, 2
    made = network(shape, BIPOLAR, BIPOLAR, sign(outputs))
    folding = Folding(inputs, outputs, pe, simd, lanes, 1)
    layer = Layer(made, folding, mapping=devices.mapping(device, made, folding))
    assert len(layer.in_payload) == simd
    assert len(layer.out_payload) == lanes
    x = vectors_of(made, 5, 3)
    expected = BIPOLAR.encode(forward(made, x)).tolist()
    found = outputs_of(made, layer, x, 4)
    decoded = [[[value & 1 for value in vector] for vector in run] for run in found]
    assert decoded == [expected] * 2


def test_a_weight_takes_one_bit_of_memory():
    made = network((9, 6), BIPOLAR, BIPOLAR)
    layer = Layer(made, Folding(9, 6, 2, 3, 1, 1))
    assert {bank.width for banks in layer.memories.weights for bank in banks} == {6}


@pytest.mark.parametrize("activation", [BIPOLAR, INT3])
def test_constants_follow_bipolar_weights_too(activation):
    scheme = Requantization.make(6, INT3, multiplier=3, shift=2, offset=1)
    made = network((10, 6), BIPOLAR, activation, scheme)
    layer = Layer(made, Folding(10, 6, 3, 4, 1, 1))
    x = vectors_of(made, 4, 5)
    assert outputs_of(made, layer, x, 6) == [forward(made, x).tolist()] * 2

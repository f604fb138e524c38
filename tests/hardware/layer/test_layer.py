import random

import numpy as np
import pytest

from fcgen.hardware.layer.layer import Layer
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from framing_model import Framing
from hardware.layer_bench import Phase, beats_of, stream
from random_layers import random_layer, random_requantization, random_vectors

INT8 = IntegerFormat(8, True)
SHAPES = [
    # N, M, P, S, L
    (1, 1, 1, 1, 1),
    (1, 7, 3, 1, 2),
    (7, 1, 1, 3, 1),
    (45, 10, 3, 4, 1),
    (12, 10, 10, 12, 10),
    (7, 13, 5, 3, 4),
    (9, 9, 3, 9, 2),
    (10, 23, 10, 1, 1),
    (16, 20, 8, 16, 3),
    (6, 20, 20, 3, 6),
    (3, 5, 5, 1, 3),
    (17, 31, 16, 1, 1),
    (11, 11, 11, 1, 1),
    (2, 29, 26, 1, 5),
]


def layer_of(shape, seed, network=None):
    inputs, outputs, pe, simd, lanes = shape
    rng = np.random.default_rng(seed)
    network = network or random_layer(rng, inputs, outputs)
    return Layer(network, Folding(inputs, outputs, pe, simd, lanes, network.weight_format.bits))


def int8_layer(shape, seed):
    """A requantised int8 layer of a shape, with constants of its own for every neuron."""
    inputs, outputs = shape[:2]
    rng = np.random.default_rng(seed)
    network = DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=rng.integers(-128, 128, (outputs, inputs)),
        bias=rng.integers(-1000, 1000, outputs),
        weight_format=INT8,
        activation_format=INT8,
        requantization=random_requantization(rng, outputs),
    )
    return layer_of(shape, seed, network)


def expect(layer, vectors):
    return forward(layer.dense, vectors).tolist()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("gap", "stall"), [(0.0, 0.0), (0.3, 0.3), (0.94, 0.0), (0.0, 0.94)])
def test_random_formats_give_the_reference_under_any_stalls(shape, gap, stall):
    layer = layer_of(shape, seed=int(100 * (gap + 2 * stall)) + sum(shape))
    vectors = random_vectors(np.random.default_rng(1), layer.dense, 5)
    beats = beats_of(layer, vectors, random.Random(2))
    record = stream(layer, [Phase(beats, len(vectors), gap, stall)])[0]
    assert record.outputs == expect(layer, vectors)
    assert not record.error


@pytest.mark.parametrize("shape", SHAPES)
def test_steady_state_takes_the_initiation_interval(shape):
    layer = int8_layer(shape, 3)
    vectors = random_vectors(np.random.default_rng(1), layer.dense, 12)
    beats = beats_of(layer, vectors, random.Random(2))
    record = stream(layer, [Phase(beats, len(vectors))])[0]
    assert record.outputs == expect(layer, vectors)
    assert set(record.intervals[-6:]) == {layer.initiation_interval}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_producer_that_is_only_just_fast_enough_costs_no_cycle(shape):
    layer = int8_layer(shape, 4)
    vectors = random_vectors(np.random.default_rng(1), layer.dense, 10)
    beats = beats_of(layer, vectors, random.Random(2))
    period = layer.initiation_interval // layer.folding.synapse_folds
    record = stream(layer, [Phase(beats, len(vectors), period=period)])[0]
    assert record.outputs == expect(layer, vectors)
    assert set(record.intervals[-5:]) == {layer.initiation_interval}


@pytest.mark.parametrize("shape", SHAPES)
def test_latency_is_the_formula(shape):
    layer = int8_layer(shape, 5)
    vectors = random_vectors(np.random.default_rng(1), layer.dense, 1)
    beats = beats_of(layer, vectors, random.Random(2))
    record = stream(layer, [Phase(beats, 1, idle=layer.timing.flush + 2)])[0]
    assert record.last_out[0] - record.first_in[0] == layer.latency
    assert record.first_out[0] - record.first_in[0] == layer.latency_first


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reset_at_any_moment_leaves_nothing_behind(shape):
    layer = int8_layer(shape, 6)
    rng = random.Random(7)
    vectors = random_vectors(np.random.default_rng(1), layer.dense, 4)
    beats = beats_of(layer, vectors, rng)
    span = layer.latency + 2 * layer.initiation_interval
    cut_short = [
        Phase(beats, 0, gap, gap, cycles=rng.randrange(1, span))
        for gap in (0.0, 0.3, 0.0, 0.6, 0.0, 0.0, 0.9, 0.0)
    ]
    phases = [p for cut in cut_short for p in (cut, Phase(beats[: len(beats) // 4], 1))]
    records = stream(layer, phases)
    for record in records[1::2]:
        assert record.outputs == expect(layer, vectors[:1])
        assert not record.error


@pytest.mark.parametrize("shape", [s for s in SHAPES if s[0] > 1])
@pytest.mark.parametrize("seed", range(3))
def test_framing_faults_drop_exactly_the_broken_vectors(shape, seed):
    layer = int8_layer(shape, seed)
    rng = random.Random(seed)
    vectors = random_vectors(np.random.default_rng(seed), layer.dense, 12)
    beats = beats_of(layer, vectors, rng)
    beats += [(0, 0, 0)] * (2 * layer.folding.synapse_folds + 3)
    for place in rng.sample(range(len(beats)), 3):
        payload, first, last = beats[place]
        beats[place] = (payload, first ^ rng.randrange(2), last ^ 1)
    beats += beats_of(layer, vectors[:2], rng)
    model = Framing(layer.folding.synapse_folds)
    for beat in beats:
        model.accept(*beat)
    accepted = np.array([decode(layer, words) for words in model.complete])
    record = stream(layer, [Phase(beats, len(accepted), 0.2, 0.2)])[0]
    assert record.outputs == expect(layer, accepted)
    assert record.error
    assert model.error


def decode(layer, words):
    """Return the inputs that accepted beats carry."""
    kind = layer.dense.activation_format
    bits = layer.folding.simd * kind.bits
    joined = sum(word << (beat * bits) for beat, word in enumerate(words))
    mask = (1 << kind.bits) - 1
    fields = [(joined >> (n * kind.bits)) & mask for n in range(layer.folding.inputs)]
    return [f - (1 << kind.bits) if kind.signed and f >> (kind.bits - 1) else f for f in fields]


@pytest.mark.parametrize(
    ("network", "folding", "message"),
    [
        ((4, 3), (3, 4), "another size"),
        ((4, 3), (4, 3), "another width"),
    ],
)
def test_a_folding_for_another_layer_is_refused(network, folding, message):
    layer = random_layer(np.random.default_rng(0), *network)
    bits = layer.weight_format.bits % 16 + 1
    with pytest.raises(ValueError, match=message):
        Layer(layer, Folding(*folding, weight_bits=bits))

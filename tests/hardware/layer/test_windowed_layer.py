"""Convolutions: layers with a window memory against the reference, in the formula's cycles."""

import numpy as np
import pytest

from amaranth_bench import pack
from fcgen.hardware.layer.layer import Layer
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.network.reference import forward
from fcgen.network.window import Window
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from hardware.layer_bench import Phase, stream

INT8 = IntegerFormat(8, signed=True)
FLUSHED = 30
"""Cycles after which a reset is forgotten."""
CASES = {
    "3x3": (Window(4, 5, 4, (3, 3), padding=(1, 1, 1, 1)), 6, False, (3, 2, 2)),
    "a part of a fold": (Window(3, 4, 2, (2, 2)), 5, False, (2, 2, 1)),
    "stride 2": (Window(5, 6, 2, (3, 3), (2, 2), padding=(1, 1, 0, 1)), 4, False, (4, 1, 2)),
    "1x1": (Window(3, 4, 4, (1, 1)), 6, False, (3, 2, 2)),
    "one cycle a window": (Window(3, 3, 2, (1, 1)), 2, False, (2, 2, 2)),
    "whole map": (Window(3, 4, 2, (3, 4)), 3, False, (1, 1, 1)),
    "one dimension": (Window(1, 9, 2, (1, 4), padding=(0, 0, 1, 2)), 3, False, (1, 2, 3)),
    "depthwise": (Window(4, 4, 4, (3, 3), padding=(1, 1, 1, 1)), 4, True, (2, 1, 1)),
    "depthwise, all at once": (Window(4, 3, 8, (3, 2), (1, 2)), 8, True, (8, 1, 4)),
    "depthwise, one by one": (Window(3, 3, 3, (3, 3)), 3, True, (1, 1, 1)),
}


def layer_of(name, seed=0, zero_point=-128):
    window, outputs, depthwise, sizes = CASES[name]
    random = np.random.default_rng(seed)
    inputs = window.taps * (1 if depthwise else window.channels)
    dense = DenseLayer(
        name="l",
        input_shape=(inputs,),
        weight=random.integers(-128, 128, (outputs, inputs)),
        bias=random.integers(-1000, 1000, outputs),
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=zero_point,
        requantization=Requantization.make(
            outputs, INT8, multiplier=random.integers(1, 9, outputs), shift=10, zero_point=-3
        ),
        window=window,
        depthwise=depthwise,
    )
    return Layer(dense, Folding.of(dense, *sizes))


def beats_of(layer, frames):
    found = []
    for frame in frames:
        words = frame.reshape(-1, layer.folding.input_lanes)
        found += [(pack(word, 8), k == 0, k == len(words) - 1) for k, word in enumerate(words)]
    return found


def frames_of(layer, count, seed=1):
    random = np.random.default_rng(seed)
    frames = random.integers(-128, 128, (count, layer.dense.frame_inputs))
    frames[0] = -128
    frames[-1, ::2] = 127
    return frames


@pytest.mark.parametrize("name", CASES)
def test_a_convolution_gives_the_reference_with_gaps_and_stalls(name):
    layer = layer_of(name)
    frames = frames_of(layer, 3)
    (record,) = stream(layer, [Phase(beats_of(layer, frames), 3, gap=0.3, stall=0.3)])
    assert record.outputs == forward(layer.dense, frames).tolist()
    assert not record.error


@pytest.mark.parametrize("name", CASES)
def test_a_convolution_takes_the_cycles_of_the_formula(name):
    layer = layer_of(name)
    frames = frames_of(layer, 4)
    (record,) = stream(layer, [Phase(beats_of(layer, frames), 4, idle=FLUSHED)])
    assert record.outputs == forward(layer.dense, frames).tolist()
    assert record.first_out[0] - record.first_in[0] == layer.latency_first
    assert record.last_out[0] - record.first_in[0] == layer.latency
    assert record.intervals[1:] == [layer.initiation_interval] * 2


def test_a_reset_in_mid_frame_drops_it():
    layer = layer_of("3x3")
    frames = frames_of(layer, 3)
    beats = beats_of(layer, frames)
    broken, whole = stream(
        layer, [Phase(beats, 3, cycles=90), Phase(beats_of(layer, frames[1:]), 2)]
    )
    assert len(broken.outputs) < 3
    assert whole.outputs == forward(layer.dense, frames[1:]).tolist()


def test_lanes_that_cut_a_pixel_are_refused():
    layer = layer_of("3x3").dense
    with pytest.raises(Exception, match="--simd: 3: a pixel has 4 values, which are whole beats"):
        Folding.of(layer, 3, 3, 2)
    with pytest.raises(Exception, match="--output-lanes: 4: a pixel has 6 values"):
        Folding.of(layer, 3, 2, 4)

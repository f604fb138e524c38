import json

import numpy as np
import pytest

from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding
from fcgen.summary.layer import summarise

INT8 = IntegerFormat(8, signed=True)


def layer(shape: tuple[int, ...], outputs: int, **options) -> DenseLayer:
    formats = {f"{kind}_format": INT8 for kind in ("weight", "activation", "output")}
    return make_layer(shape, outputs, **{**formats, **options})[0]


@pytest.mark.parametrize(
    ("inputs", "outputs", "parameters"), [(1024, 100, 102_500), (800, 500, 400_500), (1, 1, 2)]
)
def test_parameters_are_counted_as_keras_counts_them(inputs, outputs, parameters):
    summary = summarise(layer((inputs,), outputs), Folding(inputs, outputs))
    assert summary.as_dict()["parameters"] == parameters
    assert f"│ {parameters:>7,} │" in str(summary)


def test_the_table_names_the_layer_its_shapes_and_its_work():
    lines = summarise(layer((5, 3, 3), 10, name="edges"), Folding(45, 10)).lines()
    assert [cell.strip() for cell in lines[1].strip("┃").split("┃")] == [
        "Layer (type)",
        "Input shape",
        "Output shape",
        "Param #",
        "MACs",
    ]
    cells = [cell.strip() for cell in lines[3].strip("│").split("│")]
    assert cells == ["edges (Dense)", "(5, 3, 3)", "(10)", "460", "450"]


def test_all_lines_of_the_table_are_equally_long():
    lines = summarise(layer((1000,), 3), Folding(1000, 3)).lines()
    assert len({len(line) for line in lines[:5]}) == 1


def test_the_folding_of_a_size_that_does_not_divide_is_rounded_up():
    values = summarise(layer((45,), 10), Folding(45, 10, pe=3, simd=7)).as_dict()
    assert (values["neuron_folds"], values["synapse_folds"]) == (4, 7)
    assert (values["initiation_interval"], values["weight_words"]) == (28, 28)
    assert values["weight_word_bits"] == 3 * 7 * 8


def test_the_output_side_may_set_the_initiation_interval():
    values = summarise(layer((4,), 100), Folding(4, 100, pe=100, simd=4)).as_dict()
    assert values["initiation_interval"] == 100


def test_the_latencies_are_those_of_the_hardware():
    dense, folding = layer((45,), 10), Folding(45, 10, pe=3, simd=7)
    summary, timing = summarise(dense, folding), LayerTiming.of(dense, folding)
    assert (summary.latency, summary.latency_first) == (timing.latency, timing.latency_first)
    assert 0 < summary.latency_first < summary.latency


def test_whoever_knows_the_latencies_is_believed():
    class Known:
        latency, latency_first = 77, 33

    lines = str(summarise(layer((4,), 3), Folding(4, 3), Known()))
    assert "77 cycles to the last output, 33 to the first" in lines


def test_the_accumulator_is_as_wide_as_the_weights_need():
    weight = np.array([[127, -128]], np.int8)
    dense = DenseLayer("layer", (2,), weight, np.array([0]), INT8, INT8)
    values = summarise(dense, Folding(2, 1)).as_dict()
    assert values["accumulator_width"] == (255 * 128).bit_length() + 1
    assert values["output_format"] == "int16"


def test_a_raw_layer_says_that_nothing_is_requantized():
    text = str(summarise(layer((4,), 3, raw=True), Folding(4, 3)))
    assert "Requantization       none: raw accumulators leave the layer" in text


def test_the_rounding_is_named():
    text = str(summarise(layer((4,), 3, rounding="floor"), Folding(4, 3)))
    assert "round floor, saturate" in text


def test_runtime_weights_are_named():
    text = str(summarise(layer((4,), 3, runtime_weights=True), Folding(4, 3)))
    assert "12 words of 8 bits, writable at run time" in text


def test_one_of_a_thing_is_not_many():
    text = str(summarise(layer((1,), 1), Folding(1, 1)))
    assert "1 cycle a vector" in text
    assert "1 word of 8 bits" in text
    assert "1 beat of 1 lane a vector" in text


def test_the_dictionary_is_plain_json():
    values = summarise(layer((5, 3, 3), 10), Folding(45, 10)).as_dict()
    assert json.loads(json.dumps(values)) == values

"""Activations as tables: what the quantiser chooses, loses and claims, and the twin of it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import onnxruntime
import pytest

import fcgen
from fcgen.errors import InputError
from fcgen.load.model import Activation, FloatLayer, Model
from fcgen.network.reference import run, trace
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.activation_grid import Grid
from fcgen.quantization.export_onnx import CODES, VALUES, export_onnx
from fcgen.quantization.float32_claim import claims
from fcgen.quantization.model import quantize
from fcgen.quantization.options import QuantizeOptions
from fcgen.quantization.table_choice import choose_table, index_bits, output_grid
from network_examples import INT8
from onnx_examples import mlp, save

FUNCTIONS = {
    "sigmoid": Activation("sigmoid"),
    "tanh": Activation("tanh"),
    "leaky_relu": Activation("leaky_relu", slope=0.125),
}
KINDS = pytest.mark.parametrize("kind", FUNCTIONS)


def layer(kind, inputs=4, outputs=3, name="fc", seed=0, **fields):
    random = np.random.default_rng(seed)
    weight = random.normal(0, inputs**-0.5, (outputs, inputs))
    activation = Activation(kind, **fields) if fields else FUNCTIONS[kind]
    return FloatLayer(name, weight, random.normal(0, 0.3, outputs), activation)


def model(kind, *widths, seed=0):
    layers = [
        layer(kind, inputs, outputs, f"fc{n}", seed=seed + n)
        for n, (inputs, outputs) in enumerate(pairwise(widths), 1)
    ]
    last = FloatLayer(layers[-1].name, layers[-1].weight, layers[-1].bias)
    return Model("net", "made", "x", (widths[0],), (*layers[:-1], last))


def data(vectors=400, inputs=20, seed=1):
    return np.random.default_rng(seed).normal(0, 2, (vectors, inputs))


@KINDS
def test_outputs_of_a_table_are_those_of_the_function_within_the_stated_error(kind):
    given = model(kind, 20, 30, 10)
    made = quantize(given, data())
    (table, _), report = (layer.table for layer in made.network.layers), made.layers[0]
    network, scale, zero = made.network, made.scales[1], made.zero_points[1]
    codes = trace(network, network.quantize(data())[0])[0]
    # The same sums as the hardware has: what is left is the table's own error.
    first = network.layers[0]
    sums = (codes_in(network) - first.input_zero_point) @ first.weight.T.astype(float) + first.bias
    factors = first.requantization.multiplier * 0.5**first.requantization.shift
    wanted = FUNCTIONS[kind](sums * factors * made.index_scales[0]) / scale + zero
    wanted = np.clip(wanted, table.output.minimum, table.output.maximum)
    inside = np.abs(sums * factors) < table.index.maximum
    assert np.abs(codes - wanted)[inside].max() <= report.table_error + 0.02
    assert 0.5 <= report.table_error < 1


def codes_in(network):
    return network.quantize(data())[0]


@KINDS
def test_eight_bits_of_a_network_of_tables_lose_little(kind):
    given, x = model(kind, 20, 40, 30, 10), data(1000, seed=2)
    network = quantize(given, data()).network
    found = network.output(run(network, network.quantize(x)[0]))
    real = given.forward(x)
    assert np.sqrt(np.mean((found - real) ** 2)) < 0.05 * real.std()


@KINDS
def test_more_bits_of_the_index_are_nearer_to_the_function(kind):
    given = model(kind, 20, 30, 10)
    errors = [
        quantize(given, data(), QuantizeOptions(table_bits=bits)).layers[0].table_error
        for bits in (4, 6, 12)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.7 < 3 < errors[0]


def test_an_index_has_two_bits_more_than_the_outputs_and_never_more_than_twelve():
    assert [index_bits(bits) for bits in (1, 8, 10, 11, 16)] == [3, 10, 12, 12, 12]
    made = quantize(model("tanh", 20, 8, 4), data(), QuantizeOptions((8,), (8, 16)))
    assert made.network.layers[0].table.index == IntegerFormat(12, True)
    assert made.network.layers[0].table.output == IntegerFormat(16, True)


@pytest.mark.parametrize(
    ("kind", "fields", "scale", "zero_point"),
    [
        ("sigmoid", {}, 2.0**-8, -128),
        ("tanh", {}, 2.0**-7, 0),
        ("tanh", {"lo": 0.0}, 2.0**-8, -128),
        ("sigmoid", {"hi": 0.25}, 2.0**-10, -128),
    ],
)
def test_outputs_have_the_grid_of_the_range_of_the_function(kind, fields, scale, zero_point):
    small = np.array([0.01, 0.02])  # data that use a small part of it
    assert output_grid(layer(kind, **fields), small, INT8) == Grid(INT8, scale, zero_point)


def test_an_output_of_a_bit_cannot_have_both_signs():
    with pytest.raises(InputError, match="fc: int1: one bit is too few for values of both signs"):
        output_grid(layer("tanh"), np.zeros(3), IntegerFormat(1, True))
    assert output_grid(layer("sigmoid"), np.zeros(3), IntegerFormat(1, True)).scale == 0.5


def test_every_entry_is_the_output_nearest_to_the_function():
    output = Grid(INT8, 2.0**-8, -128)
    chosen = choose_table(layer("sigmoid"), np.linspace(-4, 4, 999), output, 6, 0.0)
    codes = np.arange(-32, 32)
    reals = 1 / (1 + np.exp(-codes * chosen.index.scale))
    assert np.array_equal(chosen.table.entries, np.clip(np.rint(reals * 256) - 128, -128, 127))
    assert (chosen.table.name, chosen.table.index.bits) == ("sigmoid", 6)


def test_sums_that_the_function_flattens_are_cut_off_and_others_are_not():
    output = Grid(INT8, 2.0**-7, 0)
    sums = np.concatenate([np.linspace(-3, 3, 999), [-300.0, 300.0]])
    assert choose_table(layer("tanh"), sums, output, 8, 0.0).index.scale <= 2.0**-5
    straight = choose_table(layer("leaky_relu"), sums, Grid(INT8, 4.0, 0), 8, 0.0)
    assert straight.index.scale >= 2.0


def test_a_step_of_the_index_is_no_smaller_than_the_weights_allow():
    output = Grid(INT8, 2.0**-7, 0)
    chosen = choose_table(layer("tanh"), np.linspace(-1, 1, 99), output, 8, 0.3)
    assert chosen.index.scale == 0.5
    tiny = quantize(model("tanh", 20, 8, 4), np.full((3, 20), 1e-9) * [[0], [1], [-1]])
    assert tiny.network.layers[0].table is not None


def test_a_function_that_stays_in_its_range_saturates_nothing():
    made = quantize(model("sigmoid", 20, 30, 10), 10 * data())
    assert made.layers[0].saturated == 0
    assert not any("fc1" in note and "saturate" in note for note in made.notes)


def test_a_table_and_its_error_are_told():
    made = quantize(model("sigmoid", 20, 30, 10), data())
    notes = [note for note in made.notes if note.startswith("fc1: ")]
    error = f"{made.layers[0].table_error:.2g}"
    told = "fc1: sigmoid from a table of 1,024 entries, int10 -> int8, at most"
    assert notes == [f"{told} {error} output steps off"]
    assert made.layers[1].table_error is None


@pytest.mark.parametrize("bits", [None, 6, 8, 12])
@KINDS
def test_onnxruntime_gives_the_same_integers_on_the_twin_of_a_network_of_tables(
    kind, bits, tmp_path
):
    made = quantize(model(kind, 20, 40, 30, 10), data(), QuantizeOptions(table_bits=bits))
    assert export_onnx(made, "x", tmp_path / "twin.onnx") == ()
    session = onnxruntime.InferenceSession(str(tmp_path / "twin.onnx"))
    x = data(3000, seed=3).astype(np.float32)
    values, codes = session.run([VALUES, CODES], {"x": x})
    outputs = run(made.network, made.network.quantize(x)[0])
    assert np.array_equal(codes, outputs)
    assert np.array_equal(values, made.network.output(outputs))


def test_an_index_is_claimed_only_where_float32_holds_its_products():
    made = quantize(model("tanh", 20, 8, 4), data()).network.layers[0]
    assert claims(made)
    for shift, claimed in ((15, True), (16, False)):
        scheme = replace(made.requantization, shift=np.full(8, shift))
        assert claims(replace(made, requantization=scheme)) is claimed


@pytest.mark.parametrize("bits", [1, 13])
def test_an_index_of_other_widths_is_refused(bits):
    with pytest.raises(InputError, match=f"--table-bits: {bits}: must be from 2 to 12 bits"):
        QuantizeOptions(table_bits=bits)


def test_the_clips_around_a_function_are_in_its_table(tmp_path):
    loaded = fcgen.load(save(mlp(20, 9, 4, activation="Tanh"), tmp_path / "m.onnx"))
    assert loaded.layers[0].activation == Activation("tanh")
    clipped = layer("tanh", 20, lo=-0.5, hi=0.25)
    made = quantize(Model("net", "made", "x", (20,), (clipped,)), data())
    reals = (made.network.layers[0].table.entries - made.zero_points[1]) * made.scales[1]
    assert (reals.min(), reals.max()) == (-0.5, 0.25)

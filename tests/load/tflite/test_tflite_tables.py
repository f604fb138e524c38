"""Functions between the layers of TFLite files: every code is LiteRT's."""

import numpy as np
import pytest

from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.load.tflite.unary import NAMES, Scaled, function_entries
from fcgen.network.reference import run
from tflite_examples import FLOAT, INT8, KERNELS, UINT8, Builder, litert, litert_outputs, schema

CODES = np.arange(-128, 128)
FIXED = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}


def grids(kind, seed):
    """Scales and zero points on both sides, of very different sizes."""
    random = np.random.default_rng(seed)
    scales = np.exp(random.uniform(np.log(0.002), np.log(0.3), 2)).astype(np.float32)
    zeros = random.integers(-128, 128, 2)
    after = FIXED.get(kind, (scales[1], int(zeros[1])))
    return Scaled(scales[0], int(zeros[0]), np.float32(after[0]), after[1])


def unary(made, kind, head, output, slope=0.0):
    options, table_of = None, 0
    if kind == "LEAKY_RELU":
        options, table_of = schema.LeakyReluOptionsT(), schema.BuiltinOptions.LeakyReluOptions
        options.alpha = slope
    version = 1 if kind == "RELU_N1_TO_1" else 2
    made.operator(getattr(schema.BuiltinOperator, kind), [head], output, table_of, options, version)
    return output


def dense(made, name, head, weight, scale, after):
    """Add a fully connected layer without a bias; return its output."""
    w = made.tensor(f"w{name}", weight.shape, INT8, [scale], [0], weight.astype(np.int8))
    y = made.tensor(name, (1, len(weight)), INT8, [after[0]], [after[1]])
    kind = schema.BuiltinOptions.FullyConnectedOptions
    code = schema.BuiltinOperator.FULLY_CONNECTED
    made.operator(code, [head, w, -1], y, kind, schema.FullyConnectedOptionsT(), 4)
    return y


def network(kind, seed, *, behind=True, slope=0.1, tail=()):
    """A layer that gives the codes that it takes, a function of them, and a layer behind it."""
    made, both = Builder(), grids(kind, seed)
    before, after = (
        ([both.scale], [both.zero_point]),
        ([both.output_scale], [both.output_zero_point]),
    )
    entry = made.tensor("x", (1, 1), INT8, *before)
    same = (both.scale, both.zero_point)
    head = dense(made, "first", entry, np.ones((1, 1)), 1.0, same)
    head = unary(made, kind, head, made.tensor("y", (1, 1), INT8, *after), slope)
    if behind:
        weight = np.random.default_rng(seed).integers(-127, 128, (5, 1))
        head = dense(made, "last", head, weight, 0.02, (0.03, 4))
    for number, word in enumerate(tail):
        words = ((1 / 256,), (-128,)) if word != "DEQUANTIZE" else ((), ())
        y = made.tensor(f"t{number}", (1, 5), INT8 if words[0] else FLOAT, *words)
        head = unary(made, word, head, y)
    return made.build(entry, head)


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("target", KERNELS)
def test_every_code_is_litert_s(kind, target):
    slopes = np.random.default_rng(1).uniform(-0.6, 0.9, 12)
    for seed, slope in enumerate(slopes):
        both = grids(kind, seed)
        made = Builder()
        entry = made.tensor("x", (1, 256), INT8, [both.scale], [both.zero_point])
        y = made.tensor("y", (1, 256), INT8, [both.output_scale], [both.output_zero_point])
        content = made.build(entry, unary(made, kind, entry, y, float(slope)))
        entries, orders = function_entries(kind, both, float(slope), target == "litert-xnnpack")
        assert orders == ()
        assert np.array_equal(entries, litert(content, CODES[None], target)[0])


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("kind", ["RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("scale", [4.0, 0.8, 2 / 7, 12 / 61, 12 / 75])
def test_bounds_that_are_ties_are_litert_s(target, kind, scale):
    made = Builder()
    entry = made.tensor("x", (1, 256), INT8, [scale], [-2])
    y = made.tensor("y", (1, 256), INT8, [scale], [-2])
    content = made.build(entry, unary(made, kind, entry, y))
    both = Scaled(np.float32(scale), -2, np.float32(scale), -2)
    entries, _ = function_entries(kind, both, 1.0, target == "litert-xnnpack")
    assert np.array_equal(entries, litert(content, CODES[None], target)[0])


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("kind", ["RELU", "LEAKY_RELU", "QUANTIZE"])
def test_products_that_are_halves_in_float32_or_nearly_so_are_litert_s(target, kind):
    random = np.random.default_rng(0)
    for number in range(40):
        slope = float(np.float32(random.choice([0.1, 0.3, -0.7])))
        scale = np.float32(np.exp(random.uniform(-5, 0)))
        steps = (int(random.integers(0, 60)) + 0.5) / int(random.integers(3, 100))
        if kind == "LEAKY_RELU" and number % 2:
            steps /= abs(slope)
        both = Scaled(scale, 9, np.float32(float(scale) / steps), -20)
        made = Builder()
        entry = made.tensor("x", (1, 256), INT8, [both.scale], [both.zero_point])
        y = made.tensor("y", (1, 256), INT8, [both.output_scale], [both.output_zero_point])
        content = made.build(entry, unary(made, kind, entry, y, slope))
        entries, _ = function_entries(kind, both, slope, target == "litert-xnnpack", elements=256)
        assert np.array_equal(entries, litert(content, CODES[None], target)[0])


def requantised(scale, size, zero=0):
    """A QUANTIZE of ``size`` int8 codes to uint8 ones of 1, and its grids."""
    made = Builder()
    entry = made.tensor("x", (1, size), INT8, [scale], [zero])
    y = made.tensor("y", (1, size), UINT8, [1.0], [128])
    both = Scaled(np.float32(scale), zero, np.float32(1), 0)
    return made.build(entry, unary(made, "QUANTIZE", entry, y)), both


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("scale", [2.0**-3, 2.0**-9, 0.3, 3.7])
@pytest.mark.parametrize("size", [1, 16])
def test_every_code_of_another_type_is_litert_s_alone_and_in_blocks(target, scale, size):
    content, both = requantised(scale, size, 20)
    entries, orders = function_entries(
        "QUANTIZE", both, 1.0, target == "litert-xnnpack", typed=True, elements=size
    )
    assert orders == ()
    x = np.repeat(CODES, size)[: 256 * size].reshape(256, size)
    found = litert_outputs(content, x, target, single=True)[0].astype(int) - 128
    assert np.array_equal(found, np.broadcast_to(entries[:, None], found.shape))


def test_codes_that_depend_on_their_place_are_refused(tmp_path):
    made = Builder()
    entry = made.tensor("x", (1, 1), INT8, [0.5], [0])
    head = dense(made, "first", entry, np.ones((20, 1)), 1.0, (0.125, 0))
    y = made.tensor("y", (1, 20), UINT8, [1.0], [128])
    path = tmp_path / "m.tflite"
    path.write_bytes(made.build(entry, unary(made, "QUANTIZE", head, y)))
    assert load_model(path).layers[0].table is not None
    with pytest.raises(InputError) as caught:
        load_model(path, "litert-xnnpack")
    assert str(caught.value) == (
        f"{path}: operator 1: QUANTIZE: LiteRT rounds codes behind the last whole 16 in another "
        "way; use --target litert-reference"
    )


def test_a_falling_slope_is_rounded_by_its_magnitude():
    both = Scaled(np.float32(2.0**-8), 127, np.float32(1), 0)
    entries, _ = function_entries("LEAKY_RELU", both, -4.0, False)
    # -223 codes are 3.484: not first 3.5 and then 4.
    assert entries[-223 + 127 + 128] == 3


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("behind", [False, True])
def test_a_network_gives_litert_s_integers(kind, target, behind, tmp_path):
    if kind == "LOGISTIC" and not behind:
        pytest.skip("a logistic function at the end is left to the host")
    content = network(kind, 3, behind=behind)
    (tmp_path / "m.tflite").write_bytes(content)
    model = load_model(tmp_path / "m.tflite", target)
    made, certificate = certify(model)
    expected = litert(content, CODES[:, None], target)
    assert certificate.layers[0].exact.all()
    assert np.array_equal(model.trace(CODES[:, None])[-1], expected)
    if certificate.exact:
        assert np.array_equal(run(made, CODES[:, None]), expected)


def test_a_relu_of_the_same_grid_is_no_table(tmp_path):
    made = Builder()
    grid = ([0.05], [-3])
    entry = made.tensor("x", (1, 1), INT8, *grid)
    head = dense(made, "first", entry, np.ones((1, 1)), 1.0, (0.05, -3))
    head = unary(made, "RELU", head, made.tensor("y", (1, 1), INT8, *grid))
    (tmp_path / "m.tflite").write_bytes(made.build(entry, head))
    (layer,) = load_model(tmp_path / "m.tflite").layers
    assert (layer.table, layer.step.lo, layer.step.hi) == (None, -3, 127)


@pytest.mark.parametrize(
    ("tail", "word"),
    [
        (("SOFTMAX",), "softmax"),
        (("LOGISTIC",), "sigmoid"),
        (("SOFTMAX", "DEQUANTIZE"), "softmax"),
        (("LOGISTIC", "QUANTIZE"), "sigmoid"),
        (("DEQUANTIZE",), ""),
    ],
)
def test_the_end_of_a_classifier_is_left_to_the_host(tail, word, tmp_path):
    (tmp_path / "m.tflite").write_bytes(network("TANH", 0, tail=tail))
    model = load_model(tmp_path / "m.tflite")
    assert model.tail.kind == word
    assert [node.became for node in model.nodes[-len(tail) :]] == ["after the last layer"] * len(
        tail
    )
    assert [layer.table.name if layer.table else "" for layer in model.layers] == ["tanh", ""]


def test_a_function_before_the_first_layer_is_refused(tmp_path):
    made = Builder()
    entry = made.tensor("x", (1, 2), INT8, [0.1], [0])
    head = unary(made, "TANH", entry, made.tensor("y", (1, 2), INT8, [1 / 128], [0]))
    head = dense(made, "last", head, np.ones((1, 2)), 1.0, (0.1, 0))
    path = tmp_path / "m.tflite"
    path.write_bytes(made.build(entry, head))
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert str(caught.value) == (
        f"{path}: operator 0: TANH: is not supported in a network of dense layers and "
        "convolutions; remove it, or replace it by such layers"
    )

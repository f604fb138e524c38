"""TFLite models: the network's integers are those of LiteRT."""

import contextlib

import numpy as np
import pytest

import fcgen
from fcgen.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.reference import run
from shared_models import case as shared_case
from shared_models import model as shared
from tflite_examples import INT8, KERNELS, OPERATORS, UINT8, Builder, litert, mlp, schema


def save(content, folder, name="net.tflite"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("per_channel", [False, True])
def test_the_source_model_gives_litert_s_integers(seed, target, per_channel, tmp_path):
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 80, 4)]
    content = mlp(*widths, seed=seed, per_channel=per_channel, activation=seed % 4)
    model = load_model(save(content, tmp_path), target)
    x = random.integers(-128, 128, (2000, widths[0]))
    assert np.array_equal(model.trace(x)[-1], litert(content, x, target))


@pytest.mark.parametrize("seed", range(10))
def test_a_certified_network_gives_litert_s_integers(seed, tmp_path):
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 60, 4)]
    content = mlp(*widths, seed=seed, per_channel=bool(seed % 2))
    network, certificate = certify(fcgen.load(save(content, tmp_path)))
    x = random.integers(-128, 128, (2000, widths[0]))
    differs = run(network, x) != litert(content, x)
    assert certificate.target == "litert-reference"
    if certificate.exact:
        assert not differs.any()


def test_the_reader_s_words(tmp_path):
    model = fcgen.load(save(mlp(6, 5, 4), tmp_path))
    assert model.format == "TFLite, int8"
    assert [layer.name for layer in model.layers] == ["fc1", "fc2"]
    assert model.input_shape == (6,)
    assert model.input.scale == pytest.approx(0.05)


def test_the_shared_autoencoder_is_certified_and_equal():
    path = shared("ad01_int8.tflite")
    model = fcgen.load(path)
    network, certificate = certify(model)
    x = np.random.default_rng(0).integers(-128, 128, (300, 640))
    assert certificate.exact
    assert not certificate.differences
    assert network.parameters - sum(layer.outputs for layer in network.layers) == 264_192
    assert np.array_equal(run(network, x), litert(path.read_bytes(), x))


def ends(entry="int8", result="int8", entry_scale=0.0625, result_scale=0.25, result_zero=7):
    """A dense layer 5 → 4 with a zero point of -3 before and 7 behind it, between other types."""
    random, made = np.random.default_rng(2), Builder()
    head = first = made.tensor("x", (1, 5), INT8, [0.0625], [-3])
    if entry == "uint8":
        first = made.tensor("u", (1, 5), UINT8, [entry_scale], [125])
        made.operator(OPERATORS.QUANTIZE, [first], head)
    weight = random.integers(-127, 128, (4, 5)).astype(np.int8)
    w = made.tensor("w", weight.shape, INT8, [2.0**-6], [0], weight)
    y = made.tensor("y", (1, 4), INT8, [0.25], [7])
    options = schema.FullyConnectedOptionsT()
    table = schema.BuiltinOptions.FullyConnectedOptions
    made.operator(OPERATORS.FULLY_CONNECTED, [head, w], y, table, options, 4)
    if result == "uint8":
        z = made.tensor("z", (1, 4), UINT8, [result_scale], [result_zero + 128])
        made.operator(OPERATORS.QUANTIZE, [y], z)
        y = z
    return first, y, made


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("entry", ["int8", "uint8"])
@pytest.mark.parametrize(
    "result",
    [
        {"result": "int8"},
        {"result": "uint8"},
        {"result": "uint8", "result_scale": 0.21, "result_zero": -60},
    ],
)
def test_codes_at_the_ends_are_those_of_the_file(target, entry, result, tmp_path):
    first, last, made = ends(entry, **result)
    content = made.build(first, last)
    network, certificate = certify(load_model(save(content, tmp_path), target))
    low = 0 if entry == "uint8" else -128
    assert (network.input.lo, network.input.hi) == (low, low + 255)
    assert network.activation_format.name == entry
    assert network.output_format.name == result["result"]
    x = np.random.default_rng(0).integers(low, low + 256, (3000, 5))
    assert certificate.exact
    assert np.array_equal(run(network, x), litert(content, x, target))


def test_uint8_ends_of_a_converter_s_file_are_equal():
    path = shared_case("t_bn_uint8io.tflite")
    network, certificate = certify(fcgen.load(path))
    x = np.random.default_rng(0).integers(0, 256, (2000, network.inputs))
    assert certificate.exact
    assert np.array_equal(run(network, x), litert(path.read_bytes(), x))


def test_input_codes_that_change_their_grid_are_refused(tmp_path):
    first, last, made = ends("uint8", entry_scale=0.04)
    path = save(made.build(first, last), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value) == (
        f"{path}: operator 0: QUANTIZE: makes codes of UINT8 those of another grid before the "
        "first layer; give the input the grid of the first layer"
    )


@pytest.mark.parametrize(("new", "old"), [(True, False), (False, True), (True, True)])
def test_operators_are_known_by_either_of_their_numbers(new, old, tmp_path):
    first, last, made = ends("uint8")
    for code in made.codes:
        code.builtinCode *= new
        code.deprecatedBuiltinCode *= old
    content = made.build(first, last)
    network, _ = certify(fcgen.load(save(content, tmp_path)))
    x = np.random.default_rng(0).integers(0, 256, (100, 5))
    assert np.array_equal(run(network, x), litert(content, x))


def test_a_file_whose_operators_have_the_new_number_alone_is_read():
    model = fcgen.load(shared_case("aeq_fc_only.tflite"))
    assert [node.kind for node in model.nodes] == ["QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"]


def test_a_bound_that_leaves_one_code_is_a_constant(tmp_path):
    first, last, made = ends()
    made.operators[-1].builtinOptions.fusedActivationFunction = 1
    made.tensors[last].quantization.zeroPoint = np.array([127])
    content = made.build(first, last)
    network, certificate = certify(fcgen.load(save(content, tmp_path)))
    x = np.random.default_rng(0).integers(-128, 128, (100, 5))
    assert certificate.exact
    assert np.array_equal(run(network, x), litert(content, x))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda c: c[:200], "is no whole TFLite model"),
        (lambda c: b"\x00" * 4 + b"XXXX" + c[8:], "no identifier TFL3: is no TFLite model"),
        (lambda c: b"", "no identifier TFL3: is no TFLite model"),
        (lambda c: b"\xff\xff\xff\x7f" + c[4:], "is no whole TFLite model"),
    ],
)
def test_files_that_are_broken_are_refused(change, line, tmp_path):
    path = save(change(mlp(6, 5, 4)), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)


@pytest.mark.parametrize("place", range(40, 1400, 67))
def test_a_changed_byte_is_refused_or_read_and_never_a_traceback(place, tmp_path):
    content = bytearray(mlp(6, 5, 4))
    content[place % len(content)] ^= 0xFF
    with contextlib.suppress(InputError):
        fcgen.load(save(bytes(content), tmp_path))


def test_a_convolution_is_refused_by_its_operator(tmp_path):
    path = save(mlp(6, 5, 4, conv=True), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value) == (
        f"{path}: operator 2: CONV_2D: is not supported in a chain of dense layers; remove it, or "
        "replace it by dense layers"
    )


def test_a_fused_tanh_is_refused(tmp_path):
    path = save(mlp(6, 5, 4, activation=4), tmp_path)
    with pytest.raises(InputError, match="activation 4: is no bound, and needs a table"):
        fcgen.load(path)


def test_another_runtime_s_integers_cannot_be_asked_for(tmp_path):
    path = save(mlp(6, 5, 4), tmp_path)
    with pytest.raises(InputError, match="--target: qonnx: must be one of litert-reference, lit"):
        load_model(path, "qonnx")

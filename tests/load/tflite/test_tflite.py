"""TFLite models: the network's integers are those of LiteRT."""

import contextlib

import flatbuffers
import numpy as np
import pytest

import fcgen
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.network.network import Network
from fcgen.network.reference import run
from shared_models import case as shared_case
from shared_models import model as shared
from tflite_examples import (
    FLOAT,
    INT8,
    INT32,
    KERNELS,
    OPERATORS,
    UINT8,
    Builder,
    litert,
    litert_outputs,
    mlp,
    schema,
)


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


@pytest.mark.parametrize("target", KERNELS)
def test_a_quantiser_at_the_input_that_changes_nothing_is_read(target, tmp_path):
    first, last, made = ends()
    same = made.tensor("same", (1, 5), INT8, [0.0625], [-3])
    made.operator(OPERATORS.QUANTIZE, [first], same)
    made.operators[0].inputs[0] = same
    made.operators.reverse()
    content = made.build(first, last)
    network, certificate = certify(load_model(save(content, tmp_path), target))
    x = np.random.default_rng(0).integers(-128, 128, (300, 5))
    assert certificate.exact
    assert np.array_equal(run(network, x), litert(content, x, target))


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
    path = shared_case("aeq_fc_only.tflite")
    model = fcgen.load(path)
    assert [node.kind for node in model.nodes] == ["QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"]
    network, certificate = certify(model)
    x = np.random.default_rng(0).normal(0, 0.6, (2000, 4)).astype(np.float32)
    (wanted,) = litert_outputs(path.read_bytes(), x, "litert-reference")
    assert certificate.exact
    assert np.array_equal(model.output(run(network, model.input.codes(x)[0])), wanted)


@pytest.mark.parametrize("target", KERNELS)
def test_reals_become_codes_as_the_runtime_rounds_them(target, tmp_path):
    made = Builder()
    first = made.tensor("r", (1, 4), FLOAT)
    head = made.tensor("x", (1, 4), INT8, [0.3], [-3])
    made.operator(OPERATORS.QUANTIZE, [first], head)
    weight = np.eye(4, dtype=np.int8)
    w = made.tensor("w", (4, 4), INT8, [1.0], [0], weight)
    last = made.tensor("y", (1, 4), INT8, [0.3], [-3])
    options = schema.BuiltinOptions.FullyConnectedOptions
    made.operator(
        OPERATORS.FULLY_CONNECTED, [head, w], last, options, schema.FullyConnectedOptionsT(), 4
    )
    content = made.build(first, last)
    model = load_model(save(content, tmp_path), target)
    ties = ((np.arange(-160, 160) + 0.5) * np.float32(0.3)).astype(np.float32)
    x = np.concatenate([ties, np.nextafter(ties, np.float32(99))]).reshape(-1, 4)
    codes, _ = model.input.codes(x)
    assert np.array_equal(codes, litert(content, x, target))
    network, _ = certify(model)
    again = Network.from_json(network.to_json()).input
    assert np.array_equal(again.codes(x)[0], codes)


def test_an_input_without_an_axis_of_vectors_is_read(tmp_path):
    first, last, made = ends()
    made.tensors[first].shape = [5]
    model = fcgen.load(save(made.build(first, last), tmp_path))
    assert model.input_shape == (5,)


def _dense_tensors(made):
    """Give the tensors of the layer in `ends` by name."""
    return {tensor.name: tensor for tensor in made.tensors}


def _float_bias(made):
    made.operators[0].inputs.append(made.tensor("b", (4,), FLOAT, values=np.ones(4, np.float32)))


def _far_bias(made):
    bias = np.full(4, 2**31 - 1, np.int32)
    made.operators[0].inputs.append(made.tensor("b", (4,), INT32, [2.0**-10], [0], bias))


def _other_axis(made):
    weight = _dense_tensors(made)["w"]
    weight.shape = [4, 4]
    made.buffers[weight.buffer].data = np.zeros(16, np.uint8)
    made.tensors[0].shape = [1, 4]
    weight.quantization.scale = np.full(4, 0.01, np.float32)
    weight.quantization.zeroPoint = np.zeros(4, np.int64)
    weight.quantization.quantizedDimension = 1


def _two_scales(made):
    made.tensors[0].quantization.scale = np.array([0.1, 0.2], np.float32)


def _far_zero_point(made):
    made.tensors[0].quantization.zeroPoint = np.array([200])


def _shuffled(made):
    made.operators[0].builtinOptions.weightsFormat = 1


def _far_bound(made):
    made.operators[0].builtinOptions.fusedActivationFunction = 3
    _dense_tensors(made)["y"].quantization.scale = np.array([1e-9], np.float32)


def _computed_weights(made):
    _dense_tensors(made)["w"].buffer = 0


def _halves(made):
    y = made.tensor("half", (2, 2), INT8, [0.25], [7])
    made.operator(OPERATORS.RESHAPE, [2], y)
    z = made.tensor("z", (2, 4), INT8, [0.25], [7])
    w = made.tensor("w2", (4, 2), INT8, [0.1], [0], np.zeros((4, 2), np.int8))
    options = schema.BuiltinOptions.FullyConnectedOptions
    made.operator(OPERATORS.FULLY_CONNECTED, [y, w], z, options, schema.FullyConnectedOptionsT(), 4)


def _other_worth(made):
    y = made.tensor("again", (1, 4), INT8, [0.5], [7])
    made.operator(OPERATORS.RESHAPE, [2], y)


def _wide_outputs(made):
    y = made.tensor("wide", (1, 4), schema.TensorType.INT16, [0.25], [0])
    made.operator(OPERATORS.QUANTIZE, [2], y)


def _quantised_anew(made):
    reals = made.tensor("reals", (1, 4), FLOAT)
    made.operator(OPERATORS.DEQUANTIZE, [2], reals)
    y = made.tensor("again", (1, 4), INT8, [0.5], [7])
    made.operator(OPERATORS.QUANTIZE, [reals], y)


def _classes_of_pairs(made):
    pairs = made.tensor("pairs", (1, 2, 2), INT8, [0.25], [7])
    made.operator(OPERATORS.RESHAPE, [2], pairs)
    y = made.tensor("p", (1, 2, 2), INT8, [1 / 256], [-128])
    made.operator(OPERATORS.SOFTMAX, [pairs], y)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (_float_bias, "b: FLOAT32: a bias must be int32; convert the model again"),
        (_far_bias, "y: sums up to 2,147,540,577: LiteRT has 32 bits for a sum, and drops what is"),
        (_other_axis, "w: (4, 4): weights must be a matrix with one scale, or one for each row"),
        (_two_scales, "x: 2 scales: the outputs of a layer have one scale"),
        (_far_zero_point, "x: zero point 200: must be -128 to 127"),
        (_shuffled, "y: weights format 1: its weights are not in the order of a matrix"),
        (_far_bound, "y: bound 6 is 6e+09 codes from zero: LiteRT has less than 2^31"),
        (_computed_weights, "w: no values: weights must be constants"),
        (_halves, "operator 2: FULLY_CONNECTED: takes 2 of the 4 outputs before it a time"),
        (_other_worth, "operator 1: RESHAPE: gives its codes another scale, zero point or type"),
        (
            _wide_outputs,
            "operator 1: QUANTIZE: quantises the outputs of the last layer anew, or to",
        ),
        (_quantised_anew, "operator 2: QUANTIZE: quantises the outputs of the last layer anew, or"),
        (_classes_of_pairs, "operator 2: SOFTMAX: is not one of the 4 outputs of the last layer"),
    ],
)
def test_what_gives_other_integers_than_the_file_s_is_refused(change, line, tmp_path):
    first, last, made = ends()
    change(made)
    last = made.operators[-1].outputs[0]
    path = save(made.build(first, last), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: {line}")


def test_an_output_inside_of_the_chain_is_refused(tmp_path):
    path = tmp_path / "inside.tflite"
    content = schema.ModelT.InitFromPackedBuf(mlp(6, 5, 4))
    graph = content.subgraphs[0]
    graph.outputs = [graph.operators[0].outputs[0]]
    builder = flatbuffers.Builder(0)
    builder.Finish(content.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value) == (
        f"{path}: net/fc1/MatMul: outputs must be those of the last operators, the last one's "
        "among them; give a model whose layers form one chain"
    )


def test_steps_that_xnnpack_does_not_take_are_refused_for_it_alone(tmp_path):
    first, last, made = ends(entry_scale=1.0)
    _dense_tensors(made)["y"].quantization.scale = np.array([2.0**-18], np.float32)
    path = save(made.build(first, last), tmp_path)
    load_model(path, "litert-reference")
    with pytest.raises(InputError, match="y: 256: XNNPACK takes less than 256 codes a step of a"):
        load_model(path, "litert-xnnpack")


def test_values_behind_the_tables_of_a_large_file_are_read(tmp_path):
    first, last, made = ends()
    values = made.buffers[_dense_tensors(made)["w"].buffer]
    data, values.data = bytes(values.data), None
    # Offset and size have eight bytes each, whatever they are.
    values.offset, values.size = 1 << 40, len(data)
    content = bytearray(made.build(first, last))
    place = content.index((1 << 40).to_bytes(8, "little"))
    content += bytes(-len(content) % 64)
    content[place : place + 8] = len(content).to_bytes(8, "little")
    content = bytes(content) + data
    network, _ = certify(fcgen.load(save(content, tmp_path)))
    x = np.random.default_rng(0).integers(-128, 128, (100, 5))
    assert np.array_equal(run(network, x), litert(content, x))


def test_options_of_another_kind_are_none(tmp_path):
    first, last, made = ends()
    made.operators[0].builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
    made.operators[0].builtinOptions = schema.SoftmaxOptionsT()
    # Read as options of a dense layer, its lowest byte is the activation 1.
    made.operators[0].builtinOptions.beta = float(np.uint32(0x40400001).view(np.float32))
    content = made.build(first, last)
    network, _ = certify(fcgen.load(save(content, tmp_path)))
    x = np.random.default_rng(0).integers(-128, 128, (100, 5))
    assert np.array_equal(run(network, x), litert(content, x))


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("activation", [2, 3])
def test_bounds_of_activations_are_rounded_as_litert_rounds_them(target, activation, tmp_path):
    for number, scale in enumerate([4.0, 0.8, 2 / 7, 12 / 61, 12 / 75, 2.0]):
        first, last, made = ends()
        made.operators[0].builtinOptions.fusedActivationFunction = activation
        quantization = made.tensors[last].quantization
        quantization.scale = np.array([scale], np.float32)
        quantization.zeroPoint = np.array([number - 3])
        content = made.build(first, last)
        model = load_model(save(content, tmp_path), target)
        x = np.random.default_rng(0).integers(-128, 128, (300, 5))
        assert np.array_equal(model.trace(x)[-1], litert(content, x, target))


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


def test_an_unknown_operator_is_refused_by_its_name(tmp_path):
    path = save(mlp(6, 5, 4, resized=True), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value) == (
        f"{path}: operator 2: RESIZE_BILINEAR: is not supported in a network of dense layers "
        "and convolutions; remove it, or replace it by such layers"
    )


def test_a_fused_tanh_is_refused(tmp_path):
    path = save(mlp(6, 5, 4, activation=4), tmp_path)
    with pytest.raises(InputError, match="activation 4: LiteRT has none for int8 but the"):
        fcgen.load(path)


def test_another_runtime_s_integers_cannot_be_asked_for(tmp_path):
    path = save(mlp(6, 5, 4), tmp_path)
    with pytest.raises(InputError, match="--target: qonnx: must be one of litert-reference, lit"):
        load_model(path, "qonnx")

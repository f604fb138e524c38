"""Float ONNX graphs: what is read computes what onnxruntime computes."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

import fcgen
from fcgen.errors import InputError
from onnx_examples import mlp, onnx_model, save

RANDOM = np.random.default_rng(0)
W = RANDOM.normal(size=(4, 3)).astype(np.float32)
B = RANDOM.normal(size=3).astype(np.float32)
BN = {
    "gamma": np.array([1.5, -0.5, 0.3], np.float32),
    "beta": np.array([0.1, 0.2, -0.3], np.float32),
    "mean": np.array([0.4, -0.2, 0.0], np.float32),
    "var": np.array([0.5, 2.0, 0.01], np.float32),
}


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), [output], name=f"n_{output}", **attributes)


def dense_then(*nodes):
    """MatMul and what follows it, from z to y."""
    return [node("MatMul", "x W", "z"), *nodes]


FLAT = {"W": W}
# name -> (nodes, constants, shape of x)
GRAPHS = {
    "gemm": ([node("Gemm", "x W B", "y")], {"W": W, "B": B}, (1, 4)),
    "gemm with all its attributes": (
        [node("Gemm", "x V B", "y", alpha=0.5, beta=2.0, transB=1)],
        {"V": np.ascontiguousarray(W.T), "B": B},
        (1, 4),
    ),
    "gemm with a bias for all": ([node("Gemm", "x W b", "y")], {"W": W, "b": B[:1]}, (1, 4)),
    "gemm with a constant in front": (
        [node("Gemm", "V x", "y", transB=1)],
        {"V": np.ascontiguousarray(W.T)},
        (1, 4),
    ),
    "matmul and add": ([*dense_then(node("Add", "z B", "y"))], {**FLAT, "B": B}, (1, 4)),
    "add with the constant in front": (
        [*dense_then(node("Add", "B z", "y"))],
        {**FLAT, "B": B},
        (1, 4),
    ),
    "matmul with a constant in front": (
        [node("Transpose", "x", "t", perm=[1, 0]), node("MatMul", "V t", "y")],
        {"V": np.ascontiguousarray(W.T)},
        (1, 4),
    ),
    "transposed constant": (
        [node("Transpose", "V", "W"), node("MatMul", "x W", "y")],
        {"V": np.ascontiguousarray(W.T)},
        (1, 4),
    ),
    "sub, mul and div": (
        [*dense_then(node("Sub", "z B", "a"), node("Mul", "a c", "b"), node("Div", "b d", "y"))],
        {**FLAT, "B": B, "c": np.float32(3), "d": np.array([2, -4, 0.5], np.float32)},
        (1, 4),
    ),
    "sub from a constant, and neg": (
        [*dense_then(node("Sub", "B z", "a"), node("Neg", "a", "y"))],
        {**FLAT, "B": B},
        (1, 4),
    ),
    "batch normalization behind": (
        [*dense_then(node("BatchNormalization", "z gamma beta mean var", "y", epsilon=1e-3))],
        {**FLAT, **BN},
        (1, 4),
    ),
    "batch normalization in front": (
        [node("BatchNormalization", "x gamma beta mean var", "t"), node("MatMul", "t W", "y")],
        {"W": W[:3], **BN},
        (1, 3),
    ),
    "scaled and shifted input": (
        [node("Mul", "x c", "a"), node("Sub", "a d", "b"), node("MatMul", "b W", "y")],
        {**FLAT, "c": np.float32(2), "d": np.float32(1)},
        (1, 4),
    ),
    "batch normalization between relu and the next layer": (
        [
            *dense_then(node("Relu", "z", "r")),
            node("BatchNormalization", "r gamma beta mean var", "n"),
            node("MatMul", "n U", "y"),
        ],
        {**FLAT, **BN, "U": np.ascontiguousarray(W.T)},
        (1, 4),
    ),
    "relu, clip and relu6": (
        [*dense_then(node("Relu", "z", "r"), node("Clip", "r lo hi", "y"))],
        {**FLAT, "lo": np.float32(-1), "hi": np.float32(0.5)},
        (1, 4),
    ),
    "leaky relu": ([*dense_then(node("LeakyRelu", "z", "y", alpha=0.2))], FLAT, (1, 4)),
    "sigmoid": ([*dense_then(node("Sigmoid", "z", "s"), node("Relu", "s", "y"))], FLAT, (1, 4)),
    "tanh": ([*dense_then(node("Tanh", "z", "y"))], FLAT, (1, 4)),
    "flatten of an image": (
        [node("Flatten", "x", "f"), node("MatMul", "f W", "y")],
        FLAT,
        (1, 1, 2, 2),
    ),
    "flatten of an image of the other order": (
        [
            node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
            node("Reshape", "t shape", "f"),
            node("MatMul", "f W", "y"),
        ],
        {"W": RANDOM.normal(size=(12, 3)).astype(np.float32), "shape": np.array([-1, 12])},
        (1, 3, 2, 2),
    ),
    "flatten by the shape": (
        [
            node("Shape", "x", "s"),
            node("Gather", "s zero", "g", axis=0),
            node("Unsqueeze", "g axes", "u"),
            node("Concat", "u minus", "c", axis=0),
            node("Reshape", "x c", "f"),
            node("MatMul", "f W", "y"),
        ],
        {**FLAT, "zero": np.array(0), "axes": np.array([0]), "minus": np.array([-1])},
        (1, 1, 2, 2),
    ),
    "squeeze, identity, dropout and cast": (
        [
            node("Squeeze", "x axes", "q"),
            node("Identity", "q", "i"),
            node("Dropout", "i", "d"),
            node("Cast", "d", "t", to=TensorProto.FLOAT),
            node("MatMul", "t W", "y"),
        ],
        {**FLAT, "axes": np.array([1])},
        (1, 1, 4),
    ),
    "convolution as large as its input": (
        [node("Conv", "x K B", "v"), node("Flatten", "v", "y")],
        {"K": RANDOM.normal(size=(3, 2, 2, 2)).astype(np.float32), "B": B},
        (1, 2, 2, 2),
    ),
    "constants computed by pow and sqrt": (
        [
            node("Pow", "v half", "p"),
            node("Sqrt", "v", "q"),
            *dense_then(node("Div", "z p", "a"), node("Mul", "a q", "y")),
        ],
        {**FLAT, "v": np.float32(346.1), "half": np.float32(0.5)},
        (1, 4),
    ),
}


def reference(model, x):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.concatenate([session.run(None, {"x": row[None]})[0].reshape(1, -1) for row in x])


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_read_as_onnxruntime_runs_it(name, tmp_path):
    nodes, constants, shape = GRAPHS[name]
    model = onnx_model(nodes, constants, shape)
    read = fcgen.load(save(model, tmp_path / "m.onnx"))
    x = RANDOM.normal(size=(20, *shape[1:])).astype(np.float32)
    assert np.allclose(read.forward(x), reference(model, x), rtol=1e-5, atol=1e-5)
    assert {report.name for report in read.nodes} == {node.name for node in nodes}


def test_names_shapes_and_the_end_are_those_of_the_file(tmp_path):
    model = fcgen.load(save(mlp(4, 5, 3, tail=("Softmax",)), tmp_path / "net.onnx"))
    assert (model.name, model.input_name, model.input_shape) == ("net", "x", (4,))
    assert [layer.name for layer in model.layers] == ["fc1", "fc2"]
    assert [layer.activation.name for layer in model.layers] == ["relu", ""]
    assert model.tail.kind == "softmax"


def test_images_keep_their_three_sizes_and_other_shapes_become_one(tmp_path):
    nodes = [node("Flatten", "x", "f"), node("MatMul", "f W", "y")]
    image = fcgen.load(save(onnx_model(nodes, FLAT, (1, 1, 2, 2)), tmp_path / "a.onnx"))
    matrix = fcgen.load(save(onnx_model(nodes, FLAT, (1, 2, 2)), tmp_path / "b.onnx"))
    assert (image.input_shape, matrix.input_shape) == ((1, 2, 2), (4,))


def test_the_two_outputs_of_a_classifier_are_its_end(tmp_path):
    nodes = [
        *dense_then(node("Softmax", "z", "p", axis=1)),
        node("ArgMax", "p", "a", axis=1, keepdims=0),
        node("ArrayFeatureExtractor", "classes a", "label", domain="ai.onnx.ml"),
        node("ZipMap", "p", "y", domain="ai.onnx.ml", classlabels_int64s=[0, 1, 2]),
    ]
    model = onnx_model(nodes, {**FLAT, "classes": np.arange(3)}, domains=["ai.onnx.ml"])
    assert fcgen.load(save(model, tmp_path / "m.onnx")).tail.kind == "softmax"


SCALER = {"offset": [0.5, -1.0, 0.0, 2.0], "scale": [2.0, 0.5, -1.0, 1.0]}


def scaled(**attributes):
    nodes = [
        node("Scaler", "x", "s", domain="ai.onnx.ml", **attributes),
        node("MatMul", "s W", "y"),
    ]
    return onnx_model(nodes, FLAT, domains=["ai.onnx.ml"])


@pytest.mark.parametrize("attributes", [SCALER, {"offset": [0.5], "scale": [3.0]}])
def test_a_scaler_in_front_is_folded_into_the_weights(attributes, tmp_path):
    graph = scaled(**attributes)
    x = RANDOM.normal(size=(50, 4)).astype(np.float32)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    rows = np.concatenate([session.run(None, {"x": row[None]})[0] for row in x])
    found = fcgen.load(save(graph, tmp_path / "m.onnx")).forward(x)
    np.testing.assert_allclose(found, rows, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("attributes", [{"offset": [1.0, 2.0], "scale": [1.0]}, {"scale": [1.0]}])
def test_a_scaler_of_another_size_is_refused(attributes, tmp_path):
    with pytest.raises(InputError, match="Scaler: needs an offset and a scale, or 4 of each"):
        fcgen.load(save(scaled(**attributes), tmp_path / "m.onnx"))


def refused(nodes, constants, shape=(1, 4), **options):
    return onnx_model(nodes, constants, shape, **options)


TWO = [node("MatMul", "x W", "a"), node("MatMul", "x W", "b"), node("Add", "a b", "y")]
# name -> (model, what the line says after the file's name)
REFUSED = {
    "an operation of its own kind": (
        refused([*dense_then(node("Erf", "z", "y"))], FLAT),
        ": node n_y: Erf: is not supported in a chain of dense layers; remove it, or replace it by "
        "dense layers",
    ),
    "a branch": (
        refused(TWO, FLAT),
        ": node n_b: MatMul: the graph is no chain: it uses a value beside the one before; give a "
        "model whose layers form one chain",
    ),
    "a product of values": (
        refused([*dense_then(node("Mul", "z z", "y"))], FLAT),
        ": node n_y: Mul: the graph is no chain: it uses a value beside the one before; give a "
        "model whose layers form one chain",
    ),
    "sizes that do not fit": (
        refused([node("MatMul", "x W", "y")], {"W": W[:3]}),
        ": node n_y: MatMul: weights of shape (3, 3) on an input of shape (1, 4) are no dense "
        "layer; flatten the input before it",
    ),
    "rows that are treated alike": (
        refused([node("MatMul", "x W", "y")], FLAT, (1, 5, 4)),
        ": node n_y: MatMul: weights of shape (4, 3) on an input of shape (1, 5, 4) are no dense "
        "layer; flatten the input before it",
    ),
    "a convolution with small kernels": (
        refused([node("Conv", "x K", "y")], {"K": W[:1, :1].reshape(1, 1, 1, 1)}, (1, 1, 2, 2)),
        ": node n_y: Conv: only a convolution as large as its whole input is a dense layer; "
        "replace it by dense layers",
    ),
    "a reciprocal": (
        refused([*dense_then(node("Div", "c z", "y"))], {**FLAT, "c": np.float32(1)}),
        ": node n_y: Div: divides a constant by the values, which is not linear; remove it",
    ),
    "an activation of the input": (
        refused([node("Relu", "x", "r"), node("MatMul", "r W", "y")], FLAT),
        ": node n_r: Relu: an activation must follow a dense layer; put a dense layer before it",
    ),
    "weights that are not numbers": (
        refused([node("MatMul", "x N", "y")], {"N": np.full((4, 3), np.nan, np.float32)}),
        ": n_y: weight: nan at (0, 0): must be finite; remove NaN and infinity",
    ),
    "no dense layer": (
        refused([node("Identity", "x", "y")], {}),
        ": m: ONNX, float: no dense layer was found; give a model with at least one",
    ),
    "scales that follow from the input": (
        refused(
            [
                helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "zp"]),
                node("MatMulInteger", "q Q zp", "i"),
                node("Cast", "i", "y", to=TensorProto.FLOAT),
            ],
            {"Q": np.ones((4, 3), np.int8)},
        ),
        ": DynamicQuantizeLinear, MatMulInteger: scales that follow from each input have no fixed "
        "integers; quantise statically, or give the float model",
    ),
    "a constant that grows": (
        refused(
            [node("ConstantOfShape", "n", "c"), *dense_then(node("Add", "z c", "y"))],
            {**FLAT, "n": np.array([1 << 40])},
        ),
        ": node n_c: ConstantOfShape: makes a constant of more than 67,108,864 elements; fold the "
        "constants before",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_chain_of_dense_layers_is_refused_by_its_node(name, tmp_path):
    model, line = REFUSED[name]
    path = save(model, tmp_path / "m.onnx")
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).removeprefix(str(path)) == line


def test_sizes_that_are_not_known_are_refused(tmp_path):
    path = save(onnx_model([node("MatMul", "x W", "y")], FLAT, ("batch", "n")), tmp_path / "m.onnx")
    with pytest.raises(InputError, match="all sizes but the batch must be known"):
        fcgen.load(path)


def test_two_inputs_are_refused(tmp_path):
    model = onnx_model([node("MatMul", "x W", "y")], FLAT)
    model.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, [1, 4]))
    with pytest.raises(InputError, match="inputs: x, x2: one input is supported"):
        fcgen.load(save(model, tmp_path / "m.onnx"))

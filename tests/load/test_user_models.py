"""Models as users bring them: what was wrong when the importers met them first."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

import fcgen
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.network.reference import run
from onnx_examples import onnx_model, save
from qdq_examples import Graph, onnxruntime_on

RANDOM = np.random.default_rng(0)


def weights(*shape):
    return RANDOM.normal(0, 0.5, shape).astype(np.float32)


def chain(*nodes):
    """Nodes in a row, each with the constants that it takes behind what runs."""
    made, constants, running = [], {}, "x"
    for number, (kind, values, words) in enumerate(nodes):
        names = [f"c{number}_{place}" for place in range(len(values))]
        constants |= dict(zip(names, values, strict=True))
        output = "y" if number == len(nodes) - 1 else f"t{number}"
        made.append(helper.make_node(kind, [running, *names], [output], **words))
        running = output
    return made, constants


BETWEEN = {
    "a hard sigmoid": ("HardSigmoid", (), {"alpha": 0.3}),
    "a PRelu of one slope": ("PRelu", (np.array([0.2], np.float32),), {}),
    "a maximum": ("Max", (np.float32(0.1),), {}),
    "a minimum": ("Min", (np.float32(0.1),), {}),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_an_activation_of_another_name_is_what_it_computes(name, tmp_path):
    parts = ("MatMul", (weights(6, 5),), {}), BETWEEN[name], ("MatMul", (weights(5, 3),), {})
    model = onnx_model(*chain(*parts), ("batch", 6))
    found = fcgen.load(save(model, tmp_path / "m.onnx"))
    x = RANDOM.normal(0, 2, (50, 6)).astype(np.float32)
    assert np.allclose(found.forward(x), onnxruntime_on(model, x), rtol=1e-4, atol=1e-5)


def test_a_reshape_may_name_the_batch_of_the_file(tmp_path):
    parts = ("Reshape", (np.array([8, 12]),), {}), ("MatMul", (weights(12, 4),), {})
    model = onnx_model(*chain(*parts), (8, 3, 2, 2))
    found = fcgen.load(save(model, tmp_path / "m.onnx"))
    x = RANDOM.normal(0, 2, (8, 12)).astype(np.float32)
    expected = onnxruntime_on(model, x.reshape(8, 3, 2, 2))
    assert np.allclose(found.forward(x), expected, rtol=1e-4, atol=1e-5)


def of_integers(*parts, kind=TensorProto.UINT8):
    model = onnx_model(*chain(*parts), ("batch", 6))
    model.graph.input[0].type.tensor_type.elem_type = kind
    return model


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.INT64])
def test_inputs_of_integers_are_reals_behind_a_cast(kind, tmp_path):
    scaled = ("Cast", (), {"to": 1}), ("Div", (np.float32(255),), {})
    model = of_integers(*scaled, ("MatMul", (weights(6, 4),), {}), kind=kind)
    found = fcgen.load(save(model, tmp_path / "m.onnx"))
    x = RANDOM.integers(0, 256, (50, 6))
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    expected = session.run(None, {"x": x.astype(dtype)})[0]
    assert np.allclose(found.forward(x.astype(float)), expected, rtol=1e-4, atol=1e-5)


def test_a_scaler_makes_floats_of_integers(tmp_path):
    graph = of_integers(
        ("Scaler", (), {"domain": "ai.onnx.ml", "offset": [1.0], "scale": [0.5]}),
        ("MatMul", (weights(6, 4),), {}),
        kind=TensorProto.INT64,
    )
    graph.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    found = fcgen.load(save(graph, tmp_path / "m.onnx"))
    x = RANDOM.integers(-9, 9, (20, 6))
    expected = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"x": x})[0]
    assert np.allclose(found.forward(x.astype(float)), expected, rtol=1e-4, atol=1e-5)


def test_arithmetic_of_integers_is_refused(tmp_path, capsys):
    parts = ("Div", (np.int64(2),), {}), ("Cast", (), {"to": 1}), ("MatMul", (weights(6, 4),), {})
    path = save(of_integers(*parts, kind=TensorProto.INT64), tmp_path / "m.onnx")
    found = cli(capsys, "inspect", path)
    line = "Div: computes with an input of integers; put a Cast to float behind the input"
    assert (found.code, line in found.err) == (2, True)


def test_a_graph_without_any_layer_is_said_to_have_none(tmp_path):
    path = save(onnx_model(*chain(("Add", (weights(6),), {})), ("batch", 6)), tmp_path / "m.onnx")
    with pytest.raises(InputError, match="no dense layer was found; give a model with at least"):
        fcgen.load(path)


def quantised(kind, *, weight=np.int8, outputs=5, bias=None):
    """A Gemm between grids of a type."""
    graph = Graph()
    entry, after = graph.grid(0.0005, 0, kind), graph.grid(0.0004, 0, kind)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = graph.add("DequantizeLinear", [running, *entry])
    codes = RANDOM.integers(-7, 8, (6, outputs))
    w = [graph.constant(codes, weight), *graph.grid(0.0123, 0, weight)]
    running = graph.add("Gemm", [running, graph.add("DequantizeLinear", w)])
    running = graph.add("QuantizeLinear", [running, *after])
    if bias is not None:
        running = graph.add("DequantizeLinear", [running, *after])
        running = graph.add("Add", [running, graph.constant(bias, np.float32)])
        running = graph.add("QuantizeLinear", [running, *after])
    running = graph.add("DequantizeLinear", [running, *after])
    graph.nodes.append(helper.make_node("Identity", [running], ["y"]))
    return onnx_model(graph.nodes, graph.constants, ("batch", 6), opset=21)


def test_codes_of_sixteen_bits_are_certified_without_all_pairs_of_their_thresholds(tmp_path):
    model = fcgen.load(save(quantised(np.int16, outputs=1), tmp_path / "m.onnx"))
    network, certificate = certify(model)
    assert not certificate.exact
    assert "session.qdq_matmulnbits_accuracy_level of 1" in model.notes[0]
    codes = RANDOM.integers(-32768, 32768, (200, 6))
    differ = np.abs(run(network, codes) - model.trace(codes)[-1])
    assert differ.max() <= 1


def test_weights_of_four_bits_are_floats_for_onnxruntime(tmp_path):
    import ml_dtypes

    graph = quantised(np.int8, weight=ml_dtypes.int4)
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    (layer,) = model.layers
    assert (layer.weight_format.name, type(layer.step).__name__) == ("int4", "FloatChain")


def test_a_bias_behind_a_quantiser_names_the_way_out(tmp_path):
    path = save(quantised(np.int8, bias=weights(5)), tmp_path / "m.onnx")
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert "a MatMul and its Add become one Gemm by onnxruntime.quantization" in str(caught.value)

"""What the source's own output is: behind the last layer the host computes what the source does.

Exponentials differ between mathematical libraries in their last bits, onnxruntime's own among them:
reals behind a softmax or a sigmoid cannot be equal to a runtime's. Classes and codes are.
"""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import helper

import fcgen
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.network.network import End, Network
from fcgen.network.reference import run
from fcgen.network.tail import OTHER, Tail
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.quantization.answers import answer
from fcgen.quantization.model import quantize
from network_examples import network
from onnx_examples import mlp, onnx_model, save
from qdq_examples import Graph, onnxruntime_on
from tflite_examples import INT8, KERNELS, Builder, litert, schema

LAST_BITS = 2.0**-18
"""More than the last bits of a float32 of at most 8, in which float functions differ."""
SCORES = np.array([[1.0, -2.0, 0.5], [30.0, 29.0, -90.0]], np.float32)


def classifier(tail, seed=0, outputs=5):
    """A QDQ graph of one Gemm; ``tail`` are the nodes behind it, Q for a quantiser of 8 bits."""
    random, graph = np.random.default_rng(seed), Graph()
    entry, after = graph.grid(0.05, 10, np.int8), graph.grid(random.uniform(0.02, 0.2), 9, np.int8)
    steps = (
        graph.grid(0.01, 0, np.int8),
        graph.grid(np.float32(0.05) * np.float32(0.01), 0, np.int32),
    )
    weight = graph.constant(random.integers(-63, 64, (6, outputs)), np.int8)
    bias = graph.constant(random.integers(-3000, 3000, outputs), np.int32)
    real = graph.add("DequantizeLinear", [graph.add("QuantizeLinear", ["x", *entry]), *entry])
    operands = [
        graph.add("DequantizeLinear", [c, *g]) for c, g in zip((weight, bias), steps, strict=True)
    ]
    running = graph.add("QuantizeLinear", [graph.add("Gemm", [real, *operands]), *after])
    running = graph.add("DequantizeLinear", [running, *after])
    for kind in tail:
        if kind == "Q":
            grid = graph.grid(random.uniform(1 / 260, 1 / 250), 0, np.uint8)
            running = graph.add("QuantizeLinear", [running, *grid])
            running = graph.add("DequantizeLinear", [running, *grid])
        else:
            running = graph.add(kind, [running], **({} if kind == "Sigmoid" else {"axis": 1}))
    graph.nodes.append(helper.make_node("Identity", [running], ["y"]))
    made = onnx_model(graph.nodes, graph.constants, ("batch", 6))
    if "ArgMax" in tail:
        made.graph.output[0].type.tensor_type.elem_type = 7
    return made


def outputs_of(graph, folder, seed=0):
    """The network's outputs of a graph and onnxruntime's."""
    model = load_model(save(graph, folder / "m.onnx"))
    net, certificate = certify(model)
    assert certificate.exact
    x = np.random.default_rng(seed).normal(0, 3, (300, 6)).astype(np.float32)
    return net.output(run(net, net.quantize(x)[0])), onnxruntime_on(graph, x)


@pytest.mark.parametrize("tail", [("Softmax",), ("LogSoftmax",), ("Sigmoid",)])
def test_reals_behind_a_float_function_are_onnxruntime_s_but_for_their_last_bits(tail, tmp_path):
    found, wanted = outputs_of(classifier(tail), tmp_path)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert np.array_equal(found.argmax(1), wanted.argmax(1))
    assert np.abs(found - wanted).max() <= LAST_BITS


@pytest.mark.parametrize("tail", [("Softmax", "Q"), ("Sigmoid", "Q")])
@pytest.mark.parametrize("seed", range(4))
def test_a_tail_that_the_source_quantises_gives_its_codes(tail, seed, tmp_path):
    found, wanted = outputs_of(classifier(tail, seed), tmp_path, seed)
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("tail", [("ArgMax",), ("Softmax", "ArgMax")])
def test_a_class_is_the_index_that_onnxruntime_gives(tail, tmp_path):
    found, wanted = outputs_of(classifier(tail), tmp_path)
    assert found.dtype == wanted.dtype == np.int64
    assert np.array_equal(found, wanted[:, 0])


def ended(kind, seed, outputs):
    """A TFLite layer of int8 with a function behind it."""
    random, made = np.random.default_rng(seed), Builder()
    entry = made.tensor("x", (1, 6), INT8, [0.05], [3])
    w = random.integers(-127, 128, (outputs, 6)).astype(np.int8)
    w = made.tensor("w", w.shape, INT8, [0.01], [0], w)
    step = float(np.exp(random.uniform(np.log(0.01), np.log(0.4))))
    z = made.tensor("z", (1, outputs), INT8, [step], [int(random.integers(-100, 100))])
    table, code = schema.BuiltinOptions, schema.BuiltinOperator
    options = schema.FullyConnectedOptionsT()
    made.operator(code.FULLY_CONNECTED, [entry, w, -1], z, table.FullyConnectedOptions, options, 4)
    y = made.tensor("y", (1, outputs), INT8, [1 / 256], [-128])
    options = schema.SoftmaxOptionsT() if kind == "SOFTMAX" else None
    if options:
        options.beta = 1.0
    number = table.SoftmaxOptions if options else 0
    made.operator(getattr(code, kind), [z], y, number, options, 2)
    return made.build(entry, y)


@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("kind", ["LOGISTIC", "SOFTMAX"])
def test_codes_behind_a_function_of_tflite_are_litert_s(kind, target, tmp_path):
    wrong = 0
    for seed in range(6):
        content = ended(kind, seed, 2 + seed)
        (tmp_path / "m.tflite").write_bytes(content)
        net, certificate = certify(load_model(tmp_path / "m.tflite", target))
        assert certificate.exact or target == "litert-xnnpack"
        x = np.random.default_rng(seed).integers(-128, 128, (300, 6))
        theirs = ((litert(content, x, target) + 128) / 256).astype(np.float32)
        steps = (net.output(run(net, x)) - theirs) * 256
        assert np.abs(steps).max() <= (kind == "SOFTMAX")
        wrong += int((steps != 0).sum())
    # A tie that the kernels' own exponentials decide: 3 and 1 of 220,000 outputs were a step off.
    assert wrong <= (kind == "SOFTMAX")


def sklearn_graph(binary):
    """What skl2onnx writes behind the last layer of a classifier: label and probabilities."""
    outputs = 1 if binary else 3
    graph = mlp(4, 5, outputs)
    del graph.graph.node[-1]
    make, last = helper.make_node, graph.graph.node[-1].output[0]
    one = helper.make_tensor("one", 1, [1], [1.0])
    classes = helper.make_tensor("classes", 7, [max(outputs, 2)], [3, 5, 9][: max(outputs, 2)])
    graph.graph.initializer.extend([one, classes])
    nodes = [make("Softmax", [last], ["p"], axis=1)]
    if binary:
        nodes = [
            make("Sigmoid", [last], ["q"]),
            make("Sub", ["one", "q"], ["r"]),
            make("Concat", ["r", "q"], ["p"], axis=1),
        ]
    nodes += [
        make("ArgMax", ["p"], ["i"], axis=1),
        make("ArrayFeatureExtractor", ["classes", "i"], ["l"], domain="ai.onnx.ml"),
        make("Identity", ["p"], ["y"]),
    ]
    graph.graph.node.extend(nodes)
    graph.graph.output.insert(0, helper.make_tensor_value_info("l", 7, None))
    graph.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    return graph


@pytest.mark.parametrize("binary", [False, True])
def test_a_classifier_s_output_are_its_probabilities(binary, tmp_path):

    graph = sklearn_graph(binary)
    model = load_model(save(graph, tmp_path / "m.onnx"))
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    net = quantize(model, x).network
    found = net.output(run(net, net.quantize(x)[0]))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    wanted = session.run(["y"], {"x": x})[0]
    assert found.shape == wanted.shape
    # The difference is that of quantisation; the function itself is checked on equal scores.
    assert np.abs(found - wanted).max() < 0.05
    tail = Tail("two_classes" if binary else "softmax")
    assert np.abs(tail(model.forward(x).astype(np.float32)) - wanted).max() <= LAST_BITS


def test_functions_are_those_of_float64_and_overflow_nowhere():
    wide = SCORES.astype(np.float64)
    shares = np.exp(wide) / np.exp(wide).sum(1, keepdims=True)
    assert np.array_equal(Tail("softmax")(SCORES), shares.astype(np.float32))
    assert np.allclose(Tail("log_softmax")(SCORES), np.log(shares), rtol=1e-6)
    far = np.array([[1e4], [-1e4]], np.float32)
    assert Tail("sigmoid")(far).tolist() == [[1], [0]]
    assert Tail("two_classes")(far).tolist() == [[0, 1], [1, 0]]
    assert Tail("argmax")(SCORES).tolist() == [0, 0]
    assert np.array_equal(Tail()(SCORES), SCORES)


def test_a_network_carries_its_tail():
    for tail in (Tail("softmax", InputGrid(1 / 256, -128, -128, 127), True), Tail("sigmoid")):
        net = network(4, 3, scores=RealMap.scaled(0.1), tail=tail)
        again = Network.from_json(net.to_json())
        assert again.tail.as_fields() == tail.as_fields()
        assert again.to_json() == net.to_json()
    values = json.loads(net.to_json()) | {"tail": {"kind": "tanh"}}
    with pytest.raises(InputError, match=r"tail\.kind: tanh: must be one of"):
        Network.from_json(json.dumps(values))
    with pytest.raises(InputError, match="tail: two_classes: is of one output, and the last"):
        replace(net, tail=Tail("two_classes"))


def test_the_end_in_hardware_decides_what_the_output_is():
    outputs, scores = np.array([[1, 5, -3], [7, 7, 0]]), RealMap.scaled(0.5)
    soft = network(4, 3, scores=scores, tail=Tail("softmax"))
    assert np.array_equal(soft.output(outputs), Tail("softmax")(scores(outputs)))
    assert np.array_equal(answer(soft, outputs, dequantize=True), soft.output(outputs))
    logits = answer(soft, outputs, dequantize=True, upto="logits")
    assert np.array_equal(logits, scores(outputs))
    ready = replace(soft, end=End("softmax"))
    assert np.array_equal(ready.output(np.array([[128, 64, 64]])), [[0.5, 0.25, 0.25]])
    index = replace(soft, end=End("argmax"), tail=Tail("argmax"))
    assert index.output(np.array([[2], [0]])).tolist() == [2, 0]
    assert answer(index, np.array([[2], [0]]), dequantize=True).tolist() == [2, 0]
    with pytest.raises(InputError, match="argmax: the hardware gives indices, not the outputs"):
        replace(soft, end=End("argmax")).output(outputs)
    with pytest.raises(InputError, match="the network does not know what its outputs are worth"):
        network(4, 3).output(outputs)
    shares = replace(soft, tail=Tail("sigmoid"))
    found = answer(shares, outputs, upto="probabilities")
    assert np.array_equal(found.astype(np.float32), shares.output(outputs))


@pytest.mark.parametrize("options", [{"axis": 0}, {"axis": 1, "select_last_index": 1}])
def test_a_tail_that_is_not_computed_here_is_said(options, tmp_path):
    graph = mlp(4, 5, 3)
    del graph.graph.node[-1]
    last = graph.graph.node[-1].output[0]
    graph.graph.node.append(helper.make_node("ArgMax", [last], ["y"], **options))
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    assert model.tail.kind == OTHER
    net = network(4, 3, scores=RealMap.scaled(0.1), tail=model.tail)
    with pytest.raises(InputError, match="output: other: the source ends in what is not computed"):
        net.output(np.zeros((1, 3), np.int64))
    assert answer(net, np.array([[0, 2, 1]]), upto="class").tolist() == [1]

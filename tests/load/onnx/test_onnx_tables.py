"""Activations between integers of ONNX graphs: every code is onnxruntime's."""

import numpy as np
import pytest
from onnx import helper

import fcgen
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.network.reference import run
from onnx_examples import onnx_model, save
from qdq_examples import Graph, onnxruntime_on

FLOAT = {
    "Sigmoid": {},
    "Tanh": {},
    "LeakyRelu": {"alpha": 0.13},
    "HardSigmoid": {"alpha": 0.3, "beta": 0.4},
    "Relu": {},
}
INTEGER = {"QLinearSigmoid": {}, "QLinearLeakyRelu": {"alpha": 0.07}}


def activated(kind, seed=0, *, unsigned=False, end=False):
    """A layer that gives the codes that it takes, an activation of them, and a layer behind."""
    random, graph = np.random.default_rng(seed), Graph()
    dtype = np.uint8 if unsigned else np.int8
    ends = np.iinfo(dtype)
    scale = np.float32(random.uniform(0.005, 0.2))
    zero = int(random.integers(ends.min, ends.max + 1))
    entry = graph.grid(scale, zero, dtype)
    following = graph.grid(random.uniform(0.002, 0.02), random.integers(0, 127), dtype)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = dense(graph, running, entry, entry, np.ones((1, 1)), 1.0)
    words = {**FLOAT, **INTEGER}[kind]
    if kind in INTEGER:
        parts = [running, *entry, *following]
        running = graph.add(kind, parts, domain="com.microsoft", **words)
    else:
        real = graph.add("DequantizeLinear", [running, *entry])
        running = graph.add("QuantizeLinear", [graph.add(kind, [real], **words), *following])
    if not end:
        last = graph.grid(0.03, 5, dtype)
        weight = random.integers(-63, 64, (1, 3))
        running, following = dense(graph, running, following, last, weight, 0.01), last
    result = graph.add("DequantizeLinear", [running, *following])
    graph.nodes.append(helper.make_node("Identity", [result], ["y"]))
    return onnx_model(graph.nodes, graph.constants, ("batch", 1), domains=["com.microsoft"])


def dense(graph, running, entry, following, weight, step):
    real = graph.add("DequantizeLinear", [running, *entry])
    grid = graph.grid(step, 0, np.int8)
    w = graph.add("DequantizeLinear", [graph.constant(weight, np.int8), *grid])
    real = graph.add("MatMul", [real, w])
    return graph.add("QuantizeLinear", [real, *following])


def every_code(model):
    """Reals (V, 1) of all codes of a model's inputs."""
    grid = model.input
    return grid.reals(np.arange(grid.lo, grid.hi + 1)[:, None])


@pytest.mark.parametrize("kind", [*FLOAT, *INTEGER])
@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_every_code_of_an_activation_is_onnxruntime_s(kind, unsigned, seed, tmp_path):
    graph = activated(kind, seed, unsigned=unsigned, end=True)
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    if kind in ("Sigmoid", "QLinearSigmoid"):
        assert model.tail.kind == "sigmoid"
        return
    x = every_code(model)
    network, certificate = certify(model)
    codes, _ = network.quantize(x)
    assert certificate.exact
    assert np.array_equal(network.output(run(network, codes)), onnxruntime_on(graph, x))


@pytest.mark.parametrize("kind", [*FLOAT, *INTEGER])
@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_layer_behind_an_activation_gives_onnxruntime_s_integers(kind, unsigned, seed, tmp_path):
    graph = activated(kind, seed, unsigned=unsigned)
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    x = every_code(model)
    network, _ = certify(model)
    codes, _ = network.quantize(x)
    assert np.array_equal(network.output(run(network, codes)), onnxruntime_on(graph, x))


def test_clips_and_scalings_between_integers_are_a_table_too(tmp_path):
    graph = Graph()
    entry, following = graph.grid(0.04, 3, np.int8), graph.grid(0.013, -100, np.int8)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = dense(graph, running, entry, entry, np.ones((1, 1)), 1.0)
    real = graph.add("DequantizeLinear", [running, *entry])
    real = graph.add("Mul", [real, graph.constant(0.7, np.float32)])
    real = graph.add("Add", [graph.constant([0.31], np.float32), real])
    bounds = [graph.constant(value, np.float32) for value in (-0.5, 2.5)]
    running = graph.add("QuantizeLinear", [graph.add("Clip", [real, *bounds]), *following])
    result = graph.add("DequantizeLinear", [running, *following])
    graph.nodes.append(helper.make_node("Identity", [result], ["y"]))
    made = onnx_model(graph.nodes, graph.constants, ("batch", 1))
    model = fcgen.load(save(made, tmp_path / "m.onnx"))
    x = every_code(model)
    assert model.layers[0].table is not None
    found = model.output(model.trace(model.input.codes(x)[0])[-1])
    assert np.array_equal(found, onnxruntime_on(made, x))


def test_a_relu_at_the_end_needs_no_quantiser(tmp_path):
    graph = Graph()
    entry = graph.grid(0.04, 3, np.int8)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = dense(graph, running, entry, entry, np.ones((1, 1)), 1.0)
    real = graph.add("Relu", [graph.add("DequantizeLinear", [running, *entry])])
    graph.nodes.append(helper.make_node("Identity", [real], ["y"]))
    made = onnx_model(graph.nodes, graph.constants, ("batch", 1))
    model = fcgen.load(save(made, tmp_path / "m.onnx"))
    x = every_code(model)
    assert (model.layers[0].table, model.layers[0].step.lo) == (None, 3)
    found = model.output(model.trace(model.input.codes(x)[0])[-1])
    assert np.array_equal(found, onnxruntime_on(made, x))


def before_softmax(graph, entry, running):
    real = graph.add("DequantizeLinear", [running, *entry])
    following = graph.grid(1 / 256, -128, np.int8)
    running = graph.add("QuantizeLinear", [graph.add("Softmax", [real]), *following])
    return graph.add("DequantizeLinear", [running, *following])


REFUSED = {
    "a tanh at the end": (
        lambda g, e, r: g.add("Tanh", [g.add("DequantizeLinear", [r, *e])]),
        "tanh: the last layer ends in an activation that is not quantised; put a Quant behind it",
    ),
    "a relu of codes": (
        lambda g, e, r: g.add("Relu", [r]),
        "Relu: takes codes as they are, and is not supported; put a DequantizeLinear before it",
    ),
    "one number for each output": (
        lambda g, e, r: g.add(
            "Add", [g.add("DequantizeLinear", [r, *e]), g.constant([1.0, 2.0], np.float32)]
        ),
        "Add: differs between the elements of codes, and a table is one for all of them; put it "
        "between a layer and its quantiser",
    ),
    "another grid at once": (
        lambda g, e, r: g.add(
            "QuantizeLinear", [g.add("DequantizeLinear", [r, *e]), *g.grid(0.7, 0, np.int8)]
        ),
        "QuantizeLinear: quantises what is quantised already, to another grid; remove one of the",
    ),
    "a function that is not known": (
        lambda g, e, r: g.add("Sin", [g.add("DequantizeLinear", [r, *e])]),
        "Sin: is not supported in a chain of quantised dense layers; remove it",
    ),
}


def ended(change, kind=np.int8):
    graph = Graph()
    entry = graph.grid(0.04, 3, kind)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = dense(graph, running, entry, entry, np.ones((2, 2)), 1.0)
    graph.nodes.append(helper.make_node("Identity", [change(graph, entry, running)], ["y"]))
    return onnx_model(graph.nodes, graph.constants, ("batch", 2))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_by_its_node(name, tmp_path, capsys):
    change, line = REFUSED[name]
    path = save(ended(change), tmp_path / "m.onnx")
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)
    assert cli(capsys, "inspect", path).code == 2


def test_sixteen_bits_are_too_many_for_a_table(tmp_path):
    def change(graph, entry, running):
        real = graph.add("Tanh", [graph.add("DequantizeLinear", [running, *entry])])
        return graph.add("QuantizeLinear", [real, *entry])

    path = save(ended(change, np.int16), tmp_path / "m.onnx")
    with pytest.raises(InputError, match="int16: a table of a function has an index of at most 12"):
        fcgen.load(path)


def test_a_quantised_softmax_is_left_to_the_host(tmp_path):
    model = fcgen.load(save(ended(before_softmax), tmp_path / "m.onnx"))
    assert (model.tail.kind, len(model.layers), model.layers[0].step.output.name) == (
        "softmax", 1, "int8",
    )  # fmt: skip


def test_the_text_of_a_model_tells_its_tables(tmp_path, capsys):
    found = cli(capsys, "inspect", save(activated("Tanh"), tmp_path / "m.onnx"))
    assert found.code == 0
    assert "tanh from a table of 256 entries, int8 -> int8" in found.out

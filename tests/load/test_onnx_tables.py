"""Activations between integers of ONNX graphs: every code is onnxruntime's."""

import numpy as np
import pytest
from onnx import helper

import fcgen
from command_line import run as cli
from fcgen.certify import certify
from fcgen.errors import InputError
from fcgen.reference import run
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


def activated(kind, seed=0, *, unsigned=False, after=None, words=None, widths=(1, 1), end=False):
    """A layer that gives the codes that it takes, an activation of them, and a layer behind."""
    random, graph = np.random.default_rng(seed), Graph()
    dtype = np.uint8 if unsigned else np.int8
    ends = np.iinfo(dtype)
    scale = np.float32(random.uniform(0.005, 0.2))
    zero = int(random.integers(ends.min, ends.max + 1))
    entry = graph.grid(scale, zero, dtype)
    following = graph.grid(after or random.uniform(0.002, 0.02), random.integers(-90, 90) % 127, dtype)
    running = graph.add("QuantizeLinear", ["x", *entry])
    running = dense(graph, running, entry, entry, np.eye(widths[0], widths[1]), 1.0)
    words = {**FLOAT, **INTEGER}[kind] if words is None else words
    if kind in INTEGER:
        parts = [running, *entry, *following]
        running = graph.add(kind, parts, domain="com.microsoft", **words)
    else:
        real = graph.add("DequantizeLinear", [running, *entry])
        running = graph.add("QuantizeLinear", [graph.add(kind, [real], **words), *following])
    if not end:
        last = graph.grid(0.03, 5, dtype)
        weight = random.integers(-63, 64, (widths[1], 3))
        running, following = dense(graph, running, following, last, weight, 0.01), last
    result = graph.add("DequantizeLinear", [running, *following])
    graph.nodes.append(helper.make_node("Identity", [result], ["y"]))
    shape = ("batch", widths[0])
    return onnx_model(graph.nodes, graph.constants, shape, domains=["com.microsoft"])


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
        assert model.tail == "sigmoid"
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

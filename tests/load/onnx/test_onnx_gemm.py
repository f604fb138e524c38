"""Gemm of quantised ONNX graphs with alpha and beta: what onnxruntime makes of it, fused or not."""

import numpy as np
import onnx
import pytest
from onnx import helper

import fcgen
from fcgen.certification.certify import certify
from fcgen.network.reference import run
from fcgen.numerics.source_step import FloatProduct
from onnx_examples import onnx_model, save
from qdq_examples import Graph, onnxruntime_on

RANDOM = np.random.default_rng(0)
ENDS = 6, 4


def gemm(folder, bias, **words):
    """A graph of one Gemm between two grids of int8."""
    graph = Graph()
    grid, after = graph.grid(0.02, 0, np.int8), graph.grid(0.05, 0, np.int8)
    running = graph.add("QuantizeLinear", ["x", *grid])
    operands = [graph.add("DequantizeLinear", [running, *grid])]
    parts = [graph.constant(RANDOM.integers(-63, 64, ENDS), np.int8), *graph.grid(0.01, 0, np.int8)]
    operands.append(graph.add("DequantizeLinear", parts))
    if bias:
        values = graph.constant(RANDOM.integers(-9000, 9000, ENDS[1]), np.int32)
        parts = [values, *graph.grid(float(np.float32(0.02) * np.float32(0.01)), 0, np.int32)]
        operands.append(graph.add("DequantizeLinear", parts))
    running = graph.add("Gemm", operands, **words)
    running = graph.add("QuantizeLinear", [running, *after])
    running = graph.add("DequantizeLinear", [running, *after])
    graph.nodes.append(helper.make_node("Identity", [running], ["y"]))
    return save(onnx_model(graph.nodes, graph.constants, ("batch", ENDS[0])), folder / "m.onnx")


@pytest.mark.parametrize(
    ("bias", "words", "integers"),
    [
        (True, {}, True),
        (False, {"alpha": 0.5}, True),
        (False, {"alpha": -0.3, "beta": 0.5}, True),
        (True, {"alpha": 0.5}, False),
        (True, {"alpha": -1.7}, False),
        (True, {"beta": 0.5}, False),
    ],
)
def test_it_differs_from_onnxruntime_only_where_the_certificate_says_so(
    bias, words, integers, tmp_path
):
    path = gemm(tmp_path, bias, **words)
    model = fcgen.load(path)
    network, certificate = certify(model)
    assert isinstance(model.layers[0].step, FloatProduct) == integers
    codes = RANDOM.integers(-128, 128, (4000, ENDS[0]))
    expected = onnxruntime_on(onnx.load(path), network.input.reals(codes))
    sums = model.layers[0].accumulate(codes)
    listed = {
        (one.output, at) for one in certificate.differences for at in range(one.first, one.last + 1)
    }
    for vector, output in np.argwhere(network.output(run(network, codes)) != expected):
        assert (int(output), int(sums[vector, output])) in listed

"""Quantised graphs that leave their inputs open: the grid comes from the command line."""

import numpy as np
import pytest
from onnx import helper

import fcgen
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.network.reference import run
from onnx_examples import onnx_model, save
from qdq_examples import Graph, onnxruntime_on
from qonnx_examples import Graph as Qonnx

RANDOM = np.random.default_rng(0)


def qonnx(folder):
    graph = Qonnx()
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 0.25, 4)
    running = graph.quant(graph.add("MatMul", ["x", weight]), 0.125, 6)
    return save(graph.model(running, (1, 6)), folder / "m.onnx")


def qdq(folder, *, entry=False, step=2.0**-6):
    """A graph whose first product is one of float inputs; with ``entry`` of codes."""
    graph = Graph()
    grid, following = graph.grid(0.05, 0, np.int8), graph.grid(0.0625, -3, np.int8)
    running = "x"
    if entry:
        running = graph.add("QuantizeLinear", [running, *grid])
        running = graph.add("DequantizeLinear", [running, *grid])
    parts = [graph.constant(RANDOM.integers(-63, 64, (6, 5)), np.int8)]
    w = graph.add("DequantizeLinear", [*parts, *graph.grid(step, 0, np.int8)])
    running = graph.add("QuantizeLinear", [graph.add("MatMul", [running, w]), *following])
    running = graph.add("DequantizeLinear", [running, *following])
    graph.nodes.append(helper.make_node("Identity", [running], ["y"]))
    return save(onnx_model(graph.nodes, graph.constants, ("batch", 6)), folder / "m.onnx")


@pytest.mark.parametrize("source", [qonnx, qdq])
def test_what_is_assumed_is_said(source, tmp_path, capsys):
    found = cli(capsys, "certify", source(tmp_path))
    assert (found.code, "does not quantise its input x: taken as int14" in found.err) == (0, True)


@pytest.mark.parametrize("source", [qonnx, qdq])
@pytest.mark.parametrize("lo", [-3.0, 0.0])
@pytest.mark.parametrize("way", ["data", "range"])
def test_data_or_a_range_give_the_grid(source, lo, way, tmp_path, capsys):
    x = RANDOM.uniform(lo, 3, (500, 6))
    np.save(tmp_path / "x.npy", x)
    path = source(tmp_path)
    options = {"data": ["--calibration", tmp_path / "x.npy"], "range": ["--range", lo, 3]}[way]
    found = cli(capsys, "compile", path, "-o", tmp_path / "d", *options)
    assert (found.code, "does not quantise" in found.err) == (0, False), found.err
    grid = fcgen.open(tmp_path / "d").network.input
    assert (grid.lo, grid.hi) == (-128, 127)
    assert grid.codes(x)[1] < 0.02 * x.size
    assert np.abs(grid.reals(grid.codes(x)[0]) - x).max() < 4 / 128
    assert grid.zero_point == (-128 if lo == 0 else 0)


def test_onnxruntime_s_integers_of_dequantised_inputs_are_the_network_s(tmp_path):
    path = qdq(tmp_path)
    from fcgen.load.detect import load_model
    from fcgen.numerics.real_map import InputGrid

    model = load_model(path, None, InputGrid(2.0**-5, 0, -128, 127))
    network, certificate = certify(model)
    codes = RANDOM.integers(-128, 128, (2000, 6))
    import onnx

    expected = onnxruntime_on(onnx.load(path), network.input.reals(codes))
    assert certificate.exact
    assert not model.open
    assert np.array_equal(network.output(run(network, codes)), expected)


@pytest.mark.parametrize("step", [0.0123, 0.3])
def test_sums_of_floats_differ_only_where_the_certificate_says_so(step, tmp_path):
    import onnx

    from fcgen.load.detect import load_model
    from fcgen.numerics.real_map import InputGrid

    path = qdq(tmp_path, step=step)
    model = load_model(path, None, InputGrid(0.0371, 4, -128, 127))
    network, certificate = certify(model)
    codes = RANDOM.integers(-128, 128, (5000, 6))
    expected = onnxruntime_on(onnx.load(path), network.input.reals(codes))
    sums = model.layers[0].accumulate(codes)
    listed = {
        (one.output, at) for one in certificate.differences for at in range(one.first, one.last + 1)
    }
    for vector, output in np.argwhere(network.output(run(network, codes)) != expected):
        assert (int(output), int(sums[vector, output])) in listed


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--range", 0, 1], "--range: LO HI: the inputs have a grid already; leave the option out"),
        (["--calibration", "x.npy"], "--calibration: ONNX, quantised: the file holds integers"),
        (["--input-format", "int8:1"], "QuantizeLinear: quantises the input itself; leave --input"),
    ],
)
def test_inputs_that_the_graph_quantises_take_no_grid(words, line, tmp_path, capsys):
    found = cli(capsys, "compile", qdq(tmp_path, entry=True), "-o", tmp_path / "d", *words)
    assert (found.code, line in found.err) == (2, True), found.err

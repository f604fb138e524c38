"""Quantised ONNX graphs: the integers that are read are those of onnxruntime."""

import numpy as np
import pytest
from onnx import helper, numpy_helper

import fcgen
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.network.reference import run
from fcgen.numerics.float_chain import FloatChain
from fcgen.numerics.source_step import FloatProduct
from onnx_examples import save
from qdq_examples import mlp, onnxruntime_on

STYLES = ("gemm", "matmul", "matmul+add", "qgemm", "qlinearmatmul")


def loaded(graph, folder):
    return fcgen.load(save(graph, folder / "m.onnx"))


def inputs(model, vectors=2000):
    return np.random.default_rng(1).normal(0, 2.5, (vectors, *model.input_shape)).astype(np.float32)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_layers_of_integers_give_onnxruntime_s(style, unsigned, per_channel, seed, tmp_path):
    if style == "qlinearmatmul" and per_channel:
        pytest.skip("onnxruntime's QLinearMatMul takes one scale a column of a 2-D weight only")
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 50, 4)]
    graph = mlp(widths, seed, style, unsigned=unsigned, per_channel=per_channel)
    model = loaded(graph, tmp_path)
    x = inputs(model)
    codes, _ = model.input.codes(x)
    assert all(isinstance(layer.step, FloatProduct) for layer in model.layers)
    assert np.array_equal(model.output(model.trace(codes)[-1]), onnxruntime_on(graph, x))


@pytest.mark.parametrize("style", ["gemm", "matmul", "matmul+add"])
def test_a_relu_that_the_zero_point_makes_needless_is_none(style, tmp_path):
    graph = mlp([30, 20, 10], 1, style, relu="needless")
    model = loaded(graph, tmp_path)
    x = inputs(model)
    assert isinstance(model.layers[0].step, FloatProduct)
    codes, _ = model.input.codes(x)
    wrong = model.output(model.trace(codes)[-1]) != onnxruntime_on(graph, x)
    # MatMul and Relu stay floats in onnxruntime, whose sums are not exact: see the next test.
    assert wrong.mean() < (1e-3 if style != "gemm" else 1e-9)


@pytest.mark.parametrize("style", ["gemm", "matmul", "matmul+add"])
@pytest.mark.parametrize("seed", range(6))
def test_every_difference_to_float_sums_is_listed(style, seed, tmp_path):
    graph = mlp([40, 30], seed, style, relu="kept")
    model = loaded(graph, tmp_path)
    (layer,) = model.layers
    network, certificate = certify(model)
    x = inputs(model, 6000)
    codes, _ = model.input.codes(x)
    sums = layer.accumulate(codes)
    wrong = model.output(run(network, codes)) != onnxruntime_on(graph, x)
    listed = {
        (found.output, at)
        for found in certificate.differences
        for at in range(found.first, found.last + 1)
    }
    assert isinstance(layer.step, FloatChain)
    for vector, output in np.argwhere(wrong):
        assert (int(output), int(sums[vector, output])) in listed


@pytest.mark.parametrize("seed", range(8))
def test_a_certified_network_gives_onnxruntime_s_integers(seed, tmp_path):
    graph = mlp([20, 12, 6], seed, STYLES[seed % len(STYLES)])
    model = loaded(graph, tmp_path)
    network, certificate = certify(model)
    x = inputs(model, 6000)
    found = network.output(run(network, network.quantize(x)[0]))
    wrong = found != onnxruntime_on(graph, x)
    assert certificate.target == "onnxruntime"
    if certificate.exact:
        assert not wrong.any()
    assert wrong.mean() < 2e-3


def test_clips_of_codes_are_bounds(tmp_path):
    graph = mlp([20, 12, 6], 2, "qgemm", narrow=True)
    model = loaded(graph, tmp_path)
    assert [(layer.step.lo, layer.step.hi) for layer in model.layers] == [(-120, 119)] * 2
    assert model.layers[1].input_lo == -120
    x = inputs(model)
    codes, _ = model.input.codes(x)
    assert np.array_equal(model.output(model.trace(codes)[-1]), onnxruntime_on(graph, x))


def changed(change):
    graph = mlp([6, 5, 4], 0, "gemm")
    change(graph.graph)
    return graph


def drop(kind, number):
    def change(graph):
        node = [node for node in graph.node if node.op_type == kind][number]
        for other in graph.node:
            for place, name in enumerate(other.input):
                if name == node.output[0]:
                    other.input[place] = node.input[0]
        graph.node.remove(node)

    return change


def rescale(graph):
    for tensor in graph.initializer:
        if tensor.name == "c0":
            tensor.raw_data = np.float32(-1).tobytes()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (drop("QuantizeLinear", 0), "does not undo the QuantizeLinear before it"),
        (rescale, "QuantizeLinear: its scales must be positive constants"),
    ],
)
def test_graphs_whose_grids_do_not_fit_are_refused(change, line, tmp_path):
    with pytest.raises(InputError, match=line):
        loaded(changed(change), tmp_path)


def test_a_clip_behind_the_quantised_input_is_its_range(tmp_path):
    graph = mlp([6, 4], 0, "gemm")
    (first,) = (node for node in graph.graph.node if node.output[0] == "t0")
    bounds = [
        numpy_helper.from_array(np.asarray(v, np.int8), n) for n, v in (("lo", -7), ("hi", 7))
    ]
    graph.graph.initializer.extend(bounds)
    first.output[0] = "wide"
    graph.graph.node.insert(1, helper.make_node("Clip", ["wide", "lo", "hi"], ["t0"]))
    model = loaded(graph, tmp_path)
    assert (model.input.lo, model.input.hi) == (-7, 7)
    assert (model.layers[0].input_lo, model.layers[0].input_hi) == (-7, 7)


@pytest.mark.parametrize(("narrow", "step"), [(True, FloatChain), (False, FloatProduct)])
def test_int8_with_a_clip_at_one_side_stays_a_sum_of_floats(narrow, step, tmp_path):
    model = loaded(mlp([6, 4, 3], 0, "gemm", narrow=narrow), tmp_path)
    assert isinstance(model.layers[0].step, step)
    assert isinstance(model.layers[1].step, FloatProduct)


def test_int8_products_without_bias_stay_floats_where_their_codes_are_clipped(tmp_path):
    clipped = loaded(mlp([6, 4, 3], 0, "matmul", narrow=True), tmp_path)
    assert all(isinstance(layer.step, FloatChain) for layer in clipped.layers)
    plain = loaded(mlp([6, 4, 3], 0, "matmul"), tmp_path)
    assert all(isinstance(layer.step, FloatProduct) for layer in plain.layers)

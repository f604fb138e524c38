"""QONNX graphs: what is read, and the network that is certified, give the graph's own values."""

import numpy as np
import pytest

import fcgen
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.qonnx.walk import read_qonnx
from fcgen.network.reference import run
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.real_map import InputGrid
from onnx_examples import save
from qonnx_examples import DOMAIN, Graph, mlp
from qonnx_random import MODES
from qonnx_runtime import execute
from shared_models import model as shared

RANDOM = np.random.default_rng(0)


def inputs(model, vectors=300):
    """Reals whose codes reach beyond the input's range."""
    return RANDOM.normal(0, 5, (vectors, *model.input_shape)).astype(np.float32)


def values_of(network, x):
    return network.output(run(network, network.quantize(x)[0]))


@pytest.mark.parametrize("seed", range(12))
def test_a_certified_network_gives_the_graph_s_values(seed, tmp_path):
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 30, int(random.integers(2, 5)))]
    graph = mlp(widths, seed, bits=int(random.integers(2, 7)), bias=bool(seed % 2))
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    network, certificate = certify(model)
    x = inputs(model)
    assert certificate.exact
    assert np.array_equal(values_of(network, x), execute(graph, x))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("norm", [False, True])
def test_every_rounding_gives_the_graph_s_values_or_is_listed(mode, signed, norm, tmp_path):
    words = {"mode": mode, "signed": signed, "zero_point": 3.0 * (signed == 0)}
    graph = mlp([8, 6, 4], 5, norm=norm, **words)
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    network, certificate = certify(model)
    x = inputs(model)
    if certificate.exact:
        assert np.array_equal(values_of(network, x), execute(graph, x))
    else:
        sums = model.layers[0].accumulate(network.quantize(x)[0])
        wrong = run(fcgen_layer(network), network.quantize(x)[0]) != model.layers[0].step(sums)
        for vector, output in np.argwhere(wrong):
            assert any(
                found.output == output and found.first <= sums[vector, output] <= found.last
                for found in certificate.differences
            )


def fcgen_layer(network):
    from fcgen.network.network import Network

    return Network.single(network.layers[0])


def test_what_is_done_to_the_input_before_it_is_quantised_is_done_by_the_network(tmp_path):
    graph = Graph()
    scaled = graph.add("Mul", ["x", graph.constant(2.0)])
    moved = graph.add("Sub", [scaled, graph.constant([1.0])])
    entry = graph.quant(moved, 1.0, 2, narrow=1)
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 1.0, 2, narrow=1)
    made = graph.model(graph.add("MatMul", [entry, weight]), (1, 6))
    model = fcgen.load(save(made, tmp_path / "m.onnx"))
    network, _ = certify(model)
    x = RANDOM.uniform(0, 1, (200, 6)).astype(np.float32)
    assert (model.input.lo, model.input.hi) == (-1, 1)
    assert np.array_equal(values_of(network, x), execute(made, x))


def test_bipolar_weights_and_activations_are_signs(tmp_path):
    graph = Graph()
    entry = graph.quant("x", 0.5, 4)
    first = graph.constant(RANDOM.normal(0, 1, (9, 7)))
    signs = graph.add("BipolarQuant", [first, graph.constant(0.5)], DOMAIN)
    running = graph.add("MatMul", [entry, signs])
    running = graph.add("BipolarQuant", [running, graph.constant(1.0)], DOMAIN)
    second = graph.add(
        "BipolarQuant", [graph.constant(RANDOM.normal(0, 1, (7, 3))), graph.constant(1.0)], DOMAIN
    )
    made = graph.model(graph.add("MatMul", [running, second]), (1, 9))
    model = fcgen.load(save(made, tmp_path / "m.onnx"))
    network, certificate = certify(model)
    x = inputs(model)
    assert certificate.exact
    assert set(np.unique(model.layers[0].weight)) == {-1, 1}
    formats = [(layer.weight_format, layer.activation_format) for layer in network.layers]
    assert formats == [(BIPOLAR, IntegerFormat(4, True)), (BIPOLAR, BIPOLAR)]
    assert network.layers[0].requantization.line() == "2 thresholds an output, rising"
    assert np.array_equal(values_of(network, x), execute(made, x))


def test_a_graph_that_does_not_quantise_its_input_gets_a_grid(tmp_path):
    graph = Graph()
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 0.25, 4)
    made = graph.model(graph.add("MatMul", ["x", weight]), (1, 6))
    path = save(made, tmp_path / "m.onnx")
    entry = InputGrid(2.0**-4, 0, -128, 127)
    for model in (fcgen.load(path), read_qonnx(path, made, entry)):
        network, _ = certify(model)
        codes, _ = network.quantize(inputs(model))
        x = network.input.reals(codes)
        assert np.array_equal(network.output(run(network, codes)), execute(made, x))
    assert model.input is entry
    assert model.notes == ()


def unquantised(folder):
    graph = Graph()
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 0.25, 4)
    return save(graph.model(graph.add("MatMul", ["x", weight]), (1, 6)), folder / "m.onnx")


def test_the_grid_that_is_assumed_for_the_inputs_is_said(tmp_path, capsys):
    assert "does not quantise its input x" in fcgen.load(unquantised(tmp_path)).notes[0]
    found = cli(capsys, "certify", tmp_path / "m.onnx")
    assert (found.code, "taken as int14 with a step of 1/1024" in found.err) == (0, True)


@pytest.mark.parametrize(
    ("word", "grid"),
    [
        ("int8:0.0625", (0.0625, 0, -128, 127)),
        ("uint8:1/256", (1 / 256, 0, 0, 255)),
        ("int4:3:-2", (3.0, -2, -8, 7)),
    ],
)
def test_the_grid_of_the_inputs_can_be_given(word, grid, tmp_path, capsys):
    words = [unquantised(tmp_path), "-o", tmp_path / "d", "--input-format", word]
    found = cli(capsys, "compile", *words)
    assert (found.code, "does not quantise" in found.err) == (0, False)
    entry = fcgen.open(tmp_path / "d").network.input
    assert (entry.scale, entry.zero_point, entry.lo, entry.hi) == grid


@pytest.mark.parametrize("word", ["int8", "int8:0", "int17:1", "float:1", "int4:1:8", "int8:-1"])
def test_a_grid_that_is_none_is_refused(word, tmp_path, capsys):
    found = cli(capsys, "certify", unquantised(tmp_path), "--input-format", word)
    assert found.code == 2
    rule = "must be a format, a step and the code of zero, as int8:0.05 or uint8:1/256:0"
    assert f"--input-format: {word}: {rule}; correct it" in found.err


def test_a_graph_that_quantises_its_input_takes_no_other_grid(tmp_path, capsys):
    path = save(mlp([8, 6], 0), tmp_path / "m.onnx")
    found = cli(capsys, "certify", path, "--input-format", "int8:1")
    assert found.code == 2
    assert "quantises the input itself; leave --input-format out" in found.err


def test_scales_that_are_no_powers_of_two_are_proven_where_no_sum_is_near_a_threshold(tmp_path):
    graph = mlp([8, 6, 4], 1, power=False)
    model = fcgen.load(save(graph, tmp_path / "m.onnx"))
    assert model.layers[0].step.error.any()
    network, certificate = certify(model)
    codes, _ = network.quantize(x := inputs(model))
    # The last sums themselves are floats, whose last bits depend on the order of additions.
    theirs = np.rint(execute(graph, x) / float(network.scores.scale))
    assert certificate.exact
    assert np.array_equal(run(network, codes), theirs)


@pytest.mark.parametrize(
    ("name", "thresholds"), [("TFC_2W2A.onnx", 384), ("qkeras_jettagging.onnx", 7930)]
)
def test_the_shared_models_are_certified(name, thresholds):
    model = fcgen.load(shared(name))
    _, certificate = certify(model)
    assert certificate.exact
    assert not certificate.differences
    assert certificate.thresholds == thresholds


def test_negative_gammas_are_falling_thresholds():
    network, _ = certify(fcgen.load(shared("TFC_2W2A.onnx")))
    assert any(layer.requantization.falling.any() for layer in network.layers[:-1])


def broken(change):
    graph = Graph()
    entry = graph.quant("x", 0.25, 4)
    values = graph.constant(RANDOM.normal(0, 1, (6, 6)))
    weight = graph.quant(values, 0.25, 4)
    output = change(graph, entry, weight)
    return graph.model(output, (1, 6))


def product(graph, entry, weight):
    return graph.add("MatMul", [entry, weight])


REFUSED = {
    "weights that are floats": (
        lambda g, e, w: product(g, e, g.constant(np.ones((6, 6)))),
        "MatMul: its weights are no quantised constant on the right",
    ),
    "activations that are floats": (
        lambda g, e, w: product(g, product(g, e, w), w),
        "MatMul: its inputs are not quantised; put a Quant between the layers",
    ),
    "scales along the inputs": (
        lambda g, e, w: product(
            g, e, g.quant(g.constant(np.ones((6, 6))), np.arange(1, 7).reshape(6, 1), 4)
        ),
        "MatMul: scales of weights must not change along the inputs",
    ),
    "a scale for each activation": (
        lambda g, e, w: product(g, g.quant(product(g, e, w), np.arange(1, 7), 4), w),
        "MatMul: scales of activations must be one number; quantise them by tensor",
    ),
    "too many bits": (
        lambda g, e, w: g.quant(product(g, e, w), 1.0, 17),
        "Quant: has 17 bits, and 1 to 16 are supported; quantise it with fewer",
    ),
    "an unknown rounding": (
        lambda g, e, w: g.quant(product(g, e, w), 1.0, 4, mode="SOMEHOW"),
        "Quant: rounds by SOMEHOW, which qonnx does not know; ROUND, HALF_EVEN, CEIL, FLOOR, UP, "
        "DOWN, HALF_UP, HALF_DOWN are; choose one of these",
    ),
    "a rounding that qonnx refuses": (
        lambda g, e, w: g.quant(product(g, e, w), 1.0, 4, mode="ROUND_TO_ZERO"),
        "Quant: rounds by ROUND_TO_ZERO, which qonnx does not know; ROUND",
    ),
    "a scale of zero": (
        lambda g, e, w: g.quant(product(g, e, w), 0.0, 4),
        "Quant: its scales must be positive and finite; correct the model",
    ),
    "a tanh of sums": (
        lambda g, e, w: g.quant(g.add("Tanh", [product(g, e, w)]), 1.0, 4),
        "Tanh: its inputs are not quantised, and a table of it needs codes; put a quantiser",
    ),
    "a function of codes that is not quantised at the end": (
        lambda g, e, w: g.add("Tanh", [g.quant(product(g, e, w), 1.0, 4)]),
        "the last layer ends in an activation that is not quantised; put a Quant behind it",
    ),
    "scales in double precision": (
        lambda g, e, w: g.add(
            "Quant",
            [product(g, e, w), g.constant(1.0, np.float64), *map(g.constant, (0.0, 4.0))],
            DOMAIN,
            signed=1,
            narrow=0,
            rounding_mode="ROUND",
        ),
        "Quant: its scales are float64; make them float32",
    ),
    "a zero point between two codes": (
        lambda g, e, w: g.quant(product(g, e, w), 1.0, 4, zero_point=0.5),
        "Quant: its zero point must be an integer; correct the model",
    ),
    "a zero point far from all codes": (
        lambda g, e, w: g.quant(product(g, e, w), 1.0, 4, zero_point=40000.0),
        "Quant: its zero point 40000 does not fit 16 bits; use one that is nearer to its codes",
    ),
    "a C of another size": (
        lambda g, e, w: g.add("Gemm", [e, w, g.constant(np.ones(4))]),
        "Gemm: its C must be a constant of one or 6 numbers; correct the model",
    ),
    "an alpha of zero": (
        lambda g, e, w: g.add("Gemm", [e, w], alpha=0.0),
        "Gemm: its alpha and beta must be finite, and alpha not 0; correct the model",
    ),
    "a branch": (
        lambda g, e, w: g.add("Add", [product(g, e, w), product(g, e, w)]),
        "the graph is no chain: it uses a value beside the one before",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_integers_is_refused_by_its_node(name, tmp_path):
    change, line = REFUSED[name]
    path = save(broken(change), tmp_path / "m.onnx")
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)


@pytest.mark.parametrize("kind", ["Sigmoid", "Tanh", "Relu"])
@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("signed", [0, 1])
def test_a_function_between_two_quants_is_a_table(kind, bits, signed, tmp_path):
    graph = Graph()
    running = graph.quant("x", 0.25, 6)
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 0.25, 4)
    running = graph.quant(graph.add("MatMul", [running, weight]), 0.05, bits)
    running = graph.quant(graph.add(kind, [running]), 2.0**-6, bits, signed=signed)
    second = graph.quant(graph.constant(RANDOM.normal(0, 1, (5, 3))), 0.25, 4)
    made = graph.model(graph.add("MatMul", [running, second]), (1, 6))
    network, certificate = certify(fcgen.load(save(made, tmp_path / "m.onnx")))
    x = RANDOM.normal(0, 3, (300, 6)).astype(np.float32)
    assert certificate.exact
    assert network.layers[0].table.index.bits == bits
    assert np.array_equal(values_of(network, x), execute(made, x))


def test_a_second_quant_is_a_table(tmp_path):
    graph = Graph()
    running = graph.quant("x", 0.25, 6)
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 0.25, 4)
    running = graph.quant(graph.add("MatMul", [running, weight]), 0.125, 8)
    made = graph.model(graph.quant(running, 0.7, 4, signed=0, mode="FLOOR"), (1, 6))
    network, certificate = certify(fcgen.load(save(made, tmp_path / "m.onnx")))
    x = RANDOM.normal(0, 3, (300, 6)).astype(np.float32)
    assert certificate.exact
    assert np.array_equal(values_of(network, x), execute(made, x))

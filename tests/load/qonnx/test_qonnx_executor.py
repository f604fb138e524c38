"""QONNX graphs beside qonnx's own executor: every code, the same integers."""

import numpy as np
import onnx
import pytest

import fcgen
import qonnx_checks
import qonnx_random
import shared_models
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.network.network import End
from fcgen.network.reference import run
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from onnx_examples import save
from qonnx_examples import DOMAIN, Graph
from qonnx_runtime import execute, execute_alone

RANDOM = np.random.default_rng(0)


def network_of(graph, folder):
    network, certificate = certify(fcgen.load(save(graph, folder / "m.onnx")))
    return network, certificate


def equal(graph, folder, spread=3.0, vectors=400):
    """Compare with the executor; return the certified network."""
    network, certificate = network_of(graph, folder)
    x = RANDOM.normal(0, spread, (vectors, network.inputs)).astype(np.float32)
    codes, _ = network.quantize(x)
    assert certificate.exact
    assert np.array_equal(network.output(run(network, codes)), execute(graph, x))
    return network


def layer(graph, entry, size=(6, 5), weight=None, **words):
    """Add a layer of 4-bit weights to a graph; return the name of its sums."""
    weight = RANDOM.normal(0, 1, size) if weight is None else weight
    quantised = graph.quant(graph.constant(weight), 0.25, 4)
    return graph.add(*(("Gemm",) if words else ("MatMul",)), [entry, quantised], **words)


@pytest.mark.parametrize("number", range(24))
def test_a_random_graph_differs_only_where_the_certificate_says_so(number, tmp_path):
    drawn = qonnx_random.draw(0, number)
    checked = qonnx_checks.check(drawn, tmp_path, np.random.default_rng(number), vectors=100)
    assert checked.counts.outputs
    assert checked.counts.faults == 0, (checked.counts, drawn.words)


@pytest.mark.parametrize("name", ["q_onebit", "q_slope_steep", "q_zp", "qn_ibits1", "qn_izp"])
def test_the_shared_cases_are_equal_to_the_executor(name):
    path = shared_models.case(f"{name}.onnx")
    network, certificate = certify(fcgen.load(path))
    # Halves of steps, so that there are ties.
    halves = np.rint(RANDOM.normal(0, 6, (900, network.inputs)) / network.input.scale)
    graph, x = onnx.load(path), (halves * network.input.scale / 2).astype(np.float32)
    theirs = execute(graph, x, graph.graph.output[0].name)
    assert certificate.exact
    assert np.array_equal(network.output(run(network, network.quantize(x)[0])), theirs)


def test_one_signed_bit_is_a_sign_in_inputs_weights_and_activations(tmp_path):
    graph = Graph()
    entry = graph.quant("x", 0.5, 1)
    values = np.array([[0.0, -0.1], [0.2, -3.0], [-0.0, 0.1]])
    weight = graph.quant(graph.constant(values), 0.25, 1)
    running = graph.quant(graph.add("MatMul", [entry, weight]), 0.125, 1)
    last = graph.quant(graph.constant(RANDOM.normal(0, 1, (2, 3))), 0.25, 4)
    network = equal(graph.model(graph.add("MatMul", [running, last]), (1, 3)), tmp_path)
    assert network.layers[0].weight.tolist() == [[1, 1, 1], [-1, -1, 1]]
    assert [one.activation_format for one in network.layers] == [BIPOLAR, BIPOLAR]
    assert network.quantize(np.array([[-0.01, 0.0, 5.0]]))[0].tolist() == [[-1, 1, 1]]


def test_one_scale_may_be_written_for_every_input(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", np.full((1, 6), 0.5), 1))
    running = graph.quant(running, np.full((1, 5), 0.5), 6)
    equal(graph.model(layer(graph, running, (5, 3)), (1, 6)), tmp_path)


def test_a_sign_with_a_zero_point_has_two_bits(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.5, 1, zero_point=2.0))
    running = layer(graph, graph.quant(running, 0.5, 1, zero_point=-1.0), (5, 4))
    network = equal(graph.model(graph.quant(running, 0.25, 6), (1, 6)), tmp_path)
    assert [one.activation_format.name for one in network.layers] == ["int3", "int2"]


@pytest.mark.parametrize("zero_point", [1.0, 4.0, -9.0, 100.0])
def test_a_zero_point_is_added_before_the_rounding_at_the_input(zero_point, tmp_path):
    graph = Graph()
    entry = graph.quant("x", 0.25, 3, zero_point=zero_point)
    made = graph.model(graph.quant(layer(graph, entry), 0.25, 8), (1, 6))
    network = equal(made, tmp_path)
    ties = (np.arange(-4, 4) + 0.5 - zero_point)[:, None] * np.full(6, 0.25)
    codes, _ = network.quantize(ties)
    assert codes[:, 0].tolist() == [-4, -2, -2, 0, 0, 2, 2, 3]
    x = ties.astype(np.float32)
    assert np.array_equal(network.output(run(network, codes)), execute(made, x))


def test_a_zero_point_may_lie_outside_of_the_codes(tmp_path):
    graph = Graph()
    running = graph.quant(layer(graph, graph.quant("x", 0.25, 4)), 0.5, 3, zero_point=4.0)
    network = equal(graph.model(layer(graph, running, (5, 3)), (1, 6)), tmp_path)
    assert network.layers[1].input_zero_point == 4
    assert network.layers[0].output_format == IntegerFormat(4, signed=True)


@pytest.mark.parametrize("mode", qonnx_random.MODES)
def test_inputs_are_rounded_in_every_mode(mode, tmp_path):
    graph = Graph()
    entry = graph.quant("x", 0.5, 5, zero_point=3.0, mode=mode)
    made = graph.model(layer(graph, entry), (1, 6))
    network = equal(made, tmp_path)
    x = np.nextafter(np.float32(0.25), np.float32([0, 1, 0, 1, 0, 1]))[None]
    own = network.output(run(network, network.quantize(x)[0]))
    assert np.array_equal(own, execute_alone(made, x))


def test_a_half_up_of_the_executor_lifts_the_float_below_one_half(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 1.0, 4, mode="HALF_UP"))
    network = equal(graph.model(running, (1, 6)), tmp_path)
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert network.quantize(np.full((1, 6), below))[0].tolist() == [[1] * 6]


def test_a_bit_width_need_not_be_whole(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.25, 3.5))
    running = graph.quant(running, 0.5, 4.25, signed=0, mode="CEIL")
    network = equal(graph.model(running, (1, 6)), tmp_path)
    # 2^2.5 is 5.66, and 2^4.25 is 19.03.
    assert (network.input.lo, network.input.hi) == (-6, 5)
    assert network.layers[0].output_format == IntegerFormat(5, signed=False)
    assert int(np.max(network.layers[0].requantization.hi)) == 19


def test_a_quantiser_of_one_code_gives_it(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.25, 4))
    running = graph.quant(running, 0.5, 1, signed=0, narrow=1, zero_point=1.0)
    network = equal(graph.model(layer(graph, running, (5, 3)), (1, 6)), tmp_path)
    assert network.layers[0].output_format == IntegerFormat(1, signed=False)


def test_signs_of_reals_are_inputs_and_go_through_the_virtual_board(tmp_path, capsys):
    graph = Graph()
    moved = graph.add("Sub", ["x", graph.constant(0.75)])
    entry = graph.add("BipolarQuant", [moved, graph.constant(2.0)], DOMAIN)
    made = graph.model(graph.quant(layer(graph, entry), 0.5, 1), (1, 6))
    network = equal(made, tmp_path)
    assert network.activation_format == BIPOLAR
    assert fcgen.network.network.Network.from_json(network.to_json()).to_json() == network.to_json()
    x = RANDOM.normal(0, 2, (20, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    assert cli(capsys, "compile", tmp_path / "m.onnx", "-o", tmp_path / "d").code == 0
    words = ["--board", "virtual", "--inputs", tmp_path / "x.npy", "--outputs", tmp_path / "y.npy"]
    found = cli(capsys, "run", tmp_path / "d", *words)
    assert (found.code, "0 mismatches in 100 outputs" in found.out) == (0, True), found.err
    outputs = np.load(tmp_path / "y.npy")
    assert set(np.unique(outputs)) == {-1, 1}
    assert np.array_equal(network.output(outputs), execute(made, x))


@pytest.mark.parametrize(
    "words",
    [
        {"alpha": 0.5},
        {"alpha": -0.25, "beta": 2.0},
        {"alpha": 1.7, "beta": 0.3, "transB": 1},
        {"beta": -0.5},
    ],
)
@pytest.mark.parametrize("quantised", [False, True])
def test_alpha_and_beta_of_a_gemm_are_those_of_onnxruntime(words, quantised, tmp_path):
    graph = Graph()
    entry = graph.quant("x", 0.25, 6)
    values = RANDOM.normal(0, 1, (5, 6) if words.get("transB") else (6, 5))
    weight = graph.quant(graph.constant(values), 0.25, 4)
    bias = graph.constant(np.arange(-2, 3) * 0.0625)
    running = graph.add("Gemm", [entry, weight, bias], **words)
    running = graph.quant(running, 0.187312, 8) if quantised else running
    equal(graph.model(running, (1, 6)), tmp_path)


def test_a_c_off_the_grid_of_the_sums_is_listed_where_the_order_of_additions_decides(tmp_path):
    graph = Graph()
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (9, 4))), 0.25, 4)
    # At a sum of 5 steps the value is one half of an output step, but for the float's last bits.
    bias = graph.constant(np.full(4, 0.1))
    sums = graph.add("Gemm", [graph.quant("x", 0.25, 6), weight, bias])
    step = 2 * (5 / 16 + 0.1) / 3
    _, certificate = network_of(graph.model(graph.quant(sums, step, 8), (1, 9)), tmp_path)
    listed = [one for one in certificate.differences if one.first <= 5 <= one.last]
    assert {one.output for one in listed} == set(range(4))


@pytest.mark.parametrize("tail", ["Relu", "Clip", "Max of a Quant"])
def test_a_last_layer_may_end_in_a_bound(tail, tmp_path, capsys):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.25, 6))
    if tail == "Max of a Quant":
        running = graph.quant(running, 0.30173, 6)
    ends = [graph.constant(-0.31), graph.constant(1.03)]
    running = graph.add("Relu" if tail == "Relu" else "Clip", [running, *ends * (tail != "Relu")])
    made = graph.model(running, (1, 6))
    network = equal(made, tmp_path)
    assert not network.scores.keeps_order
    with pytest.raises(InputError) as caught:
        certify(fcgen.load(tmp_path / "m.onnx"), End("argmax"))
    assert str(caught.value) == (
        "end: argmax: the source bounds the last outputs, and takes the first of equal ones; "
        "requantize the last layer"
    )
    x = RANDOM.normal(0, 0.5, (100, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    cli(capsys, "compile", tmp_path / "m.onnx", "-o", tmp_path / "d")
    words = ["--engine", "reference", "--upto", "class", "--outputs", tmp_path / "y.npy"]
    assert cli(capsys, "simulate", tmp_path / "d", "--inputs", tmp_path / "x.npy", *words).code == 0
    assert np.array_equal(np.load(tmp_path / "y.npy"), execute(made, x).argmax(axis=1))


def test_the_last_codes_may_have_a_scale_for_each_output(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.25, 6))
    scales = np.array([[0.125, 0.30173, 1.7137, 0.021913, 0.5]])
    equal(graph.model(graph.quant(running, scales, 6, zero_point=3.0), (1, 6)), tmp_path)


def test_a_bias_may_have_32_bits(tmp_path):
    graph = Graph()
    running = layer(graph, graph.quant("x", 0.25, 6))
    bias = graph.quant(graph.constant(RANDOM.normal(0, 3, 5)), 2.0**-20, 32)
    equal(graph.model(graph.quant(graph.add("Add", [running, bias]), 0.10371, 8), (1, 6)), tmp_path)


def test_weights_wider_than_operands_are_refused(tmp_path):
    graph = Graph()
    weight = graph.quant(graph.constant(RANDOM.normal(0, 1, (6, 5))), 2.0**-18, 20)
    made = graph.model(graph.add("MatMul", [graph.quant("x", 0.25, 6), weight]), (1, 6))
    with pytest.raises(InputError, match="its weights have 20 bits, and 1 to 16 are supported"):
        network_of(made, tmp_path)


def test_signs_go_through_functions_of_codes(tmp_path):
    graph = Graph()
    running = graph.quant(layer(graph, graph.quant("x", 0.25, 6)), 0.5, 1)
    running = graph.quant(graph.add("Mul", [running, graph.constant(1.5)]), 0.25, 4)
    running = graph.quant(layer(graph, running, (5, 4)), 0.25, 5)
    running = graph.quant(graph.add("Relu", [running]), 0.5, 1)
    equal(graph.model(layer(graph, running, (4, 3)), (1, 6)), tmp_path)


@pytest.mark.parametrize("way", ["--input-format", "--calibration"])
def test_what_stands_before_an_open_input_comes_before_its_grid(way, tmp_path, capsys):
    graph = Graph()
    moved = graph.add("Relu", [graph.add("Mul", ["x", graph.constant(3.0)])])
    made = graph.model(graph.quant(layer(graph, moved, alpha=1.0), 0.5, 6), (1, 6))
    path, x = save(made, tmp_path / "m.onnx"), RANDOM.normal(0, 1, (300, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    word = "uint8:0.0625" if way == "--input-format" else tmp_path / "x.npy"
    found = cli(capsys, "compile", path, "-o", tmp_path / "d", way, word)
    assert found.code == 0, found.err
    network = fcgen.open(tmp_path / "d").network
    codes, outside = network.quantize(x)
    assert (codes.min(), outside) == (network.input.lo, 0)
    on_the_grid = (network.input.reals(codes) / np.float32(3)).astype(np.float32)
    kept = (network.input.before(on_the_grid) == network.input.reals(codes)).all(axis=1)
    assert kept.sum() > 20
    own = network.output(run(network, codes))
    assert np.array_equal(own[kept], execute(made, on_the_grid[kept]))

"""Inputs that a model scales one by one: with the host, each with a grid that suits it."""

import json
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)

import fcgen
from command_line import run as cli
from fcgen.certification.certify import certify
from fcgen.design.loaded_parameters import load_parameters
from fcgen.errors import InputError
from fcgen.explore.point import Widths
from fcgen.explore.store import begin
from fcgen.explore.subject import ModelSubject, load, notes_of, prepare
from fcgen.network.network import End, Network
from fcgen.network.reference import run
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.quantization.accuracy import accuracy
from fcgen.quantization.export_onnx import CODES, twin
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import ModelData
from fcgen.quantization.options import QuantizeOptions
from keras_examples import Layer, dense, model_config, save_keras
from network_examples import network
from onnx_examples import onnx_model, save
from qdq_examples import mlp
from qonnx_examples import Graph

RANDOM = np.random.default_rng(3)
SIZES = np.float32([1000, 1, 0.001, 30])
MEANS = np.float32([-2000, 0.7, 0.0301, 11])
X = (MEANS + SIZES * RANDOM.normal(size=(600, 4))).astype(np.float32)
WEIGHT = RANDOM.normal(size=(4, 8)).astype(np.float32)
LAST = RANDOM.normal(size=(8, 3)).astype(np.float32)
FOLD = QuantizeOptions(scaler="fold")
UNOPTIMISED = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
OPTIMISED = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), [output], name=f"n_{output}", **attributes)


SKL2ONNX = [
    node("Scaler", "x", "s", domain="ai.onnx.ml", offset=MEANS.tolist(), scale=(1 / SIZES).tolist())
]
STEPS = [node("Sub", "x mean", "c"), node("Div", "c size", "s")]
MIN_MAX = [
    node("Cast", "x", "f", to=TensorProto.FLOAT),
    node("Mul", "f gain", "g"),
    node("Add", "g offset", "s"),
]
SEVERAL = [
    *STEPS[:1],
    node("Mul", "c gain", "m"),
    node("Neg", "m", "n"),
    node("Sub", "offset n", "d"),
    node("Div", "d half", "s"),
]
NORM = [node("BatchNormalization", "x gain offset mean size", "s")]
GRAPHS = {
    "Scaler": SKL2ONNX,
    "Sub, Div": STEPS,
    "Mul, Add": MIN_MAX,
    "several": SEVERAL,
    "BatchNormalization": NORM,
}
CONSTANTS = {
    "mean": MEANS,
    "size": SIZES,
    "gain": 1 / SIZES,
    "offset": -MEANS / SIZES,
    "half": np.float32(0.3),
    "W": WEIGHT,
    "V": LAST,
}


def scaled(nodes, shape=("batch", 4)):
    """A network behind what these nodes do to its inputs."""
    layers = [node("MatMul", "s W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    return onnx_model([*nodes, *layers], CONSTANTS, shape, domains=["ai.onnx.ml"])


def session(model, level=OPTIMISED):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """What the floats say: each is right about every vector."""
    path = save(scaled(STEPS), tmp_path_factory.mktemp("labels") / "m.onnx")
    return fcgen.load(path).forward(X).argmax(1)


@pytest.fixture
def model(tmp_path):
    return fcgen.load(save(scaled(STEPS), tmp_path / "m.onnx"))


def test_inputs_of_different_size_keep_the_accuracy_with_the_host_and_lose_it_folded(model, labels):
    data = ModelData(X, X, labels)
    found = accuracy(model, quantize(model, X), data)
    assert found.float_model == 1.0
    assert found.scalers == {"host": 596 / 600, "fold": 222 / 600}
    assert found.quantised == found.scalers["host"]
    assert found.line() == (
        "accuracy over 600 vectors: float 100.00%, integers 99.33% (-0.67 points); "
        "--scaler host 99.33%, fold 37.00%"
    )
    folded = accuracy(model, quantize(model, X, FOLD), data, FOLD)
    assert (folded.quantised, folded.scalers) == (found.scalers["fold"], found.scalers)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_codes_are_those_of_onnxruntime_s_own_scaler_and_quantizer(name, tmp_path):
    graph = scaled(GRAPHS[name])
    made = quantize(fcgen.load(save(graph, tmp_path / "m.onnx")), X)
    grid = made.network.input
    assert grid.before.elements == 4
    if name == "BatchNormalization":
        return  # runtimes compute it in orders of their own
    graph.graph.output[0].name = "s"
    (found,) = session(graph, UNOPTIMISED).run(None, {"x": X})
    assert np.array_equal(grid.scaled(X), found)
    codes = np.clip(np.rint(found / np.float32(grid.scale)) + grid.zero_point, grid.lo, grid.hi)
    assert np.array_equal(made.network.quantize(X)[0], codes)


@pytest.mark.parametrize("level", [OPTIMISED, UNOPTIMISED])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_twin_scales_as_the_host_does(name, level, tmp_path):
    made = quantize(fcgen.load(save(scaled(GRAPHS[name]), tmp_path / "m.onnx")), X)
    assert all(report.claimed for report in made.layers)
    x = np.concatenate([X, 3 * X - 2 * MEANS, RANDOM.normal(size=(400, 4)) * SIZES * 9 + MEANS])
    x = x.astype(np.float32)
    (found,) = session(twin(made, "x"), level).run([CODES], {"x": x})
    codes, _ = made.network.quantize(x)
    assert np.array_equal(run(made.network, codes), found)


def test_the_twin_takes_ties_of_the_scaler_as_the_host_does(model):
    made = quantize(model, X)
    steps = RealMap((("subtract", np.arange(4.0)), ("multiply", np.array([1, 0.5, 0.3, -0.1]))))
    entry = replace(made.network.input, before=steps)
    other = replace(made, network=replace(made.network, input=entry))
    halves = np.arange(-500, 500, dtype=np.float32) / 2 * np.float32(entry.scale)
    x = np.repeat(halves[:, None], 4, axis=1)
    assert (steps(x)[:, :2] / entry.scale % 1 == 0.5).any(axis=0).all()
    (found,) = session(twin(other, "x")).run([CODES], {"x": x})
    assert np.array_equal(run(other.network, entry.codes(x)[0]), found)


def fitted(*scalers, x=X):
    """A pipeline that ends in a perceptron, scarcely trained."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = MLPClassifier((5,), max_iter=2, random_state=0)
        return make_pipeline(*scalers, network).fit(x, np.arange(len(x)) % 3)


def test_a_transpose_between_scaler_and_layer_moves_the_constants_to_their_inputs(tmp_path):
    gain = np.float32([[1, 10], [100, 1000], [3, 7]])
    nodes = [
        node("Transpose", "x", "t", perm=[0, 2, 1]),
        node("Mul", "t turned", "g"),
        node("Transpose", "g", "b", perm=[0, 2, 1]),
        node("Sub", "b gain", "f"),
        node("Flatten", "f", "s"),
        node("MatMul", "s W", "y"),
    ]
    constants = {"gain": gain, "turned": gain.T, "W": RANDOM.normal(size=(6, 4)).astype("f")}
    graph = onnx_model(nodes, constants, (1, 3, 2))
    found = fcgen.load(save(graph, tmp_path / "m.onnx"))
    x = RANDOM.normal(size=(50, 6)).astype(np.float32)
    assert [name for name, _ in found.scaler.steps] == ["multiply", "subtract"]
    grid = quantize(found, x).network.input
    assert np.array_equal(grid.scaled(x), x * gain.reshape(-1) - gain.reshape(-1))
    inside = found.scaler.layer.sums(grid.scaled(x).astype(np.float64))
    assert np.allclose(inside, found.forward(x), rtol=1e-5)


def test_constants_of_an_image_s_channels_are_spread_over_its_pixels(tmp_path):
    channel = np.float32([0.4, 5.0, 60.0]).reshape(3, 1, 1)
    nodes = [
        node("Sub", "x channel", "c"),
        node("Flatten", "c", "s"),
        node("MatMul", "s W", "y"),
    ]
    constants = {"channel": channel, "W": RANDOM.normal(size=(12, 4)).astype("f")}
    graph = onnx_model(nodes, constants, (1, 3, 2, 2))
    made = quantize(fcgen.load(save(graph, tmp_path / "m.onnx")), X[:, :3].repeat(4, 1))
    images = RANDOM.normal(size=(5, 3, 2, 2)).astype(np.float32)
    assert np.array_equal(made.network.input.scaled(images), images - channel)
    flat, _ = made.network.quantize(images.reshape(5, 12))
    assert np.array_equal(made.network.quantize(images)[0].reshape(5, 12), flat)
    (found,) = session(twin(made, "x")).run([CODES], {"x": images})
    assert np.array_equal(run(made.network, flat), found)


ALIKE = [[node("Mul", "x half", "s")], [node("Sub", "x same", "c"), node("Div", "c half", "s")]]


@pytest.mark.parametrize("nodes", ALIKE)
def test_one_scale_for_all_inputs_stays_in_the_weights(nodes, tmp_path):
    constants = CONSTANTS | {"same": np.full(4, 2, np.float32)}
    layers = [node("MatMul", "s W", "y")]
    graph = onnx_model([*nodes, *layers], constants)
    found = fcgen.load(save(graph, tmp_path / "m.onnx"))
    assert found.scaler is None
    assert {report.became for report in found.nodes[:-1]} == {"folded into weights and bias"}
    texts = {quantize(found, X, options).network.to_json() for options in (None, FOLD)}
    assert len(texts) == 1
    assert json.loads(texts.pop())["input"]["before"] == []


def test_folded_weights_are_those_of_the_model_without_a_word_of_scalers(model):
    folded = quantize(model, X, FOLD).network
    assert folded.to_json() == quantize(replace(model, scaler=None), X, FOLD).network.to_json()


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler, RobustScaler, MaxAbsScaler])
def test_a_pipeline_on_wine_keeps_its_accuracy_within_a_point(scaler):
    x, y = load_wine(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        options = {"learning_rate_init": 0.02, "max_iter": 100, "random_state": 0}
        pipeline = make_pipeline(scaler(), MLPClassifier((16,), **options))
        found = fcgen.load(pipeline.fit(x, y))
    measured = accuracy(found, quantize(found, x), ModelData(x, x, y))
    assert measured.float_model == pipeline.score(x, y) > 0.9
    assert abs(measured.quantised - measured.float_model) <= 0.01
    assert measured.scalers["fold"] < 0.8
    steps = [name for name, _ in found.scaler.steps]
    centred = ["subtract", "divide"]
    ways = {MinMaxScaler: ["multiply", "add"], MaxAbsScaler: ["divide"]}
    assert steps == ways.get(scaler, centred)


def test_scalers_one_behind_the_other_are_steps_in_their_order():
    pipeline = fitted(MinMaxScaler(), StandardScaler())
    found = fcgen.load(pipeline)
    names = [name for name, _ in found.scaler.steps]
    assert names == ["multiply", "add", "subtract", "divide"]
    scaled_by_sklearn = pipeline[:-1].transform(X.astype(np.float64))
    grid = quantize(found, X).network.input
    assert np.allclose(grid.scaled(X), scaled_by_sklearn, atol=1e-5)


def test_a_scaler_that_mixes_inputs_is_refused():
    with pytest.raises(InputError, match="Normalizer: before the last one only StandardScaler"):
        fcgen.load(fitted(Normalizer()))


def test_keras_s_normalization_subtracts_and_divides(tmp_path):
    variance = (SIZES.astype(np.float64) ** 2).astype(np.float32)
    normal = Layer(
        "Normalization",
        "n",
        {"axis": [-1], "mean": None, "variance": None},
        {"mean": MEANS, "variance": variance, "count": np.int32(5)},
    )
    path = tmp_path / "net.keras"
    layers = [normal, dense("fc", WEIGHT, np.zeros(8))]
    save_keras(path, model_config(layers, (4,)), layers)
    grid = quantize(fcgen.load(path), X).network.input
    deviation = np.sqrt(variance.astype(np.float64)).astype(np.float32)
    assert np.array_equal(grid.scaled(X), (X - MEANS) / deviation)


def test_a_network_with_scaled_inputs_is_read_as_it_was_written(model):
    net = quantize(model, X).network
    again = Network.from_json(net.to_json())
    assert again.to_json() == net.to_json()
    assert np.array_equal(again.quantize(X)[0], net.quantize(X)[0])


@pytest.mark.parametrize("operand", [2.0, [2.0], [2.0, 1.0, 0.5, 3.0]])
def test_operands_are_one_number_or_one_for_each_input(operand):
    plain = network(4, 3, input=InputGrid(0.5, 0, -128, 127))
    values = json.loads(plain.to_json())
    values["input"]["before"] = [["multiply", operand]]
    again = Network.from_json(json.dumps(values))
    assert again.quantize(np.ones((1, 4)))[0].tolist() == (
        (2 * np.broadcast_to(operand, (1, 4))).astype(int).tolist()
    )
    values["input"]["before"] = [["multiply", [1.0, 2.0]]]
    with pytest.raises(InputError, match="2 numbers: must have one or 4 numbers"):
        Network.from_json(json.dumps(values), "r.json")


def test_vectors_and_scalers_of_another_length_are_refused(model):
    net = quantize(model, X).network
    with pytest.raises(InputError, match=r"shape \(2, 3\): must have the shape \(V, 4\)"):
        net.quantize(np.zeros((2, 3)))
    entry = InputGrid(0.5, 0, -128, 127, RealMap((("add", np.zeros(3)),)))
    with pytest.raises(InputError, match="input scaler: 3: the first layer takes 4 inputs"):
        network(4, 3, input=entry)
    with pytest.raises(InputError, match="real map: 3 and 4: all have one number, or as many"):
        RealMap((("add", np.zeros(3)), ("multiply", np.ones(4))))


def test_values_that_the_scaler_takes_past_float32_are_refused():
    entry = InputGrid(0.5, 0, -128, 127, RealMap((("multiply", [4.0, 2]), ("multiply", [0.0, 1]))))
    assert entry.codes(np.array([[1e30, 1e30]]))[0].tolist() == [[0, 127]]
    with pytest.raises(InputError, match="is past what its scaler can do in float32"):
        entry.codes(np.array([[3e38, 0.0]]))


def test_constants_that_float32_does_not_have_are_folded_or_refused():
    x = X.astype(np.float64) * [1, 1, 1e-60, 1]
    found = fcgen.load(fitted(StandardScaler(), x=x))
    with pytest.raises(InputError) as refused:
        quantize(found, x)
    assert str(refused.value) == (
        "Pipeline: scaler: divide: has constants that are not in the range of float32; "
        "use --scaler fold"
    )


def test_few_codes_of_the_common_grid_are_said_where_no_accuracy_is(capsys, tmp_path, labels):
    path = save(scaled(STEPS), tmp_path / "m.onnx")
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", labels)
    words = ["quantize", path, "--calibration", tmp_path / "x.npy"]
    note = (
        "input: 3 of 4 values use fewer than 16 codes of the common grid, number 1 only 1: scale "
        "inputs to a common size, or widen the activations; with --labels the accuracy is said"
    )
    folded = cli(capsys, *words, "--scaler", "fold")
    assert note in folded.err.replace("\n", " ")
    assert "fewer than 16 codes" not in cli(capsys, *words).err
    known = cli(capsys, *words, "--labels", tmp_path / "y.npy", "--scaler", "fold")
    assert "fewer than 16 codes" not in known.err
    assert "integers 37.00% (-63.00 points); --scaler host 99.33%, fold 37.00%" in known.out


def test_inputs_of_few_values_or_on_small_grids_are_not_said(model):
    few = X.copy()
    few[:, 3] = few[:, 3] > 11
    assert quantize(model, few).input_notes == ()
    assert quantize(model, X, QuantizeOptions((4,), (4,))).input_notes == ()


def test_a_scaler_of_integers_cannot_be_folded(capsys, tmp_path, model):
    (tmp_path / "n.json").write_text(quantize(model, X).network.to_json())
    found = cli(
        capsys, "compile", tmp_path / "n.json", "--scaler", "fold", "-o", tmp_path / "design"
    )
    assert found.code == 2
    assert found.error.startswith("--scaler: a network: the file holds integers")


@pytest.fixture(scope="module")
def design(tmp_path_factory, labels):
    """A compiled model, with what the program said of it as JSON."""
    folder = tmp_path_factory.mktemp("design")
    save(scaled(SKL2ONNX), folder / "m.onnx")
    np.save(folder / "x.npy", X)
    np.save(folder / "y.npy", labels)
    words = ["compile", "m.onnx", "--calibration", "x.npy", "--labels", "y.npy"]
    words += ["--interface", "axi", "-o", "d", "--json"]
    text = subprocess.run(
        [sys.executable, "-m", "fcgen", *words], cwd=folder, check=True, capture_output=True
    ).stdout
    return folder / "d", json.loads(text)


def test_a_design_says_what_the_host_does_with_numbers(design):
    folder, said = design
    net = fcgen.open(folder).network
    readme = (folder / "README.md").read_text()
    assert "value = (x[n] - scaler_1[n]) * scaler_2[n]" in readme
    assert f"code = clip(rint(value / {net.input.scale}) + 0, -128, 127)" in readme
    assert "| 0 | -2000.0 | 0.001 |" in readme
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["input"] == {**net.input.as_fields(), "header": "network_inputs.h"}
    assert "network_inputs.h" in manifest["files"]
    assert '#include "network_inputs.h"' in (folder / "axi_network.h").read_text()
    assert said["accuracy"]["scalers"] == {"host": 596 / 600, "fold": 222 / 600}
    stored = json.loads((folder / "accuracy.json").read_text())
    assert stored["scalers"] == said["accuracy"]["scalers"]
    assert "each scaled by the host first" in str(fcgen.open(folder).summary())


def test_reals_of_a_design_are_scaled_by_whoever_runs_it(design):
    made = fcgen.open(design[0])
    codes, _ = made.network.quantize(X[:50])
    found = made.predict(X[:50], engine="reference")
    assert np.array_equal(found, run(made.network, codes))
    images = made.simulate(X[:50], engine="reference")
    assert np.array_equal(images.outputs, found)


def test_the_page_says_both_accuracies_and_who_scales(design):
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    folder, _ = design
    page = (fcgen.open(folder).report(folder.parent / "page.html")).read_text()
    assert "The host scales each input by itself, 2 operations in float32" in page
    assert (
        "With the inputs scaled one by one by the host: 99.33 %; with that folded into the "
        "weights: 37.00 %." in page
    )


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_header_gives_the_codes_in_c(design, tmp_path):
    folder, _ = design
    program = (
        '#include <stdio.h>\n#include "network_inputs.h"\nint main(void) { float x[4]; '
        "int8_t c[4]; while (fread(x, 4, 4, stdin) == 4) { network_quantise(x, c); "
        "fwrite(c, 1, 4, stdout); } return 0; }\n"
    )
    (tmp_path / "p.c").write_text(program)
    words = ["cc", "-O2", "-ffp-contract=off", "-Wall", "-Werror", f"-I{folder}"]
    subprocess.run([*words, "p.c", "-o", "p", "-lm"], cwd=tmp_path, check=True)
    x = np.concatenate([X, 9 * X - 8 * MEANS]).astype(np.float32)
    out = subprocess.run([tmp_path / "p"], input=x.tobytes(), check=True, capture_output=True)
    found = np.frombuffer(out.stdout, np.int8).reshape(-1, 4)
    assert np.array_equal(found, fcgen.open(folder).network.quantize(x)[0])


def test_weights_of_another_scaler_are_said(tmp_path, model):
    net = quantize(model, X).network.writable()
    path = tmp_path / "other.json"
    path.write_text(net.to_json())
    assert load_parameters(net, path)[1] == ()
    other = replace(net, input=InputGrid(0.5, 0, -128, 127))
    path.write_text(other.to_json())
    assert "has another grid of real inputs" in load_parameters(net, path)[1][0]


def test_steps_of_sums_that_pass_the_outputs_make_the_outputs_coarser(tmp_path):
    # Folded, one step of the inputs is worth more than 255 steps of outputs of eight bits.
    weight = np.float32([[1, 0, 4000, 0], [0, 1, -4000, 0.1]]).T
    graph = onnx_model([node("MatMul", "x W", "y")], {"W": weight})
    found = fcgen.load(save(graph, tmp_path / "m.onnx"))
    x = X * np.float32([1, 1, 0.01, 1])
    x[:, 0] /= 1000
    x[0, 1] = 30_000
    x[:, 0] = 0
    network = quantize(found, x, QuantizeOptions((2,), (2,), output_bits=16)).network
    assert network.layers[-1].requantization.multiplier.max() <= 255


def test_a_layer_chooses_an_output_scale_that_its_weights_allow(capsys, tmp_path):
    np.savez(tmp_path / "w.npz", weight=np.float32([[0.9, -1.0]]))
    words = ["layer", 2, 1, "--weights", tmp_path / "w.npz", "--weight-bits", 2]
    words += ["--activation-bits", 2, "--output-bits", 16, "-o", tmp_path / "d"]
    found = cli(capsys, *words)
    assert found.code == 0, found.err
    given = cli(capsys, *words, "--output-scale", 1e-9)
    assert given.code == 2
    assert given.error.startswith("--output-scale: 1e-09: must be at least")


def test_a_sweep_says_for_each_widths_what_either_scaler_comes_to(tmp_path, model, labels):
    store, widths = begin(tmp_path / "sweep", {}), Widths(8, 8)
    subject = ModelSubject(model, ModelData(X, X, labels), QuantizeOptions(), End())
    prepare(store, subject, widths)
    (note,) = notes_of(store, widths)
    assert note.startswith("8x8 bits: accuracy over 600 vectors: float 100.00%, integers 99.33%")
    assert note.endswith("--scaler host 99.33%, fold 37.00%")
    assert load(store.directory, widths)[1] == 596 / 600
    prepare(store, ModelSubject(model, ModelData(X, X), FOLD, End()), Widths(6, 8))
    assert "3 of 4 values use fewer than 16 codes" in notes_of(store, Widths(6, 8))[0]


def test_a_normalization_of_images_before_a_quant_has_its_constants_for_each_pixel(tmp_path):
    pytest.importorskip("qonnx")
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    graph = Graph()
    of_channels = [RANDOM.normal(size=3) for _ in range(3)] + [RANDOM.uniform(0.5, 2, 3)]
    norm = graph.add("BatchNormalization", ["x", *map(graph.constant, of_channels)])
    flat = graph.add("Flatten", [graph.quant(norm, 0.1, 6.0)])
    weight = graph.quant(graph.constant(RANDOM.normal(size=(12, 4))), 0.2, 4.0)
    sums = graph.add("MatMul", [flat, weight])
    whole = graph.model(graph.quant(sums, 0.5, 8.0), (1, 3, 2, 2))
    found, certificate = certify(fcgen.load(save(whole, tmp_path / "m.onnx")))
    assert certificate.exact
    again = Network.from_json(found.to_json())
    images = RANDOM.normal(size=(40, 3, 2, 2)).astype(np.float32)
    runtime = ModelWrapper(whole).transform(InferShapes())
    wanted = [execute_onnx(runtime, {"x": image[None]})["y"] for image in images]
    codes = again.quantize(images)[0]
    assert np.array_equal(again.output(run(again, codes)), np.concatenate(wanted))


def quantised(nodes):
    """A graph of integers behind what these nodes do to its inputs."""
    whole = mlp((4, 6, 3), 6, unsigned=True)
    first = next(n for n in whole.graph.node if n.op_type == "QuantizeLinear")
    first.input[0] = "s"
    others = list(whole.graph.node)
    del whole.graph.node[:]
    whole.graph.node.extend([*nodes, *others])
    found = (numpy_helper.from_array(np.asarray(v), n) for n, v in CONSTANTS.items())
    whole.graph.initializer.extend(found)
    whole.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    return whole


@pytest.mark.parametrize("name", sorted(GRAPHS.keys() - {"BatchNormalization"}))
def test_a_scaler_before_the_quantizer_of_a_file_of_integers_is_the_host_s(name, tmp_path):
    graph = quantised(GRAPHS[name])
    found, certificate = certify(fcgen.load(save(graph, tmp_path / "m.onnx")))
    assert certificate.exact
    assert found.input.before.elements == 4
    x = np.concatenate([X, 3 * X - 2 * MEANS]).astype(np.float32)
    (wanted,) = session(graph).run(None, {"x": x})
    again = Network.from_json(found.to_json())
    assert np.array_equal(again.output(run(again, again.quantize(x)[0])), wanted)


def test_a_normalization_before_the_quantizer_of_onnxruntime_is_refused(tmp_path):
    path = save(quantised(NORM), tmp_path / "m.onnx")
    rule = (
        "node n_s: BatchNormalization: stands before the input's quantiser, and runtimes compute "
        "it in several ways; write it as a Mul and an Add"
    )
    with pytest.raises(InputError, match=re.escape(rule)):
        fcgen.load(path)


def test_inputs_of_more_bits_have_no_twin_which_is_one_line(tmp_path, model):
    made = quantize(model, X, QuantizeOptions((8,), (12, 8)))
    rule = "--export-onnx: n_h: only layers of at most 8 bits can be said in ONNX"
    with pytest.raises(InputError, match=rule):
        twin(made, "x")

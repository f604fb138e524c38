"""Inputs of different size without a scaler: evened out where one grid for them fails."""

import warnings
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import fcgen
from command_line import run as cli
from fcgen.errors import InputError
from fcgen.load.model import Activation, FloatLayer, Model
from fcgen.network.network import Network
from fcgen.network.reference import run
from fcgen.network.tail import Tail
from fcgen.quantization.accuracy import accuracy
from fcgen.quantization.balance import SHARE_MIN, Balance, balanced, divisible, levelled
from fcgen.quantization.balance_search import (
    TRIALS,
    VECTORS_MAX,
    Search,
    answer_error,
    sampled_vectors,
)
from fcgen.quantization.export_onnx import CODES, twin
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import ModelData
from fcgen.quantization.options import QuantizeOptions
from onnx_examples import mlp, save

FOLD = QuantizeOptions(scaler="fold")
RANDOM = np.random.default_rng(7)
X = np.float32([900, 1, 0.01, 30]) * RANDOM.normal(size=(300, 4)).astype(np.float32)


def classifier(load, seed):
    x, y = load(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        options = {"max_iter": 300, "random_state": seed}
        trained = MLPClassifier((32,), **options).fit(x.astype(np.float32), y)
    return fcgen.load(trained), x.astype(np.float32), y


@pytest.fixture(scope="module")
def cancer():
    model, x, y = classifier(load_breast_cancer, 0)
    return model, x, y, quantize(model, x)


def layers(activation, tail=""):
    """A network 4-6-3 whose inputs are of the sizes of X."""
    first = FloatLayer("a", RANDOM.normal(size=(6, 4)) / [900, 1, 0.01, 30], np.ones(6), activation)
    last = FloatLayer("b", RANDOM.normal(size=(3, 6)), np.zeros(3))
    return Model("m", "test", "x", (4,), (first, last), Tail(tail))


def test_classifiers_of_raw_features_stay_within_a_point_of_their_floats(cancer):
    found = []
    for seed in range(3):
        model, x, y = classifier(load_breast_cancer, seed) if seed else cancer[:3]
        made = quantize(model, x) if seed else cancer[3]
        assert made.balanced
        measured = accuracy(model, made, ModelData(x, x, y))
        assert measured.scalers["host"] == measured.quantised
        found.append((measured.float_model, measured.quantised, measured.scalers["fold"]))
    floats, host, fold = np.mean(found, axis=0)
    assert abs(host - floats) <= 0.01
    assert fold < floats - 0.02


def test_it_is_said_what_the_host_does_and_why(cancer):
    note = cancer[-1].notes[0]
    assert note.startswith("input: values differ in size, and one grid for them as they are fails:")
    assert "divided by a number of its own by the host first" in note
    assert note.endswith("--scaler fold leaves inputs as they are")
    assert cancer[-1].network.input.before.elements == 30


def test_onnxruntime_gives_the_integers_of_the_twin(cancer):
    _, x, _, made = cancer
    found = onnxruntime.InferenceSession(twin(made, "x").SerializeToString())
    (wanted,) = found.run([CODES], {"x": x})
    again = Network.from_json(made.network.to_json())
    assert np.array_equal(run(again, again.quantize(x)[0]), wanted)


def test_the_same_data_always_give_the_same_network(cancer):
    model, x, _, made = cancer
    assert quantize(model, x).network.to_json() == made.network.to_json()


def test_wine_as_it_comes_loses_less_than_a_tenth_of_what_one_grid_loses():
    model, x, y = classifier(load_wine, 3)
    made = quantize(model, x)
    assert "what all outputs share is left out" in made.notes[0]
    measured = accuracy(model, made, ModelData(x, x, y))
    host, fold = (measured.float_model - measured.scalers[name] for name in ("host", "fold"))
    assert fold > 0.2
    assert host < fold / 10


def test_fold_leaves_inputs_as_they_are(cancer):
    model, x, _, _ = cancer
    made = quantize(model, x, FOLD)
    assert not made.balanced
    assert made.network.input.before.steps == ()
    assert "fewer than 16 codes" in made.input_notes[0]


def test_inputs_of_one_size_have_one_grid():
    model, x, _ = classifier(load_iris, 0)
    made = quantize(model, x)
    assert not made.balanced
    assert made.network.to_json() == quantize(model, x, FOLD).network.to_json()


def test_a_network_that_one_grid_does_not_fail_is_left_alone():
    model = layers(Activation(lo=0.0), "softmax")
    weight = model.layers[0].weight * [1, 1e-4, 1e-4, 1e-4]
    first = FloatLayer("a", weight, np.ones(6), Activation(lo=0.0))
    other = Model("m", "test", "x", (4,), (first, model.layers[1]), Tail("softmax"))
    made = quantize(other, X)
    assert "fewer than 16 codes" in made.input_notes[0]
    assert not made.balanced
    assert made.network.to_json() == quantize(other, X, FOLD).network.to_json()


def test_grids_that_have_few_codes_for_every_input_are_left_alone():
    model = layers(Activation(lo=0.0), "softmax")
    few = quantize(model, X, QuantizeOptions((8,), (5,)))
    assert few.input_notes
    assert not few.balanced
    assert quantize(model, X, QuantizeOptions((8,), (6,))).balanced


@pytest.mark.parametrize("tail", ["", "softmax"])
@pytest.mark.parametrize("kind", ["linear", "sigmoid"])
def test_networks_of_any_end_and_activation_come_nearer(kind, tail):
    model = layers(Activation(kind, lo=0.0) if kind == "linear" else Activation(kind), tail)
    search = Search(model, X.astype(np.float64), lambda balance: pytest.fail("no trial"))
    common, made = quantize(model, X, FOLD), quantize(model, X)
    assert made.balanced
    assert search.error_of(made.network) < search.error_of(common.network) / 4
    assert search.of_probabilities == (tail == "softmax")


def test_images_are_evened_out_in_the_order_of_the_file(capsys, tmp_path):
    x = X.reshape(-1, 1, 2, 2)
    graph = mlp(4, 6, 3, tail=["Softmax"])
    weight = next(c for c in graph.graph.initializer if c.name == "w1")
    values = np.frombuffer(weight.raw_data, np.float32).reshape(6, 4) / [900, 1, 0.01, 30]
    weight.raw_data = values.astype(np.float32).tobytes()
    found = fcgen.load(save(graph, tmp_path / "m.onnx"))
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", found.forward(X).argmax(1))
    words = ["quantize", tmp_path / "m.onnx", "--calibration", tmp_path / "x.npy"]
    said = cli(capsys, *words, "--labels", tmp_path / "y.npy")
    assert said.code == 0
    assert "input: values differ in size" in said.err
    assert "--scaler host 9" in said.out
    made = quantize(found, X)
    assert np.array_equal(made.network.quantize(x.reshape(-1, 4))[0], made.network.quantize(X)[0])


@pytest.mark.parametrize("exponents", [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("kind", ["linear", "leaky_relu"])
def test_reals_stay_as_they_are(exponents, centred, kind):
    model = layers(Activation(kind, slope=0.1) if kind != "linear" else Activation(lo=0.0))
    x = X.astype(np.float64)
    before, other = balanced(model, x, Balance(exponents, centred, (0, 0, 0)))
    steps = [name for name, _ in before.steps]
    assert steps == ["subtract"] * centred + ["divide"] * (exponents[0] > 0)
    assert np.allclose(other.forward(before(x).astype(np.float64)), model.forward(x), atol=1e-4)
    changed = not np.array_equal(other.layers[1].weight, model.layers[1].weight)
    assert changed == (exponents[1] > 0 and kind == "linear")


@pytest.mark.parametrize("tail", ["softmax", "log_softmax", "argmax"])
def test_what_outputs_share_is_left_out_where_only_their_differences_count(tail):
    model = layers(Activation(lo=0.0), tail)
    assert levelled(model)
    _, other = balanced(model, X.astype(np.float64), replace(Balance.none(2), level=True))
    outputs, found = model.forward(X), other.forward(X)
    assert np.allclose(found, outputs - outputs.mean(axis=1, keepdims=True), atol=1e-9)
    assert answer_error(tail, found, outputs) < 1e-12


@pytest.mark.parametrize("tail", ["", "sigmoid", "two_classes", "other"])
def test_outputs_that_count_themselves_keep_what_they_share(tail):
    assert not levelled(layers(Activation(lo=0.0), tail))
    bounded = layers(Activation(lo=0.0), "softmax")
    last = replace(bounded.layers[1], activation=Activation(lo=0.0))
    assert not levelled(replace(bounded, layers=(bounded.layers[0], last)))


def test_divisors_are_sizes_beside_the_largest():
    model = layers(Activation(lo=0.0))
    x = np.array([[1024.0, 256.0, 0.0, 1e-9], [-512.0, 128.0, 0.0, 0.0]])
    before, _ = balanced(model, x, Balance((0.5, 0.0), False, (0, 0, 0)))
    assert before.steps[0][1].tolist() == [1, 0.5, 1, SHARE_MIN**0.5]
    zeros, _ = balanced(model, 0 * x, Balance((1.0, 1.0), True, (0, 0, 0)))
    assert zeros.steps[1][1].tolist() == [1, 1, 1, 1]


def test_only_what_positive_factors_pass_is_divided():
    assert divisible(layers(Activation()).layers[0])
    assert divisible(layers(Activation(lo=0.0)).layers[0])
    assert not divisible(layers(Activation(lo=0.0, hi=6.0)).layers[0])
    assert not divisible(layers(Activation("tanh")).layers[0])


@pytest.mark.parametrize(
    ("tail", "found", "wanted", "error"),
    [
        ("softmax", [[0, 0], [0, 800]], [[0, 800], [0, 800]], 0.25),
        ("argmax", [[0, 800]], [[800, 0]], 1.0),
        ("sigmoid", [[0, 800], [0, 0]], [[0, 0], [0, 0]], 0.125),
        ("two_classes", [[800], [1600]], [[1600], [-800]], 0.5),
        ("", [[0], [4]], [[2], [4]], 2**0.5),
        ("", [[1], [1]], [[1], [1]], 0.0),
    ],
)
def test_an_error_is_what_the_tail_tells_apart(tail, found, wanted, error):
    arrays = np.array(found, np.float64), np.array(wanted, np.float64)
    assert answer_error(tail, *arrays) == pytest.approx(error, rel=1e-12)


def test_trials_are_bounded_and_refusals_are_no_choice(monkeypatch):
    model, seen = layers(Activation(lo=0.0), "softmax"), []
    common = quantize(model, X, FOLD).network

    def make(balance):
        seen.append(balance)
        if balance.exponents[0] == 0.5:
            raise InputError("no constants")
        return common

    level = Balance((0.0, 0.0), False, (0, 0, 0), level=True)
    assert Search(model, X.astype(np.float64), make).best() == level
    assert len(set(seen)) == len(seen) <= TRIALS[1]
    monkeypatch.setattr("fcgen.quantization.balance_search.WORK_MAX", 1)
    before = len(seen)
    heavy = Search(model, X.astype(np.float64), make)
    assert heavy.best() == level
    assert len(seen) - before == TRIALS[0]


def test_large_data_are_sampled():
    assert len(sampled_vectors(np.zeros((3 * VECTORS_MAX + 1, 2)))) <= VECTORS_MAX
    assert len(sampled_vectors(X)) == len(X)

"""Inputs are what the source takes: one rule for every verb and for Python."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import helper

import fcgen
from fcgen.cli import main
from fcgen.demo.digits import PIXEL_MAX, Digits
from fcgen.errors import InputError
from fcgen.host.board import Board
from fcgen.network.network import Network
from fcgen.network.reference import run as run_reference
from fcgen.numerics.real_map import InputGrid
from fcgen.quantization.export_onnx import CODES
from fcgen.quantization.given_inputs import codes_of, reals_of
from network_examples import dense, network
from onnx_examples import onnx_model, save
from tflite_examples import litert
from tflite_examples import mlp as tflite_mlp

READ = network(12, 3, input=InputGrid(0.5, 0, -128, 127))
OWN = replace(READ, takes_codes=True)
PLAIN = Network.single(dense(12, 3, input_shape=(1, 3, 4)))
COUNTED = np.arange(24).reshape(2, 12) % 8


def run(*words):
    """Exit code, stdout and stderr of a call; a fixture of a module has no capsys."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The digits layer as an ONNX model of images (V, 8, 8), its data, and its design."""
    folder, held = tmp_path_factory.mktemp("digits"), Digits.load()
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["z"], name="fc"),
        helper.make_node("Add", ["z", "b"], ["s"]),
        helper.make_node("Softmax", ["s"], ["y"], axis=1),
    ]
    weights = {"w": held.weight.T / np.float32(PIXEL_MAX), "b": held.bias}
    save(onnx_model(nodes, weights, ("batch", 8, 8)), folder / "digits.onnx")
    for name, dtype in (("reals", np.float32), ("integers", np.int64), ("pixels", np.uint8)):
        np.save(folder / f"{name}.npy", held.images.astype(dtype))
    np.save(folder / "labels.npy", held.labels.astype(np.int64))
    for name in ("reals", "integers"):
        data = ["--calibration", folder / f"{name}.npy", "--labels", folder / "labels.npy"]
        words = ["compile", folder / "digits.onnx", "-o", folder / f"of_{name}", *data, "--json"]
        code, out, err = run(*words)
        assert code == 0, err
        (folder / f"of_{name}.json").write_text(out)
        (folder / f"of_{name}.txt").write_text(err)
    return folder


def test_integers_calibrate_as_the_floats_of_their_values(digits):
    of_reals, of_integers = (
        (digits / name / "reference.json").read_bytes() for name in ("of_reals", "of_integers")
    )
    assert of_reals == of_integers
    assert "integers.npy: int64, reals\n" in (digits / "of_integers.txt").read_text()


@pytest.mark.parametrize("name", ["reals", "integers", "pixels"])
def test_digits_are_recognised_as_compile_says_whatever_type_their_pixels_have(name, digits):
    said = json.loads((digits / "of_integers.json").read_text())["accuracy"]["quantised"]
    words = ["--inputs", digits / f"{name}.npy", "--outputs", digits / "y.npy"]
    code, out, err = run(
        *("simulate", digits / "of_integers", *words), *("--engine", "reference", "--upto", "class")
    )
    assert code == 0, err
    labels = np.load(digits / "labels.npy")
    assert (np.load(digits / "y.npy") == labels).mean() == said > 0.9
    note = "reals, which the source takes; --codes takes them as codes"
    assert (f"{name}.npy: {np.load(digits / f'{name}.npy').dtype}, {note}" in out) == (
        name != "reals"
    )
    x = np.load(digits / f"{name}.npy")
    found = fcgen.open(digits / "of_integers").predict(x, engine="reference")
    assert (found.argmax(1) == labels).mean() == said


def test_codes_are_forced_by_an_option_which_the_command_that_repeats_has_too(digits, tmp_path):
    accelerator = fcgen.open(digits / "of_reals")
    codes, _ = accelerator.network.quantize(np.load(digits / "reals.npy").reshape(-1, 64)[:20])
    np.save(tmp_path / "c.npy", codes)
    words = ["simulate", digits / "of_reals", "--inputs", tmp_path / "c.npy", "--codes"]
    outputs = ["--outputs", tmp_path / "y.npy", "--engine", "reference", "--json"]
    code, out, err = run(*words, *outputs)
    assert code == 0, err
    wanted = run_reference(accelerator.network, codes)
    assert np.array_equal(np.load(tmp_path / "y.npy"), wanted)
    assert np.array_equal(accelerator.predict(codes, engine="reference", codes=True), wanted)
    found = json.loads(out)
    assert f"{tmp_path / 'c.npy'}: int64, codes, as --codes says" in found["notes"]
    assert " --codes" in found["repeat"]


def test_the_accuracy_of_a_network_takes_integers_as_reals_or_as_codes(digits, tmp_path):
    folder = digits / "of_reals"
    said = json.loads((digits / "of_reals.json").read_text())["accuracy"]["quantised"]
    net = fcgen.open(folder).network
    codes, _ = net.quantize(np.load(digits / "reals.npy").reshape(-1, 64))
    np.save(tmp_path / "c.npy", codes)
    for name, more in ((digits / "integers.npy", []), (tmp_path / "c.npy", ["--codes"])):
        labels = ["--test", name, "--labels", digits / "labels.npy", "--json", *more]
        code, out, err = run("compile", folder / "reference.json", "-o", tmp_path / "d", *labels)
        assert code == 0, err
        assert json.loads(out)["accuracy"]["quantised"] == said
        assert f"{name}: int64, {'codes' if more else 'reals'}" in err


def test_a_file_of_int8_takes_codes_and_says_so(tmp_path):
    content = tflite_mlp(9, 7, 5)
    (tmp_path / "net.tflite").write_bytes(content)
    assert run("compile", tmp_path / "net.tflite", "-o", tmp_path / "d", "-q")[0] == 0
    x = np.random.default_rng(0).integers(-128, 128, (30, 9))
    accelerator = fcgen.open(tmp_path / "d")
    found = accelerator.simulate(x, engine="reference")
    assert np.array_equal(found.outputs, litert(content, x))
    assert found.notes[-1] == "inputs: int64, codes, which the source takes itself"
    reals = accelerator.network.input.reals(x)
    found = accelerator.simulate(reals, engine="reference")
    assert np.array_equal(found.outputs, litert(content, x))
    assert "inputs: float32, reals, made codes by the network's grid" in found.notes[-1]
    again = Network.from_json(accelerator.network.to_json())
    assert again.takes_codes


@pytest.mark.parametrize("net", [READ, OWN, PLAIN])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, ">i4", np.float16, np.float64])
@pytest.mark.parametrize("forced", [False, True])
def test_what_integers_and_floats_mean(net, dtype, forced):
    x = COUNTED.astype(dtype)
    if x.dtype.kind == "f" and (forced or net is PLAIN):
        with pytest.raises(InputError, match=f"^x: dtype {x.dtype}: must hold integers of int8; "):
            codes_of(net, x, "x", codes=forced)
        return
    found = codes_of(net, x, "x", codes=forced)
    reals = net is not PLAIN and (x.dtype.kind == "f" or (net is READ and not forced))
    assert np.array_equal(found.codes, 2 * COUNTED if reals else COUNTED)
    silent = net is PLAIN or (net is READ and x.dtype.kind == "f")
    assert len(found.notes) == (not silent)


@pytest.mark.parametrize("shape", [(12,), (5, 11), (5, 3, 4), (5, 1, 4, 3), (), (5, 12, 1)])
@pytest.mark.parametrize("dtype", [np.int8, np.float32])
def test_another_shape_is_refused(shape, dtype):
    known = replace(READ, layers=(dense(12, 3, input_shape=(1, 3, 4)),))
    with pytest.raises(InputError) as caught:
        codes_of(known, np.zeros(shape, dtype), "x.npy")
    assert str(caught.value) == (
        f"x.npy: shape {shape}: must have the shape (V, 12) or (V, 1, 3, 4); "
        "one vector a row, V of them"
    )


@pytest.mark.parametrize("dtype", [bool, complex, "S1"])
def test_another_type_is_refused(dtype):
    for net, rule in ((PLAIN, "must hold integers of int8"), (READ, "must hold numbers")):
        with pytest.raises(InputError, match=f"^x: dtype .*: {rule}; "):
            codes_of(net, np.zeros((1, 12), dtype), "x")


@pytest.mark.parametrize("value", [128, -129])
@pytest.mark.parametrize(("net", "forced"), [(PLAIN, False), (OWN, False), (READ, True)])
def test_a_code_out_of_range_is_refused(value, net, forced):
    x = np.zeros((2, 12), np.int64)
    x[1, 7] = value
    with pytest.raises(InputError, match=rf"^x: {value}: at \(1, 7\) is outside of int8"):
        codes_of(net, x, "x", codes=forced)


def test_reals_beyond_the_grid_saturate_as_the_source_has_it_and_are_counted():
    x = np.zeros((2, 12), np.int64)
    x[1, 7], x[0, 0] = 1000, -1000
    found = codes_of(READ, x, "x.npy")
    assert (found.codes[1, 7], found.codes[0, 0]) == (127, -128)
    assert found.notes[-1] == "x.npy: 2 values saturated"
    with pytest.raises(InputError, match=r"^x: nan at \(0, 3\): must be finite"):
        codes_of(READ, np.where(np.arange(12) == 3, np.nan, 0.0)[None], "x")


@pytest.mark.parametrize("shape", [(4, 3), (12, 1), (1, 3, 4), (1, 1, 3, 4), (12,)])
def test_inputs_have_the_shape_that_the_file_declares(shape, tmp_path):
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"], name="fc"),
    ]
    weight = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    path = save(onnx_model(nodes, {"w": weight}, ("batch", *shape)), tmp_path / "m.onnx")
    x = np.random.default_rng(1).normal(size=(20, *shape))
    net = fcgen.load(path)
    assert np.array_equal(reals_of(net, x, "x"), x.reshape(20, 12))
    np.save(tmp_path / "x.npy", x)
    words = ["quantize", path, "--calibration", tmp_path / "x.npy", "-o", tmp_path / "n.json", "-q"]
    assert run(*words, "--export-onnx", tmp_path / "twin.onnx")[0] == 0
    made = Network.from_json((tmp_path / "n.json").read_text())
    assert made.shape == (() if len(shape) in (1, 3) else shape)
    codes = codes_of(made, x).codes
    assert np.array_equal(codes, codes_of(made, x.reshape(20, 12)).codes)
    twin = onnxruntime.InferenceSession(tmp_path / "twin.onnx")
    (found,) = twin.run([CODES], {"x": x.astype(np.float32)})
    assert np.array_equal(found, run_reference(made, codes))
    with pytest.raises(InputError, match=r"^x: float64 of shape \(20, 2, 6\): must hold reals"):
        reals_of(net, x.reshape(20, 2, 6), "x")


def test_codes_without_inputs_and_codes_of_a_model_of_floats_are_refused(digits, tmp_path):
    code, _, err = run("simulate", digits / "of_reals", "--codes")
    assert (code, "--codes: no inputs: says what they are; give --inputs" in err) == (2, True)
    words = ["--calibration", digits / "reals.npy", "--codes"]
    code, _, err = run("compile", digits / "digits.onnx", "-o", tmp_path / "d", *words)
    assert code == 2
    assert "--codes: digits.onnx: a model of floats has no codes before it is quantised" in err


def test_networks_written_before_take_reals_where_they_have_a_grid():
    text = READ.to_json()
    assert not {"takes", "shape", "tail"} & json.loads(text).keys()
    old = Network.from_json(text)
    assert (old.takes_codes, old.shape, old.tail.kind) == (False, (), "")
    shaped = replace(OWN, shape=(4, 3))
    assert Network.from_json(shaped.to_json()).shape == (4, 3)
    for field, value, line in (
        ("takes", "reals", "must be one of codes"),
        ("shape", [5, 5], r"shape: \(5, 5\): the first layer takes 12"),
    ):
        values = json.loads(shaped.to_json()) | {field: value}
        with pytest.raises(InputError, match=line):
            Network.from_json(json.dumps(values))


def test_a_board_takes_what_the_source_takes():
    board = object.__new__(Board)
    board.network = READ
    codes, notes = board._codes(COUNTED, False)
    assert np.array_equal(codes, 2 * COUNTED)
    assert notes == ("inputs: int64, reals, which the source takes; --codes takes them as codes",)
    assert np.array_equal(board._codes(COUNTED, True)[0], COUNTED)

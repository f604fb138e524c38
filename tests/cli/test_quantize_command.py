"""`fcgen quantize`: what is written, printed and refused."""

import json

import numpy as np
import pytest

import fcgen
from command_line import run
from fcgen.load.network_file import read_network
from onnx_examples import mlp, save
from tflite_examples import mlp as tflite_mlp

DATA = np.random.default_rng(5).normal(0, 1, (80, 7)).astype(np.float32)


@pytest.fixture
def model(tmp_path):
    np.save(tmp_path / "x.npy", DATA)
    return save(mlp(7, 6, 3), tmp_path / "net.onnx")


def test_the_network_is_the_one_that_compile_makes(model, tmp_path, capsys):
    words = ["--calibration", tmp_path / "x.npy", "--weight-bits", "6,5"]
    assert run(capsys, "quantize", model, "-o", tmp_path / "n.json", *words).code == 0
    assert run(capsys, "compile", model, "-o", tmp_path / "d", *words).code == 0
    ours, theirs = read_network(tmp_path / "n.json"), fcgen.open(tmp_path / "d").network
    assert ours.to_json() == theirs.to_json()


def test_compile_takes_the_network(model, tmp_path, capsys):
    words = ["--calibration", tmp_path / "x.npy"]
    assert run(capsys, "quantize", model, "-o", tmp_path / "n.json", *words).code == 0
    found = run(capsys, "compile", tmp_path / "n.json", "-o", tmp_path / "d", "--end", "argmax")
    assert found.code == 0
    network = fcgen.open(tmp_path / "d").network
    assert network.end.kind == "argmax"
    assert network.layers == () or network.layers[0].weight.shape == (6, 7)


def test_options_of_the_quantiser_do_not_touch_a_network(model, tmp_path, capsys):
    run(capsys, "quantize", model, "-o", tmp_path / "n.json", "--range", "-1", "1")
    out = tmp_path / "d"
    found = run(capsys, "compile", tmp_path / "n.json", "-o", out, "--weight-bits", "4")
    assert found.code == 2
    assert "--weight-bits: a network: the file holds integers, which stay as they are" in found.err
    assert not out.exists()


def test_the_table_names_each_layer_and_the_accuracy_is_said(model, tmp_path, capsys):
    classes = fcgen.load(model).forward(DATA).argmax(1)
    np.save(tmp_path / "y.npy", classes)
    words = ["--calibration", tmp_path / "x.npy", "--labels", tmp_path / "y.npy"]
    found = run(capsys, "quantize", model, *words)
    assert found.code == 0
    rows = [[cell.strip() for cell in line.split("│")] for line in found.out.splitlines()]
    assert [row[1] for row in rows if len(row) > 1] == ["fc1", "fc2"]
    assert "accuracy over 80 vectors: float 100.00%" in found.out


def test_the_classes_of_a_single_output_are_its_signs(tmp_path, capsys):
    path = save(mlp(7, 6, 1), tmp_path / "net.onnx")
    np.save(tmp_path / "x.npy", DATA)
    np.save(tmp_path / "y.npy", (fcgen.load(path).forward(DATA)[:, 0] > 0).astype(int))
    words = ["--calibration", tmp_path / "x.npy", "--labels", tmp_path / "y.npy"]
    found = json.loads(run(capsys, "quantize", path, *words, "--json").out)
    assert found["accuracy"]["float_model"] == 1.0
    assert found["accuracy"]["quantised"] > 0.9


def test_json_holds_what_was_chosen_and_lost(model, tmp_path, capsys):
    found = run(capsys, "quantize", model, "--calibration", tmp_path / "x.npy", "--json")
    values = json.loads(found.out)
    assert [layer["name"] for layer in values["layers"]] == ["fc1", "fc2"]
    assert len(values["scales"]) == 3
    assert values["accuracy"] is None


def test_integers_are_not_quantised_again(tmp_path, capsys):
    path = tmp_path / "net.tflite"
    path.write_bytes(tflite_mlp(9, 7, 5))
    found = run(capsys, "quantize", path)
    assert found.code == 2
    assert "MODEL: net.tflite: must be a model of floats; compile or certify this one" in found.err


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "network"', "[1]"])
def test_a_file_that_is_no_network_is_one_line(text, tmp_path, capsys):
    path = tmp_path / "n.json"
    path.write_text(text)
    found = run(capsys, "compile", path, "-o", tmp_path / "d")
    assert found.code == 2
    assert found.err.startswith("fcgen: error: ")
    assert found.err.count("\n") == 1

"""From a model's file to a design through the command line, and networks through `simulate`."""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import onnxruntime
import pytest

import fcgen
from fcgen.cli import main
from fcgen.network.reference import run as run_reference
from fcgen.quantization.export_onnx import CODES, VALUES
from onnx_examples import mlp, save
from tflite_examples import litert
from tflite_examples import mlp as tflite_mlp

RANDOM = np.random.default_rng(7)


def run(*words):
    """Exit code, stdout and stderr of a call; a fixture of a module has no capsys."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compile")
    save(mlp(12, 9, 5), folder / "net.onnx")
    x = RANDOM.normal(0, 1, (60, 12)).astype(np.float32)
    np.save(folder / "x.npy", x)
    model = fcgen.load(folder / "net.onnx")
    np.save(folder / "y.npy", model.forward(x).argmax(1))
    words = ["--calibration", folder / "x.npy", "--labels", folder / "y.npy", "--pe", "3,5"]
    export = ["--export-onnx", folder / "twin.onnx", "--simd", "2,3", "--json"]
    code, out, err = run("compile", folder / "net.onnx", "-o", folder / "d", *words, *export)
    assert code == 0, err
    (folder / "compile.json").write_text(out)
    return folder


def test_the_design_of_a_model_equals_its_twin_in_onnxruntime(folder):
    x = RANDOM.normal(0, 2, (300, 12)).astype(np.float32)
    accelerator = fcgen.open(folder / "d")
    session = onnxruntime.InferenceSession(str(folder / "twin.onnx"))
    values, codes = session.run([VALUES, CODES], {"x": x})
    found = accelerator.predict(x)
    assert np.array_equal(found, codes)
    assert np.array_equal(accelerator.network.output(found), values)


def test_json_has_the_promised_keys_and_the_accuracy(folder):
    values = json.loads((folder / "compile.json").read_text())
    assert (values["parameters"], values["macs"]) == (12 * 9 + 9 + 9 * 5 + 5, 12 * 9 + 9 * 5)
    assert values["initiation_interval"] == max(6 * 3, 3 * 1)
    assert [layer["name"] for layer in values["layers"]] == ["fc1", "fc2"]
    assert values["accuracy"]["float_model"] == 1.0
    assert values["accuracy"]["quantised"] > 0.9
    assert all(layer["claimed"] for layer in values["quantization"]["layers"])


@pytest.mark.parametrize("engine", ["reference", "amaranth", "icarus", "compiled"])
def test_every_engine_computes_the_network(engine, folder):
    code, out, _ = run("simulate", folder / "d", "--engine", engine, "--stall", "0.3", "--json")
    assert code == 0
    assert json.loads(out)["mismatches"] == 0


def test_the_interval_of_a_network_is_that_of_its_slowest_layer(folder):
    _, out, _ = run("simulate", folder / "d", "--json")
    values, design = json.loads(out), fcgen.open(folder / "d").design
    assert values["initiation_interval_measured"] == 18
    assert values["latency_measured"] == design.latency
    assert values["latency_first_measured"] == design.manifest.latency_first


def test_reals_are_quantised_by_the_networks_own_grid(folder):
    code, _, err = run(
        *("simulate", folder / "d", "--inputs", folder / "x.npy", "--outputs", folder / "o.npy")
    )
    assert code == 0, err
    network = fcgen.open(folder / "d").network
    wanted = run_reference(network, network.quantize(np.load(folder / "x.npy"))[0])
    assert np.array_equal(np.load(folder / "o.npy"), wanted)


def test_reals_that_saturate_are_said(folder):
    np.save(folder / "big.npy", np.full((2, 12), 1e6))
    _, out, _ = run("simulate", folder / "d", "--inputs", folder / "big.npy")
    assert f"{folder / 'big.npy'}: 24 values saturated" in out


def test_classes_leave_as_one_index_a_vector(folder, tmp_path):
    words = ["--calibration", folder / "x.npy", "--end", "argmax", "-q"]
    assert run("compile", folder / "net.onnx", "-o", tmp_path / "d", *words)[0] == 0
    code, _, _ = run(
        *("simulate", tmp_path / "d", "--inputs", folder / "x.npy", "--outputs", tmp_path / "o.npy")
    )
    outputs = np.load(tmp_path / "o.npy")
    assert code == 0
    assert outputs.shape == (60,)
    assert (outputs == np.load(folder / "y.npy")).mean() > 0.9


def test_the_first_wrong_layer_is_named(folder, tmp_path):
    words = ["--calibration", folder / "x.npy", "-q"]
    assert run("compile", folder / "net.onnx", "-o", tmp_path / "d", *words)[0] == 0
    image = tmp_path / "d" / "fc1_weights_0.hex"
    image.write_text("".join(f"{255 - int(line, 16):02x}\n" for line in image.read_text().split()))
    code, out, _ = run("simulate", tmp_path / "d", "--force")
    assert code == 1
    assert "the first wrong layer is fc1 (1 of 2), neuron " in out


def test_without_data_a_note_says_whose_ranges_these_are(folder, tmp_path):
    code, _, err = run("compile", folder / "net.onnx", "-o", tmp_path / "d")
    assert code == 0
    assert "note: no data: ranges are those of seeded normal inputs" in err


def test_inspect_says_what_became_of_each_node(folder):
    code, out, _ = run("inspect", folder / "net.onnx")
    assert code == 0
    assert "layer 1, 12 > 9" in out
    assert "activation of layer 1" in out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--range", "1", "0"], "--range: 1 0: must be two numbers in order; swap them"),
        (["--range", "0", "1", "--calibration", "x.npy"], "--range: with --calibration: the data"),
        (["--labels", "y.npy"], "--labels: y.npy: needs data; give --calibration or --test"),
        (
            ["--calibration", "y.npy"],
            "y.npy: int64 of shape (60,): must hold reals of shape (V, 12)",
        ),
        (
            ["--calibration", "x.npy", "--labels", "x.npy"],
            "x.npy: float32 of shape (60, 12): must hold 60 integers; give one class a vector",
        ),
        (["--top-k", "2"], "--top-k: 2: has an effect with --end top_k alone; add --end top_k"),
        (["--end", "top_k", "--top-k", "6"], "end: 6: the last layer has 5 outputs"),
        (["--weight-bits", "x"], "--weight-bits: x: must be integers as 8 or 8,4,8; correct it"),
        (["--pe", "1,2,3"], "--pe: 1,2,3: must be one number, or one for each of the 2 layers"),
        (["--pe", "10"], "--pe: 10: must be 1 to M = 9; choose a value in this range"),
        (["--fps", "1", "--fit"], "--fit: with --fps: only one goal can be given"),
        (["--device", "ecp6"], "--device: ecp6: is not a known device"),
        (["--export-onnx", "/nowhere/x.onnx"], "--export-onnx: /nowhere/x.onnx: cannot be written"),
        (["--name", "module"], "--name: module: is a Verilog keyword; choose another name"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(words, line, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    code, _, err = run("compile", "net.onnx", "-o", tmp_path / "d", *words)
    assert code == 2
    assert f"fcgen: error: {line}" in err
    assert not (tmp_path / "d").exists()


def test_a_goal_out_of_reach_is_exit_code_one(folder, tmp_path):
    code, _, err = run("compile", folder / "net.onnx", "-o", tmp_path / "d", "--fps", "1e9")
    assert code == 1
    assert "fcgen: error: --fps: 1e+09: at 100 MHz" in err
    assert not (tmp_path / "d").exists()


def test_outputs_can_be_reals_probabilities_or_classes(folder, tmp_path):
    words = ["simulate", folder / "d", "--inputs", folder / "x.npy", "--engine", "reference"]
    found = {}
    for name, more in (
        ("codes", []),
        ("reals", ["--dequantize"]),
        ("class", ["--upto", "class"]),
        ("shares", ["--upto", "probabilities"]),
    ):
        assert run(*words, "--outputs", tmp_path / f"{name}.npy", *more)[0] == 0
        found[name] = np.load(tmp_path / f"{name}.npy")
    network = fcgen.open(folder / "d").network
    assert np.array_equal(found["reals"], network.output(found["codes"]))
    assert np.array_equal(found["class"], found["codes"].argmax(1))
    assert np.allclose(found["shares"].sum(1), 1)


def test_a_form_of_outputs_without_a_file_for_them_is_refused(folder):
    code, _, err = run("simulate", folder / "d", "--dequantize")
    assert code == 2
    assert "--dequantize: no --outputs: says what is written there; give a file" in err


def test_a_quantised_model_is_compiled_with_its_certificate(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(tflite_mlp(9, 7, 5))
    code, out, err = run("compile", path, "-o", tmp_path / "d", "--pe", "2", "--json")
    values = json.loads(out)
    assert code == 0, err
    assert values["certificate"]["exact"] is True
    assert values["certificate"]["differences"] == []
    written = json.loads((tmp_path / "d" / "certificate.json").read_text())
    assert written["thresholds"] == values["certificate"]["thresholds"] > 0
    x = RANDOM.integers(-128, 128, (200, 9))
    assert np.array_equal(fcgen.open(tmp_path / "d").predict(x), litert(path.read_bytes(), x))


def test_certify_writes_its_verdict(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(tflite_mlp(9, 7, 5))
    code, out, _ = run("certify", path, "-o", tmp_path / "c.json")
    assert code == 0
    assert out.startswith("certificate: equal to litert-reference for every input: ")
    assert json.loads((tmp_path / "c.json").read_text())["exact"] is True


def test_certify_lists_what_differs_and_exits_with_one(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(tflite_mlp(250, 200, 150, seed=3, per_channel=True))
    code, out, _ = run("certify", path, "--target", "litert-xnnpack")
    assert code == 1
    assert "certificate: not equal to litert-xnnpack: " in out
    assert ": no short constants have these thresholds" in out


def test_a_design_that_does_not_equal_its_source_is_written_and_exits_with_one(tmp_path):
    (tmp_path / "net.tflite").write_bytes(tflite_mlp(120, 8, seed=1, per_channel=True))
    words = ["compile", tmp_path / "net.tflite", "--target", "litert-xnnpack"]
    code, out, err = run(*words, "-o", tmp_path / "d", "--json")
    assert code == 1
    assert json.loads(out)["certificate"]["exact"] is False
    assert "certificate: not equal to litert-xnnpack: " in err
    assert fcgen.open(tmp_path / "d").network.inputs == 120
    code, out, _ = run(*words, "-o", tmp_path / "q", "-q")
    assert (code, "certificate: not equal to litert-xnnpack: " in out) == (1, True)
    assert run("certify", tmp_path / "net.tflite", "--target", "litert-xnnpack")[0] == 1


def test_a_float_model_has_no_certificate(folder):
    code, _, err = run("certify", folder / "net.onnx")
    assert code == 2
    assert "has floats: its network is exact by construction" in err


def test_options_of_the_quantiser_do_not_touch_integers(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(tflite_mlp(9, 7, 5))
    code, _, err = run("compile", path, "-o", tmp_path / "d", "--weight-bits", "4")
    assert code == 2
    assert "--weight-bits: TFLite, int8: the file holds integers, which stay as they are" in err


@pytest.fixture
def labelled(tmp_path):
    """A folder with a quantised model, codes, the reals they stand for, and LiteRT's classes."""
    content = tflite_mlp(9, 7, 5)
    (tmp_path / "net.tflite").write_bytes(content)
    codes = RANDOM.integers(-128, 128, (200, 9))
    np.save(tmp_path / "codes.npy", codes)
    grid = fcgen.load(tmp_path / "net.tflite").input
    np.save(tmp_path / "reals.npy", grid.reals(codes))
    labels = litert(content, codes).argmax(1)
    np.save(tmp_path / "y.npy", labels)
    labels[:50] = (labels[:50] + 1) % 5
    np.save(tmp_path / "wrong.npy", labels)
    return tmp_path


@pytest.mark.parametrize(
    ("test", "labels", "share"),
    [("codes", "y", 1.0), ("reals", "y", 1.0), ("codes", "wrong", 0.75)],
)
def test_the_accuracy_of_a_quantised_model_is_measured_where_labels_are_given(
    test, labels, share, labelled
):
    words = ["--test", labelled / f"{test}.npy", "--labels", labelled / f"{labels}.npy", "--json"]
    code, out, err = run("compile", labelled / "net.tflite", "-o", labelled / "d", *words)
    assert code == 0, err
    found = {"vectors": 200, "float_model": None, "quantised": share}
    assert json.loads(out)["accuracy"] == found
    assert f"accuracy over 200 vectors: {share:.2%}\n" in err
    assert run("report", labelled / "d")[0] == 0
    page = (labelled / "d.report.html").read_text()
    assert f"The network of integers classifies {100 * share:.2f} % of 200 vectors" in page


def test_a_network_of_integers_takes_labels_as_its_model_did(folder, tmp_path):
    words = ["--test", folder / "x.npy", "--labels", folder / "y.npy", "--json"]
    code, out, err = run("compile", folder / "d/reference.json", "-o", tmp_path / "d", *words)
    assert code == 0, err
    before = json.loads((folder / "compile.json").read_text())["accuracy"]["quantised"]
    assert json.loads(out)["accuracy"]["quantised"] == before


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--labels", "y.npy"], "needs data; give --test"),
        (["--test", "codes.npy"], "is for the accuracy; give --labels with it"),
        (
            ["--test", "y.npy", "--labels", "y.npy"],
            "y.npy: shape (200,): must have the shape (V, 9)",
        ),
        (["--test", "codes.npy", "--labels", "few.npy"], "must hold 200 integers"),
        (["--test", "far.npy", "--labels", "y.npy"], "far.npy: 128: at (3, 2) is outside of int8"),
        (["--test", "none.npy", "--labels", "y.npy"], "there are no vectors; give some"),
    ],
)
def test_labels_and_vectors_of_a_quantised_model_are_checked(words, line, labelled):
    far = np.zeros((200, 9), np.int64)
    far[3, 2] = 128
    np.save(labelled / "far.npy", far)
    np.save(labelled / "few.npy", np.zeros(3, np.int64))
    np.save(labelled / "none.npy", np.zeros((0, 9), np.int64))
    files = [word if word.startswith("-") else labelled / word for word in words]
    code, _, err = run("compile", labelled / "net.tflite", "-o", labelled / "d", *files)
    assert (code, line in err) == (2, True), err
    assert not (labelled / "d").exists()


@pytest.mark.parametrize("option", ["MODEL", "--calibration", "--labels", "--export-onnx"])
def test_a_file_of_the_user_in_a_design_that_would_be_replaced_is_kept(folder, tmp_path, option):
    design = shutil.copytree(folder / "d", tmp_path / "d")
    words = {"MODEL": "net.onnx", "--calibration": "x.npy", "--labels": "y.npy"}
    words["--export-onnx"] = "twin.onnx"
    places = {name: design if name == option else folder for name in words}
    if option != "--export-onnx":
        shutil.copyfile(folder / words[option], design / words[option])
    before = {path: path.read_bytes() for path in design.iterdir()}
    given = {name: places[name] / file for name, file in words.items()}
    model = given.pop("MODEL")
    more = [word for pair in given.items() for word in pair]
    code, _, err = run("compile", model, "-o", design, *more)
    assert code == 2
    assert f"error: {option}: " in err
    assert "which is replaced whole, and would be lost; move it, or choose another -o" in err
    assert before == {path: path.read_bytes() for path in design.iterdir()}


def test_a_design_is_made_again_from_its_own_reference(folder, tmp_path):
    design = shutil.copytree(folder / "d", tmp_path / "d")
    reference = (design / "reference.json").read_text()
    assert run("compile", design / "reference.json", "-o", design)[0] == 0
    assert (design / "reference.json").read_text() == reference

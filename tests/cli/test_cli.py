"""The commands end to end, on a small layer."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import fcgen
from command_line import run
from fcgen import cli
from fcgen.design.manifest_reader import read

WORDS = ("layer", 5, 3, "--pe", 2, "--simd", 2)


@pytest.fixture(scope="module")
def design(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("designs") / "design"
    assert cli.main([*map(str, WORDS), "-q", "-o", str(directory)]) == 0
    return directory


@pytest.fixture(scope="module")
def writable(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("designs") / "writable"
    words = [*map(str, WORDS), "--runtime-weights", "-q", "-o", str(directory)]
    assert cli.main(words) == 0
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_layer_says_where_everything_is_and_what_to_type_next(capsys, tmp_path):
    outcome = run(capsys, *WORDS, "-o", tmp_path / "ip")
    assert outcome.code == 0
    assert "│ layer (Dense) │ (5)" in outcome.out
    assert f"{tmp_path}/ip: top module layer, " in outcome.out
    assert "note: weights: seeded random int8 (seed 0); give --weights FILE" in outcome.err
    assert outcome.err.splitlines()[-1] == f"next: fcgen simulate {tmp_path}/ip"
    assert (tmp_path / "ip" / "manifest.json").is_file()


def test_quiet_leaves_only_the_result(capsys, tmp_path):
    outcome = run(capsys, *WORDS, "-q", "-o", tmp_path / "ip")
    assert (outcome.code, outcome.err) == (0, "")
    assert "top module layer" in outcome.out


def test_json_is_one_object_with_the_promised_keys(capsys, tmp_path):
    outcome = run(capsys, *WORDS, "--json", "-o", tmp_path / "ip")
    values = json.loads(outcome.out)
    promised = {
        "parameters": 18,
        "macs": 15,
        "neuron_folds": 2,
        "synapse_folds": 3,
        "initiation_interval": 6,
    }
    assert promised.items() <= values.items()
    assert {"latency", "latency_first", "accumulator_width"} <= values.keys()
    assert values["directory"] == str(tmp_path / "ip")
    assert "layer.sv" in values["files"]


def test_the_same_command_writes_the_same_bytes(capsys, tmp_path, design):
    run(capsys, *WORDS, "-o", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(design)


def test_another_seed_gives_other_weights(capsys, tmp_path, design):
    run(capsys, *WORDS, "--seed", 1, "-o", tmp_path / "other")
    assert read(tmp_path / "other").weights_hash != read(design).weights_hash


def test_a_design_of_ours_is_replaced_whole(capsys, tmp_path):
    run(capsys, "layer", 3, 2, "--name", "old", "-o", tmp_path / "ip")
    assert (tmp_path / "ip" / "old.sv").exists()
    assert run(capsys, "layer", 3, 2, "--name", "young", "-o", tmp_path / "ip").code == 0
    assert (tmp_path / "ip" / "young.sv").exists()
    assert not (tmp_path / "ip" / "old.sv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["ip"]


def test_name_and_prefix_reach_the_modules(capsys, tmp_path):
    run(capsys, *WORDS, "--name", "dense", "--prefix", "a_", "-o", tmp_path / "ip")
    described = read(tmp_path / "ip")
    assert described.top == "a_dense"
    assert all(name.startswith("a_") for name in described.sources)


def test_a_shape_of_three_sizes_is_flattened(capsys, tmp_path):
    outcome = run(capsys, "layer", "2x3x4", 5, "--json", "-o", tmp_path / "ip")
    values = json.loads(outcome.out)
    assert (values["input_shape"], values["parameters"]) == ([2, 3, 4], 125)


def test_options_reach_the_layer(capsys, tmp_path):
    words = "--weight-bits 3 --unsigned-activations --activation-bits 5 --output-bits 7 --relu"
    words += " --rounding floor --input-zero-point 9 --output-lanes 3 --verilog2005"
    run(capsys, *WORDS, *words.split(), "-o", tmp_path / "ip")
    opened = fcgen.open(tmp_path / "ip")
    layer, requantization = opened.layer, opened.layer.requantization
    formats = (layer.weight_format, layer.activation_format, layer.output_format)
    assert [value.name for value in formats] == ["int3", "uint5", "int7"]
    assert (requantization.rounding, set(requantization.lo)) == ("floor", {0})
    assert (layer.input_zero_point, opened.folding.output_lanes) == (9, 3)
    assert (tmp_path / "ip" / "layer.v").is_file()


def test_weights_of_a_file_are_used_as_they_are(capsys, tmp_path):
    weight = np.arange(-7, 8).reshape(3, 5).astype(np.int8)
    np.savez(tmp_path / "w.npz", weight=weight, bias=[1, 2, 3])
    run(capsys, *WORDS, "--raw", "--weights", tmp_path / "w.npz", "-o", tmp_path / "ip")
    layer = fcgen.open(tmp_path / "ip").layer
    assert np.array_equal(layer.weight, weight)
    assert layer.bias.tolist() == [1, 2, 3]


def test_scales_may_be_powers_of_two(capsys, tmp_path):
    np.save(tmp_path / "w.npy", np.linspace(-1, 1, 15).reshape(3, 5))
    words = (*WORDS, "--weights", tmp_path / "w.npy", "--activation-scale", "2**-5")
    outcome = run(capsys, *words, "-o", tmp_path / "ip")
    assert "note: scales: activations 0.03125, outputs " in outcome.err


def test_summary_prints_what_layer_printed(capsys, design):
    printed = run(capsys, "summary", design)
    assert printed.code == 0
    assert str(fcgen.open(design).summary()) == printed.out.rstrip("\n")


def test_a_summary_has_the_latencies_of_the_manifest(capsys, design):
    values, described = json.loads(run(capsys, "summary", design, "--json").out), read(design)
    assert values["latency"] == described.latency
    assert values["latency_first"] == described.latency_first


def test_summary_as_json(capsys, design):
    values = json.loads(run(capsys, "summary", design, "--json").out)
    assert values == fcgen.open(design).summary().as_dict()


@pytest.mark.parametrize("engine", ["reference", "amaranth", "compiled"])
def test_simulate_finds_no_mismatch(engine, capsys, design):
    outcome = run(capsys, "simulate", design, "--engine", engine, "--stall", 0.3, "--json")
    values = json.loads(outcome.out)
    assert outcome.code == 0
    assert (values["engine"], values["mismatches"]) == (engine, 0)
    assert values["vectors"] >= 16


def test_simulate_reads_inputs_and_writes_outputs(capsys, tmp_path, design):
    vectors = np.arange(20).reshape(4, 5)
    np.save(tmp_path / "x.npy", vectors)
    words = ("--inputs", tmp_path / "x.npy", "--outputs", tmp_path / "y.npy")
    assert run(capsys, "simulate", design, *words).code == 0
    outputs = np.load(tmp_path / "y.npy")
    assert outputs.dtype == np.int64
    assert np.array_equal(outputs, fcgen.open(design).predict(vectors, engine="reference"))


def test_simulate_loads_new_weights(capsys, tmp_path, writable):
    np.savez(tmp_path / "w.npz", weight=np.full((3, 5), -3, np.int8))
    outcome = run(capsys, "simulate", writable, "--load-weights", tmp_path / "w.npz")
    assert outcome.code == 0
    assert "0 mismatches" in outcome.out
    assert "parameter words written and read back" in outcome.out


def test_weights_cannot_be_loaded_into_a_design_without_the_port(capsys, tmp_path, design):
    np.savez(tmp_path / "w.npz", weight=np.full((3, 5), -3, np.int8))
    outcome = run(capsys, "simulate", design, "--load-weights", tmp_path / "w.npz")
    assert outcome.code == 2
    assert outcome.error == (
        f"--load-weights: {tmp_path}/w.npz: the weights of this design are fixed; "
        "make it with --runtime-weights"
    )


@pytest.fixture
def edited(tmp_path, design) -> Path:
    """A copy of the design in which one weight was changed."""
    copy = tmp_path / "edited"
    copy.mkdir()
    for name, content in contents(design).items():
        (copy / name).write_bytes(content)
    image = next(copy.glob("weights_0*.hex"))
    words = image.read_text().split("\n")
    words[0] = f"{int(words[0], 16) ^ 1:0{len(words[0])}x}"
    image.write_text("\n".join(words))
    return copy


def test_an_edited_design_is_refused(capsys, edited):
    outcome = run(capsys, "simulate", edited)
    assert outcome.code == 2
    assert outcome.error.startswith(f"{edited}/weights_0.hex: sha256 ")
    assert outcome.error.endswith(
        ": has changed since the design was written; write the design again or use --force"
    )


def test_with_force_an_edited_design_runs_and_its_mismatches_are_found(capsys, edited):
    outcome = run(capsys, "simulate", edited, "--force", "--engine", "compiled")
    assert outcome.code == 1
    assert "has changed since the design was written" in outcome.out
    assert re.search(
        r"^vector \d+, neuron \d: expected -?\d+, got -?\d+", outcome.out, re.MULTILINE
    )
    assert f"repeat with: fcgen simulate {edited} --engine compiled" in outcome.out


def test_without_check_nothing_is_compared(capsys, edited):
    outcome = run(capsys, "simulate", edited, "--force", "--no-check")
    assert outcome.code == 0
    assert "not compared with the reference" in outcome.out


def test_regress_writes_a_table_and_junit(capsys, tmp_path, design):
    junit = tmp_path / "reports" / "junit.xml"
    outcome = run(capsys, "regress", design, "--engine", "amaranth", "--junit", junit)
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "amaranth: 3 cases, 0 failures"
    assert len(ElementTree.parse(junit).findall("testcase")) == 3


def test_regress_as_json(capsys, tmp_path, design):
    words = (design, "--engine", "reference", "--junit", tmp_path / "junit.xml", "--json")
    values = json.loads(run(capsys, "regress", *words).out)
    assert (values["engine"], values["cases"], values["failures"]) == ("reference", 3, [])


def test_a_failed_case_comes_with_the_command_that_repeats_it(capsys, tmp_path, monkeypatch):
    from fcgen.regression import case as regression_case

    def wrong(layer, inputs):
        return np.zeros((len(inputs), layer.outputs), np.int64)

    monkeypatch.setattr(regression_case, "run_reference", wrong)
    words = ("--count", 1, "--engine", "amaranth", "--seed", 34, "--junit", tmp_path / "j.xml")
    outcome = run(capsys, "regress", *words)
    assert outcome.code == 1
    assert "repeat with: fcgen regress --seed 34 --only 0 --engine amaranth" in outcome.out


@pytest.mark.parametrize(("engine", "tool"), [("icarus", "iverilog"), ("verilator", "c++")])
def test_a_missing_simulator_is_said_with_the_command_that_installs_it(
    engine, tool, capsys, design, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run(capsys, "simulate", design, "--engine", engine)
    assert outcome.code == 3
    assert outcome.error.startswith(f"{tool}: ")
    assert "install it with `" in outcome.error


def test_without_a_compiler_the_amaranth_simulator_runs_and_says_so(
    capsys, design, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run(capsys, "simulate", design)
    assert outcome.code == 0
    assert outcome.out.startswith("engine amaranth, because compiled is not available: c++: ")
    assert "\namaranth: 16 vectors" in outcome.out


def test_an_interrupt_ends_quietly(capsys, design, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("fcgen.accelerator.open", interrupt)
    outcome = run(capsys, "summary", design)
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "")


@pytest.fixture
def bug(monkeypatch):
    def fail(*_, **__):
        raise LookupError("lost\nit")

    monkeypatch.setattr("fcgen.accelerator.open", fail)


def test_a_bug_is_one_line(capsys, bug):
    outcome = run(capsys, "summary", "design")
    assert outcome.code == 1
    assert outcome.error == (
        "LookupError: lost it; this is a bug in fcgen; "
        "set FCGEN_DEBUG=1 for its traceback and report it"
    )


def test_a_bug_has_its_traceback_when_it_is_asked_for(bug, monkeypatch):
    monkeypatch.setenv("FCGEN_DEBUG", "1")
    with pytest.raises(LookupError):
        cli.main(["summary", "design"])


def test_help_needs_no_command(capsys):
    outcome = run(capsys)
    assert outcome.code == 0
    for name in cli.COMMANDS:
        assert f"\n  {name} " in outcome.out


def test_the_version_is_that_of_the_package(capsys):
    assert run(capsys, "--version").out == f"fcgen, version {fcgen.__version__}\n"


def test_the_module_is_the_same_program(tmp_path):
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "fcgen", "summary", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"fcgen: error: {tmp_path}/manifest.json: ")


def test_a_reader_that_leaves_early_brings_no_traceback(design):
    command = f"{sys.executable} -m fcgen summary {design} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr

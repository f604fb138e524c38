import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from command_line import run
from explore.sweeps import POINTS, contents, stored, words
from onnx_examples import mlp, save
from tflite_examples import mlp as mlp_of_integers


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The results of a sweep that nobody interrupts."""
    directory = tmp_path_factory.mktemp("explore") / "whole"
    done = subprocess.run(
        [sys.executable, "-m", "fcgen", *words(directory, "--json")],
        capture_output=True,
        text=True,
        check=True,
    )
    (directory.parent / "whole.json").write_text(done.stdout)
    return directory


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(number) for number in found]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_killed_sweep_ends_its_processes_and_goes_on_where_it_was(whole, tmp_path, capsys):
    directory = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "fcgen", *words(directory, "-q")], stdout=subprocess.DEVNULL
    )
    wait_for(lambda: len(list(directory.glob("estimates/*.json"))) >= 2)
    team = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not any(alive(pid) for pid in team))
    there = stored(directory)
    assert 2 <= len(list(directory.glob("estimates/*.json"))) < POINTS
    assert not (directory / "results.json").exists()
    assert run(capsys, *words(directory)).code == 0
    assert stored(directory).items() >= there.items()
    assert contents(directory) == contents(whole)


def test_a_finished_sweep_computes_nothing_again(whole, capsys):
    there, results = stored(whole), contents(whole)
    outcome = run(capsys, *words(whole))
    assert outcome.code == 0
    assert "estimates: " not in outcome.err
    assert (stored(whole), contents(whole)) == (there, results)


def test_the_results_say_the_same_as_json_csv_and_table(whole):
    values = json.loads((whole / "results.json").read_text())
    with (whole / "results.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(values["rows"]) == values["points"] == POINTS
    for row, value in zip(rows, values["rows"], strict=True):
        assert row["name"] == value["name"]
        assert int(row["lut"]) == value["lut"]
        assert float(row["inferences_per_second"]) == value["inferences_per_second"]
        assert (
            row["pareto"]
            == str(value["pareto"]).lower()
            == str(value["name"] in values["front"]).lower()
        )
    table = (whole / "pareto.txt").read_text()
    assert table.count("│ ecp5-25k ") + table.count("│ ice40-up5k ") == len(values["front"])


def test_json_prints_what_the_file_holds(whole):
    printed = json.loads((whole.parent / "whole.json").read_text())
    assert printed.pop("directory") == str(whole)
    assert printed.pop("failures") == []
    assert printed == json.loads((whole / "results.json").read_text())


def test_the_chart_names_devices_and_bits(whole):
    chart = (whole / "chart.svg").read_text()
    assert chart.startswith("<?xml")
    for text in ("ecp5-25k", "ice40-up5k", "4x4 bits", "2x3 bits", "look-up tables"):
        assert text in chart


def test_without_matplotlib_one_line_says_how_to_install_it(whole, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("fcgen.explore.chart.find_spec", lambda _: None)
    outcome = run(capsys, *words(whole))
    lines = [line for line in outcome.err.splitlines() if "matplotlib" in line]
    assert outcome.code == 0
    assert len(lines) == 1
    assert lines[0].endswith("pip install 'fcgen[report]'`")


def test_other_options_are_refused_and_nothing_changes(whole, capsys):
    there = stored(whole)
    outcome = run(capsys, *words(whole, "--seed", "1"))
    assert outcome.code == 2
    assert outcome.error == (
        f"--seed: 1: the sweep in {whole} was begun with 0; give the options that it was begun "
        "with, or another directory"
    )
    assert stored(whole) == there


def test_a_point_that_cannot_be_built_is_a_result_with_its_reason(tmp_path, capsys):
    options = ("--device", "ice40-up5k", "--bits", "8", "--folding", "1", "--synth", "all")
    outcome = run(capsys, "explore", "64", "32", *options, "-o", tmp_path / "d", "--json")
    values = json.loads(outcome.out)
    assert outcome.code == 0
    assert (values["points"], values["fitting"], values["front"]) == (1, 0, [])
    assert "too many" in values["rows"][0]["reason"]


def test_what_failed_is_named_and_tried_again_by_the_same_command(tmp_path, capsys, monkeypatch):
    small = ("--folding", "8", "--bits", "4", "--json")
    with monkeypatch.context() as patch:
        patch.setattr("fcgen.explore.local.run", lambda tasks, _, done: done(tasks[0], "no space"))
        outcome = run(capsys, *words(tmp_path / "d"), *small)
    values = json.loads(outcome.out)
    assert (outcome.code, values["exit_code"], values["points"]) == (3, 3, 0)
    assert outcome.error.startswith("1 task failed; run the same command again")
    assert values["failures"][0].endswith(": no space")
    outcome = run(capsys, *words(tmp_path / "d"), *small)
    values = json.loads(outcome.out)
    assert (outcome.code, values["failures"], values["points"]) == (0, [], 2)


def test_a_model_has_its_accuracy_for_each_pair_of_widths(tmp_path, capsys):
    save(mlp(6, 5, 3), tmp_path / "net.onnx")
    x = np.random.default_rng(1).normal(0, 1, (40, 6)).astype(np.float32)
    y = np.random.default_rng(2).integers(0, 3, 40)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    words = ("explore", tmp_path / "net.onnx", "--calibration", tmp_path / "x.npy", "--labels")
    axes = ("--device", "ecp5-25k", "--bits", "8,3", "--folding", "30", "--synth", "none")
    outcome = run(capsys, *words, tmp_path / "y.npy", *axes, "-o", tmp_path / "d", "--json")
    found = {row["weight_bits"]: row["accuracy"] for row in json.loads(outcome.out)["rows"]}
    compiled = [
        json.loads(
            run(
                capsys,
                *("quantize", *words[1:], tmp_path / "y.npy", "--weight-bits", bits),
                *("--activation-bits", bits, "--json"),
            ).out
        )["accuracy"]["quantised"]
        for bits in (8, 3)
    ]
    assert [found[8], found[3]] == compiled


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--synth", "some"), "--synth: some: must be a number of points or one of none, pareto"),
        (("--margin", "1"), "--margin: 1.0: must be a part of one"),
        (("--jobs", "0"), "--jobs: 0: must be an integer from 1"),
        (("--bits", "8,,4"), "--bits: 8,,4: must be values with commas between"),
        (("--labels", "y.npy"), "--labels: y.npy: has no meaning for a layer"),
        (("--folding", "7x1"), "--folding: 7x1: a layer of 16 inputs and 6 outputs has no more"),
    ],
)
def test_a_bad_option_is_one_line_and_makes_nothing(options, message, tmp_path, capsys):
    outcome = run(capsys, *words(tmp_path / "d"), *options)
    assert outcome.code == 2
    assert outcome.error.startswith(message)
    assert not os.listdir(tmp_path)


def test_weights_that_do_not_fit_the_bits_leave_no_sweep_behind(tmp_path, capsys):
    np.save(tmp_path / "w.npy", np.full((6, 16), 100))
    outcome = run(capsys, *words(tmp_path / "d"), "--weights", tmp_path / "w.npy", "--bits", "8,4")
    assert outcome.code == 2
    assert outcome.error.startswith(f"{tmp_path / 'w.npy'}: ")
    assert not (tmp_path / "d").exists()


def test_a_model_of_integers_keeps_its_widths(tmp_path, capsys):
    (tmp_path / "m.tflite").write_bytes(mlp_of_integers(5, 4, 3))
    axes = ("--device", "ecp5-25k", "--folding", "1x1+1x1", "--synth", "none")
    words = ("explore", tmp_path / "m.tflite", *axes, "-o", tmp_path / "d")
    refused = run(capsys, *words, "--bits", "8")
    assert refused.error.startswith("--bits: 8: the file holds integers, which stay as they are")
    outcome = run(capsys, *words, "--json")
    (row,) = json.loads(outcome.out)["rows"]
    assert (row["name"][:12], row["fits"], row["accuracy"]) == ("ecp5-25k-own", True, None)


def test_a_model_takes_no_options_of_layers(tmp_path, capsys):
    words = ("explore", "x.onnx", "--device", "ecp5-25k", "--relu", "-o", tmp_path / "d")
    assert run(capsys, *words).error.startswith("--relu: True: has no meaning for a model")


def test_a_sweep_of_a_model_that_its_network_does_not_equal_exits_with_one(tmp_path, capsys):
    (tmp_path / "m.tflite").write_bytes(mlp_of_integers(120, 8, seed=1, per_channel=True))
    words = ("--device", "ecp5-25k", "--folding", "8x1", "--synth", "none", "--target")
    found = run(
        *(capsys, "explore", tmp_path / "m.tflite", *words, "litert-xnnpack"), "-o", tmp_path / "d"
    )
    assert (found.code, "certificate: not equal to litert-xnnpack: " in found.out) == (1, True)
    assert (tmp_path / "d/results.csv").is_file()

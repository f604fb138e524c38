import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fcgen import accelerator
from fcgen.cli import main
from fcgen.demo import demo
from fcgen.network.reference import run
from fcgen.simulation import simulate
from fcgen.tools import programs as tools

IMAGES = 599


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> demo.DemoResult:
    return demo.run(tmp_path_factory.mktemp("demo") / "design")


def test_the_compiled_hardware_equals_the_reference_over_every_held_out_image(result):
    assert result.simulation.engine == "compiled"
    assert result.simulation.vectors == IMAGES
    assert result.simulation.outputs.size == 10 * IMAGES
    assert result.equal


def test_the_hardware_recognises_what_the_integers_recognise(result):
    assert result.hardware_accuracy == result.quantised_accuracy
    assert result.quantised_accuracy == pytest.approx(result.float_accuracy, abs=0.005)


def test_an_image_takes_the_cycles_that_the_summary_promises(result):
    assert result.simulation.initiation_interval_measured == 32
    assert result.summary.as_dict()["initiation_interval"] == 32


def test_the_lines_say_what_ran_and_where_the_files_are(result):
    text = "\n".join(result.lines())
    assert "599 images that training never saw" in text
    assert text.count("96.16% recognised") == 3
    assert "hardware, engine compiled" in text
    assert "all 5,990 integers equal the reference" in text
    assert str(result.directory) in text


def test_one_digit_and_its_ten_scores_are_drawn(result):
    lines = result.lines()
    first = next(place for place, line in enumerate(lines) if "┌" in line)
    assert [line.split("  ")[1][0] for line in lines[first : first + 10]] == list("┌││││││││└")
    assert sum(line.endswith("<") for line in lines) == 1


def test_the_design_can_be_opened_and_predicts_the_same(result):
    opened = accelerator.open(result.directory)
    vectors = result.simulation.inputs[:20]
    assert np.array_equal(opened.predict(vectors), result.simulation.outputs[:20])


def test_the_seed_picks_the_image_that_is_drawn(tmp_path):
    shown = [demo.run(tmp_path / "design", engine="reference", seed=s).shown for s in (7, 599)]
    assert shown == [7, 0]


# test_simulate.py has the choice of the engine and its note.
@pytest.mark.campaign
def test_without_a_compiler_the_amaranth_simulator_runs_and_is_named(tmp_path, monkeypatch, capsys):
    def nothing() -> tools.Tool:
        raise tools.missing("c++", "not found", "c++")

    monkeypatch.setattr(tools, "compiler", nothing)
    assert main(["demo", "-o", str(tmp_path / "design")]) == 0
    printed = capsys.readouterr()
    assert "hardware, engine amaranth" in printed.out
    assert "all 5,990 integers equal the reference" in printed.out
    assert "note: engine amaranth, because compiled is not available: c++: not found" in printed.err


def test_integers_that_differ_are_shown_and_exit_with_one(tmp_path, monkeypatch, capsys):
    def wrong(network, inputs):
        outputs = run(network, inputs)
        outputs[3, 7] += 1
        return outputs

    monkeypatch.setattr(simulate, "run_reference", wrong)
    assert main(["demo", "-o", str(tmp_path / "design")]) == 1
    printed = capsys.readouterr().out
    assert "1 of 5,990 integers differ from the reference" in printed
    assert "vector 3, neuron 7: expected" in printed
    assert f"repeat with: fcgen demo -o {tmp_path / 'design'} --engine compiled" in printed


def test_json_is_one_object_with_the_promised_keys(tmp_path, capsys):
    code = main(["demo", "--json", "--engine", "reference", "-o", str(tmp_path / "design")])
    values = json.loads(capsys.readouterr().out)
    assert code == 0
    assert values["engine"] == "reference"
    assert (values["vectors"], values["mismatches"]) == (IMAGES, 0)
    assert (values["parameters"], values["macs"]) == (650, 640)
    assert values["float_accuracy"] == pytest.approx(576 / 599)


def test_a_terminal_without_unicode_gets_plain_characters(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fcgen", "demo", "--engine", "reference", "-o", "design"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.decode("ascii")
    assert "+----------------+" in printed
    assert "?" not in printed


def test_a_directory_that_is_not_ours_is_left_alone(tmp_path, capsys):
    mine = tmp_path / "mine.txt"
    mine.write_text("kept")
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"fcgen: error: -o: {tmp_path}: is not empty and was not made by fcgen; "
        "choose another directory"
    )
    assert [path.name for path in Path(tmp_path).iterdir()] == ["mine.txt"]

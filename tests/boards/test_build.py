"""Builds: the search for a clock, what is in the directory, what is kept and used again."""

import errno
import json
import os
from fractions import Fraction

import numpy as np
import pytest

from boards.board_tools import Tools, write_design
from command_line import run
from fcgen import boards
from fcgen.boards import host_link, write
from fcgen.boards.baud import BaudRate, baud_rate, default_baud
from fcgen.boards.build import routed
from fcgen.boards.build_file import read
from fcgen.boards.pll import MHZ
from fcgen.cli.commands.run import _place
from fcgen.design.design import Design
from fcgen.errors import CheckError, InputError

BOARD = boards.find("icebreaker")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("design") / "small").directory


@pytest.fixture(scope="module")
def design(directory):
    return Design.open(directory)


@pytest.fixture(scope="module")
def built(directory, tmp_path_factory):
    """A build that met its clock at the second placement: its directory."""
    out = tmp_path_factory.mktemp("build") / "out"
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [20.0, 30.0])
        write.write_build(Design.open(directory), BOARD, out, 25.0, command="fcgen build …")
    return out


def values(out):
    return json.loads((out / "build.json").read_text())


def test_a_clock_that_is_met_is_kept(design, tmp_path, monkeypatch):
    tools = Tools(monkeypatch, [26.0])
    (trial,) = routed(design, BOARD, 25.0, tmp_path)
    assert trial.setting.hz == 24_750_000
    assert trial.met
    assert tools.calls == ["yosys", "nextpnr-ice40"]


def test_a_clock_that_is_not_met_is_followed_by_one_below_what_was_reached(
    design, tmp_path, monkeypatch
):
    Tools(monkeypatch, [20.0, 19.0, 30.0])
    trials = routed(design, BOARD, 25.0, tmp_path)
    clocks = [trial.mhz for trial in trials]
    assert clocks == [24.75, 19.125, 17.625]
    assert clocks[1] <= 20.0 * 0.97
    assert clocks[2] <= 19.0 * 0.94
    assert [trial.met for trial in trials] == [False, False, True]
    assert [trial.plan.info.clock_hz for trial in trials] == [24_750_000, 19_125_000, 17_625_000]


def test_a_clock_that_was_asked_for_is_met_or_an_error(design, tmp_path, monkeypatch):
    Tools(monkeypatch, [24.74])
    message = r"timing is not met: 24.75 MHz were asked for, 24.74 MHz were reached; .*--clock"
    with pytest.raises(CheckError, match=message):
        routed(design, BOARD, 25.0, tmp_path, fixed=True)


def test_no_clock_at_all_is_an_error(design, tmp_path, monkeypatch):
    Tools(monkeypatch, [5.0])
    with pytest.raises(CheckError, match="timing is not met"):
        routed(design, BOARD, 25.0, tmp_path)
    with pytest.raises(CheckError, match=r"^--clock: 11 MHz: neither the PLL nor the oscillator"):
        routed(design, BOARD, 11.0, tmp_path)


def test_no_fmax_is_above_the_cap(design, tmp_path, monkeypatch):
    Tools(monkeypatch, [300.0])
    (trial,) = routed(design, BOARD, 25.0, tmp_path)
    assert trial.cap is None or trial.fmax_mhz <= trial.cap.mhz


def test_a_build_says_what_it_was_made_of(built, design):
    found, manifest = values(built), design.manifest
    assert found["board"] == "icebreaker"
    assert (found["clock_hz"], found["clock_mhz"]) == (19_125_000, 19.125)
    assert found["pll"] == {"DIVR": 0, "DIVF": 50, "DIVQ": 5, "FILTER_RANGE": 1}
    assert found["fmax_capped_mhz"] >= found["clock_mhz"]
    assert [one["fmax_mhz"] for one in found["trials"]] == [20.0, 30.0]
    assert found["structure_hash"] == manifest.structure_hash
    assert found["weights_hash"] == manifest.weights_hash
    assert (found["lut"], found["seed"], found["command"]) == (1_600, 0, "fcgen build …")
    assert found["line_inferences_per_second"] <= found["inferences_per_second"]
    assert abs(found["baud_error"]) < 1e-4


def test_the_virtual_board_is_the_very_rtl_of_the_bitstream(built, tmp_path):
    build = read(built)
    design = Design.open(build.design)
    link = host_link.write(design, tmp_path, clock_hz=build.clock_hz, baud=build.baud)
    for name in (*(path.name for path in link.sources), link.plan.image):
        assert (built / "board" / name).read_bytes() == (tmp_path / name).read_bytes()
    top = (built / "board" / "link_boardTop.v").read_text()
    assert f"{link.top} dut (" in top


def test_a_run_on_a_build_has_the_clock_and_the_rate_of_its_bitstream(built):
    options = {"directory": built, "baud": None, "clock": None}
    assert _place(options, True) == built / "design"
    assert (options["clock"], options["baud"]) == (19_125_000, 3_000_000)


def test_logs_and_constraints_are_kept_and_nothing_large(built):
    names = {path.name for path in (built / "board").iterdir()}
    assert {"nextpnr.log", "report.json", "board.pcf", "synth.ys", "pack.log"} <= names
    assert not {"netlist.json", "netlist.key", "routed.key"} & names
    assert not write.work_folder(built).exists()


def test_what_is_there_is_not_made_again(directory, tmp_path, monkeypatch, capsys):
    tools = Tools(monkeypatch, [30.0])
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out")
    tools.failing = "icepack"
    outcome = run(capsys, *words)
    assert outcome.code == 3
    assert "icepack: exit code 1: ERROR: it went wrong" in outcome.error
    assert not (tmp_path / "out").exists()
    tools.failing, tools.calls = "", []
    assert run(capsys, *words).code == 0
    assert tools.calls == ["icepack"]
    assert (tmp_path / "out" / "bitstream.bin").read_bytes() == b"bits"


@pytest.mark.campaign
def test_what_is_damaged_of_an_interrupted_build_is_made_again(
    directory, tmp_path, monkeypatch, capsys
):
    tools = Tools(monkeypatch, [90.0])
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out")
    tools.failing = "icepack"
    for name, damage in (("report.json", b"{}"), ("routed.key", b"\xff"), ("netlist.key", b"\xff")):
        assert run(capsys, *words).code == 3
        (path,) = (tmp_path / "out.work").glob(f"*/{name}")
        path.write_bytes(damage)
        tools.calls = []
        assert run(capsys, *words).code == 3
        assert tools.calls[-2:] == ["nextpnr-ice40", "icepack"]


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_a_work_folder_that_is_a_link_is_refused_before_the_work(
    target, directory, tmp_path, monkeypatch, capsys
):
    tools = Tools(monkeypatch, [30.0])
    (tmp_path / "there").mkdir()
    (tmp_path / "out.work").symlink_to(tmp_path / target)
    outcome = run(capsys, "build", directory, "--board", "icebreaker", "-o", tmp_path / "out")
    assert outcome.code == 2
    assert "is a symbolic link" in outcome.error
    assert not tools.calls
    assert not list((tmp_path / "there").iterdir())


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(directory, tmp_path, monkeypatch, capsys):
    tools = Tools(monkeypatch, [90.0])
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out")
    with monkeypatch.context() as patch:

        def full(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(write.bitstream.netlist.shutil, "copyfile", full)
        outcome = run(capsys, *words)
    assert outcome.code == 2
    assert "cannot be written: No space left on device; make room there" in outcome.error
    assert not tools.calls
    assert not (tmp_path / "out").exists()
    assert run(capsys, *words).code == 0


def test_a_build_does_not_go_into_its_own_design(directory, capsys):
    before = sorted(directory.parent.iterdir()), sorted(directory.iterdir())
    outcome = run(capsys, "build", directory, "--board", "icebreaker", "-o", directory / "out")
    assert outcome.code == 2
    assert "is in the design's own directory" in outcome.error
    assert (sorted(directory.parent.iterdir()), sorted(directory.iterdir())) == before


def test_force_has_no_meaning_for_a_model(tmp_path, capsys):
    words = ("build", tmp_path / "m.onnx", "--board", "icebreaker", "-o", tmp_path / "out")
    outcome = run(capsys, *words, "--force")
    assert (outcome.code, outcome.error.startswith("--force: ")) == (2, True)


def test_the_command_repeats_itself_and_prints_one_object(directory, tmp_path, monkeypatch, capsys):
    Tools(monkeypatch, [30.0])
    words = ("build", directory, "--board", "icebreaker", "--json", "-o", tmp_path / "out")
    outcome = run(capsys, *words)
    printed = json.loads(outcome.out)
    assert printed["command"] == " ".join(["fcgen", *map(str, words)])
    assert printed["fits"] is True
    assert "1,600" in outcome.err


def test_options_of_a_model_do_not_go_with_a_design(directory, tmp_path, capsys):
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out", "--fit")
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert outcome.error.startswith("--fit: True: ")


def test_a_design_of_another_family_is_refused(directory, tmp_path, capsys):
    outcome = run(capsys, "build", directory, "--board", "ulx3s-25f", "-o", tmp_path / "out")
    assert outcome.code == 2
    assert "the design was written for ice40-up5k, of another family" in outcome.error


@pytest.mark.parametrize("clock", ["-1", "0", "inf", "nan"])
def test_a_clock_that_is_none_is_refused_at_once(directory, tmp_path, capsys, clock):
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out", "--clock", clock)
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert "must be positive" in outcome.error


def test_a_model_is_compiled_for_the_boards_device(tmp_path, monkeypatch, capsys):
    model = tmp_path / "net.npz"
    random = np.random.default_rng(0)
    np.savez(model, w=random.normal(size=(3, 6)))
    described = {
        "format": "fcgen-model-1",
        "input_shape": [6],
        "layers": [{"name": "fc", "weight": "w"}],
    }
    model.with_suffix(".json").write_text(json.dumps(described))
    Tools(monkeypatch, [40.0])
    words = ("build", model, "--range", -1, 1, "--board", "icebreaker", "-o", tmp_path / "out")
    outcome = run(capsys, *words, "--fps", 1_000_000, "--json")
    found = json.loads(outcome.out)
    assert outcome.code == 0, outcome.err
    assert found["inferences_per_second"] >= 1_000_000
    assert Design.open(tmp_path / "out" / "design").manifest.device == "ice40-up5k"
    Tools(monkeypatch, [20.0, 40.0])
    outcome = run(capsys, *words, "--fps", 3_000_000, "--quiet")
    assert outcome.code == 1
    assert "vectors a second are reached at 19.12 MHz; give --clock 19.12" in outcome.out


def test_a_directory_of_others_is_not_replaced(directory, tmp_path, capsys):
    (tmp_path / "mine").write_text("")
    outcome = run(capsys, "build", directory, "--board", "icebreaker", "-o", tmp_path)
    assert outcome.code == 2
    assert "is not empty and was not made by fcgen" in outcome.error


@pytest.mark.parametrize("content", ['{"forma', '{"format": "of others"}'])
def test_a_directory_whose_build_file_is_damaged_is_not_replaced_but_explained(
    content, directory, tmp_path, capsys
):
    (tmp_path / "build.json").write_text(content)
    outcome = run(capsys, "build", directory, "--board", "icebreaker", "-o", tmp_path)
    assert outcome.code == 2
    assert outcome.error == (
        f"-o: {tmp_path}: its build.json is damaged, or not of fcgen; remove the directory, or "
        "choose another one"
    )
    assert (tmp_path / "build.json").read_text() == content


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (0.0, "exact"),
        (-1e-7, "less than 0.0001 % off"),
        (4e-5, "+0.0040 % off"),
        (-6e-7, "-0.0001 % off"),
    ],
)
def test_a_rate_that_is_exact_reads_so_and_no_other_one(
    error, said, directory, tmp_path, capsys, monkeypatch
):
    Tools(monkeypatch, [40.0])
    monkeypatch.setattr(BaudRate, "error", error)
    words = ("build", directory, "--board", "icebreaker", "-o", tmp_path / "out")
    outcome = run(capsys, *words)
    assert outcome.code == 0, outcome.err
    (line,) = (line for line in outcome.out.splitlines() if "Serial line" in line)
    assert line.endswith(f" baud, {said}")


@pytest.mark.parametrize("clock", [12_000_000, Fraction(51_000_000), Fraction(750_000_000, 8)])
def test_the_error_of_a_rate_is_stated_and_small(clock):
    for baud in (115_200, 921_600, 1_000_000, 3_000_000):
        rate = baud_rate(Fraction(clock), baud)
        assert abs(rate.actual / baud - 1) == abs(Fraction(rate.actual, baud) - 1)
        assert abs(rate.error) < 2e-4


def test_the_rate_is_the_highest_that_clock_and_board_can_have():
    assert default_baud(Fraction(12 * MHZ), 3_000_000) == 3_000_000
    assert default_baud(Fraction(11 * MHZ), 3_000_000) == 1_000_000
    assert default_baud(Fraction(90 * MHZ), 115_200) == 115_200
    with pytest.raises(InputError, match=r"^--baud: 3000000: must be"):
        baud_rate(Fraction(11 * MHZ), 3_000_000)

"""What comes with a bitstream: a check against the reference, a page, a client."""

import json
import os
import shutil
import subprocess
import sys

import html5lib
import numpy as np
import pytest

from boards.board_tools import Tools, write_design
from command_line import run
from fcgen import boards
from fcgen.boards import host_link, write
from fcgen.boards.bitstream import DESIGN
from fcgen.design.design import Design
from fcgen.errors import ToolError
from fcgen.host.virtual_board import VirtualBoard
from fcgen.simulation import simulate
from fcgen.tools import programs as tools
from report.test_page import classed, rows, texts


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("design") / "small").directory


@pytest.fixture(scope="module")
def built(directory, tmp_path_factory):
    """A build by the command: its directory."""
    out = tmp_path_factory.mktemp("build") / "out"
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [30.0])
        write.write_build(Design.open(directory), boards.find("icebreaker"), out, 25.0)
    return out


def build(capsys, directory, out, *more):
    return run(capsys, "build", directory, "--board", "icebreaker", "-o", out, *more)


def page(capsys, directory, path):
    outcome = run(capsys, "report", directory, "-o", path)
    assert outcome.code == 0, outcome.error
    return html5lib.HTMLParser(strict=True).parse(path.read_text())


def test_one_command_gives_bitstream_check_page_and_client(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])
    out = tmp_path / "out"
    outcome = build(capsys, directory, out, "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["mismatches"], found["report"]) == (0, str(out / "report.html"))
    text = texts(html5lib.parse((out / "report.html").read_text()))
    assert "Exact: all 768 integers that the hardware computed equal the reference." in text
    assert {"bitstream.bin", "client.py", "report.html", "build.json", "design"} <= {
        path.name for path in out.iterdir()
    }


def test_a_bitstream_that_is_not_exact_is_an_error_and_the_verdict_of_its_page(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])
    right = simulate.run_reference
    monkeypatch.setattr(simulate, "run_reference", lambda *given: right(*given) + 1)
    outcome = build(capsys, directory, tmp_path / "out")
    assert outcome.code == 1
    assert "do not use this bitstream" in outcome.err
    assert "Not exact: 768 integers" in (tmp_path / "out/report.html").read_text()


def test_the_users_own_vectors_are_those_of_the_check(tmp_path, monkeypatch, capsys):
    model, data = tmp_path / "net.npz", tmp_path / "x.npy"
    random = np.random.default_rng(0)
    np.savez(model, w=random.normal(size=(3, 6)))
    layers = [{"name": "fc", "weight": "w"}]
    described = {"format": "fcgen-model-1", "input_shape": [6], "layers": layers}
    model.with_suffix(".json").write_text(json.dumps(described))
    np.save(data, random.normal(size=(20, 6)).astype(np.float32))
    Tools(monkeypatch, [40.0])
    outcome = build(capsys, model, tmp_path / "out", "--calibration", data)
    assert outcome.code == 0, outcome.err
    assert "0 mismatches in 60 outputs" in outcome.out
    (record,) = (tmp_path / "out/design.simulate").iterdir()
    assert json.loads(record.read_text())["given"] is True


def test_without_a_compiler_the_bitstream_is_made_and_the_check_is_named(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])

    def missing():
        raise ToolError("c++: not found")

    monkeypatch.setattr(tools, "compiler", missing)
    outcome = build(capsys, directory, tmp_path / "out")
    assert outcome.code == 0
    assert "not checked: c++: not found; then: fcgen simulate" in outcome.err
    assert "Not checked yet" in (tmp_path / "out/report.html").read_text()


def test_without_the_packages_that_draw_there_is_a_note_and_no_page(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])
    monkeypatch.setitem(sys.modules, "fcgen.report.page", None)
    outcome = build(capsys, directory, tmp_path / "out", "--json")
    assert outcome.code == 0
    assert "no report: fcgen.report.page: not installed: it draws the report; run `" in outcome.err
    assert json.loads(outcome.out)["report"] is None
    assert not (tmp_path / "out/report.html").exists()


def test_the_page_of_a_build_has_the_figures_of_its_bitstream(built, tmp_path, capsys):
    document = page(capsys, built, tmp_path / "page.html")
    tiles = " | ".join(classed(document, "tile"))
    assert "Clock 24.75 MHz routed for 30.0 MHz at most; 1BitSquared iCEBreaker" in tiles
    assert "over its serial line bitstream, serial line included" in tiles
    assert "30 % LUT of ice40-up5k" in tiles
    facts = dict(row for row in rows(document) if len(row) == 2)
    assert facts["Board"] == "1BitSquared iCEBreaker, iCE40UP5K-SG48"
    assert facts["Serial line"].startswith("3,000,000 baud, ")
    assert facts["Weights"] == "in the bitstream"


def test_what_is_not_the_design_is_told_from_it(built, tmp_path, capsys):
    document = page(capsys, built, tmp_path / "page.html")
    assert "Of the whole chip 1,560 LUTs, 893 FFs and 0 RAMs are the serial line" in texts(document)
    (chip,) = (row for row in rows(document) if row[0] == "Whole chip")
    assert chip[1:5] == ("–", "1,600", "–", "900")
    (design,) = (row for row in rows(document) if row[0] == "Whole design")
    assert (design[2], design[4]) == ("40", "7")


def test_the_page_is_the_same_for_a_build_and_for_the_design_in_it(built, tmp_path, capsys):
    first, second = tmp_path / "1.html", tmp_path / "2.html"
    page(capsys, built, first)
    page(capsys, built / "design", second)
    assert first.read_text() == second.read_text()


def test_the_cells_of_the_design_have_the_names_that_are_counted(directory, tmp_path):
    link = host_link.write(Design.open(directory), tmp_path, clock_hz=12_000_000, baud=1_000_000)
    top = next(path for path in link.sources if path.stem == link.top)
    instance = DESIGN.split(".")[1]
    assert f" {instance} (" in top.read_text()


def test_a_build_of_another_design_is_named_and_not_used(built, tmp_path, capsys):
    path = built / "build.json"
    kept = path.read_text()
    values = json.loads(kept)
    path.write_text(json.dumps(values | {"design_manifest_sha256": "0" * 64}))
    text = texts(page(capsys, built, tmp_path / "page.html"))
    path.write_text(kept)
    assert "build.json is of another design than the one that is there now" in text
    assert "routed for 30.0 MHz" not in text


@pytest.mark.parametrize(
    "change",
    [
        {"lut": -1},
        {"clock_mhz": "x"},
        {"pll": 3},
        {"critical_path": {"from": ""}},
        {"inferences_per_second": 1e99},
        {"fmax_mhz": []},
    ],
)
def test_what_fcgen_did_not_write_is_one_line(built, tmp_path, capsys, change):
    path = built / "build.json"
    kept = path.read_text()
    path.write_text(json.dumps(json.loads(kept) | change))
    outcome = run(capsys, "report", built, "-o", tmp_path / "page.html")
    path.write_text(kept)
    assert outcome.code == 2
    assert outcome.error.startswith(f"{path}: ")
    assert "is not what fcgen build writes; build it again" in outcome.error


@pytest.mark.parametrize("command", [("report",), ("run", "--board", "virtual")])
@pytest.mark.parametrize("content", [None, "{", '{"format": "fcgen-build-0"}', "[" * 100_000])
def test_a_damaged_file_of_a_build_is_named_not_a_missing_design(
    built, tmp_path, capsys, command, content
):
    copy = shutil.copytree(built, tmp_path / "copy")
    path = copy / "build.json"
    path.unlink()
    if content is None:
        path.symlink_to(path)
    else:
        path.write_text(content)
    outcome = run(capsys, command[0], copy, *command[1:])
    assert outcome.code == 2
    assert outcome.error.startswith(f"{path}: ")
    assert "manifest.json" not in outcome.error


@pytest.mark.parametrize("name", ["build.json", "client.py", "bitstream.bin"])
@pytest.mark.parametrize("part", [".", "design"])
def test_the_page_replaces_no_file_of_the_build(built, capsys, name, part):
    before = (built / name).read_bytes()
    outcome = run(capsys, "report", built / part, "-o", built / name)
    assert outcome.code == 2
    assert "is a file of a build, which would be lost; choose another file" in outcome.error
    assert (built / name).read_bytes() == before


def test_a_pipe_in_place_of_the_bitstream_is_not_waited_for(built, tmp_path, capsys):
    copy = shutil.copytree(built, tmp_path / "copy")
    (copy / "bitstream.bin").unlink()
    os.mkfifo(copy / "bitstream.bin")
    for command in ("report", "flash"):
        outcome = run(capsys, command, copy)
        assert outcome.code == 2
        assert "bitstream.bin: not a file: a regular file belongs here" in outcome.error


def test_two_builds_into_one_directory_do_not_meet(directory, tmp_path, monkeypatch, capsys):
    tools = Tools(monkeypatch, [30.0])
    with write.alone(tmp_path / "out"):
        outcome = build(capsys, directory, tmp_path / "out")
    assert outcome.code == 2
    assert "another fcgen builds there at this moment; wait for it" in outcome.error
    assert not tools.calls
    tools.failing = "icepack"
    assert build(capsys, directory, tmp_path / "out").code == 3
    tools.failing = ""
    assert build(capsys, directory, tmp_path / "out").code == 0
    assert not list(tmp_path.glob(".*.lock"))


def test_the_client_of_a_build_gives_what_the_reference_gives(built, tmp_path):
    inputs, outputs = tmp_path / "x.npy", tmp_path / "y.npy"
    design = Design.open(built / "design")
    vectors = np.random.default_rng(1).integers(-128, 128, (40, design.network.inputs))
    np.save(inputs, vectors)
    with VirtualBoard(design) as board:
        words = [sys.executable, built / "client.py", inputs, outputs, board.path]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "40 vectors" in done.stdout
    assert (np.load(outputs) == simulate.run_reference(design.network, vectors)).all()

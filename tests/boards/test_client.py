"""``client.py`` of a build, as one uses it who has not read it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from boards.board_tools import Tools, write_design
from fcgen import boards
from fcgen.boards import write
from fcgen.design.design import Design
from fcgen.host.virtual_board import VirtualBoard
from fcgen.simulation import simulate


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build whose serial line has a rate that is none of the usual ones: its directory."""
    folder = tmp_path_factory.mktemp("build")
    design = write_design(folder / "small").directory
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [30.0])
        given = {"baud": 57_600}
        write.write_build(
            Design.open(design), boards.find("icebreaker"), folder / "out", 25.0, **given
        )
    return folder / "out"


def call(built, *words, folder=None):
    words = [sys.executable, built / "client.py", *words]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=120, cwd=folder
    )


@pytest.mark.parametrize("words", [(), ("x.npy",), ("x.npy", "y.npy", "port", "more")])
def test_other_than_two_or_three_words_give_the_usage(built, words):
    done = call(built, *words)
    assert done.returncode == 1
    assert "python client.py [--codes] INPUTS.npy OUTPUTS.npy [PORT]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x93NUMPY\x01"])
def test_a_file_that_holds_no_vectors_is_one_line_before_a_port_is_opened(built, tmp_path, content):
    inputs = tmp_path / "x.npy"
    if content is not None:
        inputs.write_bytes(content)
    done = call(built, inputs, tmp_path / "y.npy", "/dev/none")
    assert done.returncode == 1
    assert done.stderr.startswith("client.py: ")
    assert done.stderr.count("\n") == 1
    assert "/dev/none" not in done.stderr


def test_a_port_that_is_not_there_is_one_line(built, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 6), np.int8))
    done = call(built, tmp_path / "x.npy", tmp_path / "y.npy", "/dev/none")
    assert done.returncode == 1
    assert done.stderr.startswith("client.py: port: /dev/none: cannot be opened")
    assert done.stderr.count("\n") == 1


def test_the_rate_is_that_of_the_build(built):
    asked = """
import sys, runpy, fcgen
def board(*words, **named):
    raise ValueError(f"{named['baud']}")
fcgen.Board = board
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    np.save(built / "x.npy", np.zeros((1, 6), np.int8))
    words = [sys.executable, "-c", asked, built / "client.py", built / "x.npy", built / "y.npy"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert json.loads((built / "build.json").read_text())["baud"] == 57_600
    assert done.stderr == "client.py: 57600\n"


def test_it_runs_from_another_folder(built, tmp_path):
    design = Design.open(built / "design")
    vectors = np.random.default_rng(1).integers(-128, 128, (5, 6))
    np.save(tmp_path / "x.npy", vectors)
    with VirtualBoard(design) as board:
        done = call(built, "x.npy", "y.npy", board.path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    outputs = np.load(tmp_path / "y.npy")
    assert (outputs == simulate.run_reference(design.network, vectors)).all()

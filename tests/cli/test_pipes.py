"""Whatever is no regular file is neither waited for nor replaced."""

import os
import stat

import pytest

from command_line import run
from designs import small_layer, write_small


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    layer = small_layer(runtime=True)
    return write_small(tmp_path_factory.mktemp("pipes") / "design", layer).directory


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe.npy"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("option", ["--inputs", "--load-weights"])
def test_a_pipe_is_refused_by_simulate(option, design, pipe, capsys):
    outcome = run(capsys, "simulate", design, option, pipe)
    assert outcome.error == f"{pipe}: not a file: must be a regular file; check the path"
    assert (outcome.code, outcome.out) == (2, "")


@pytest.mark.parametrize("option", ["--weights", "--bias"])
def test_a_pipe_is_refused_by_layer(option, pipe, capsys, tmp_path):
    outcome = run(capsys, "layer", 4, 3, option, pipe, "-o", tmp_path / "out")
    assert outcome.error == f"{pipe}: not a file: must be a regular file; check the path"
    assert outcome.code == 2


def test_pipes_are_not_replaced_by_results(design, pipe, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("layer.icarus.fst")
    for words, option, path in (
        (("simulate", design, "--outputs", pipe.name), "--outputs", pipe.name),
        (("regress", "--junit", pipe.name), "--junit", pipe.name),
        (("simulate", design, "--engine", "icarus", "--waves"), "--waves", "layer.icarus.fst"),
    ):
        outcome = run(capsys, *words)
        assert outcome.error == (
            f"{option}: {path}: cannot be written: is not a regular file; choose another file"
        )
        assert outcome.code == 2
        assert stat.S_ISFIFO(os.stat(path).st_mode)

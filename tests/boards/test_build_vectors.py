"""The vectors of a build's check, and what a build that was cut short leaves to the next one."""

import errno
import json
import os
import shlex
import shutil

import numpy as np
import pytest

from boards.board_tools import Tools, write_design
from command_line import run
from fcgen import boards
from fcgen.synthesis import folder as folders
from tflite_examples import mlp as tflite_mlp


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("design") / "small").directory


def build(capsys, model, out, *more):
    return run(capsys, "build", model, "--board", "icebreaker", "-o", out, *more)


def floats(folder, shape):
    """A model of floats: its path."""
    model, inputs = folder / "net.npz", int(np.prod(shape))
    np.savez(model, w=np.random.default_rng(0).normal(size=(3, inputs)))
    layers = [{"name": "fc", "weight": "w"}]
    described = {"format": "fcgen-model-1", "input_shape": shape, "layers": layers}
    model.with_suffix(".json").write_text(json.dumps(described))
    return model


@pytest.mark.parametrize("shape", [[12], [3, 2, 2]])
@pytest.mark.parametrize("option", ["--calibration", "--test"])
def test_integers_of_a_model_of_floats_are_values_in_the_check_too(
    tmp_path, monkeypatch, capsys, shape, option
):
    model, data = floats(tmp_path, shape), tmp_path / "pixels.npy"
    pixels = np.random.default_rng(1).integers(0, 256, (300, *shape), np.uint8)
    np.save(data, pixels)
    more = ["--range", "0", "255"] if option == "--test" else []
    Tools(monkeypatch, [40.0])
    outcome = build(capsys, model, tmp_path / "out", option, data, *more)
    assert outcome.code == 0, outcome.err
    assert "0 mismatches in 768 outputs" in outcome.out
    record = json.loads((tmp_path / "out/design.simulate/compiled.json").read_text())
    assert record["seen"][0][0] < -100
    assert record["seen"][0][1] > 100
    repeated = run(capsys, *shlex.split(record["repeat"])[1:], "--json")
    assert json.loads(repeated.out)["vectors"] == 256


def test_a_bitstream_that_does_not_equal_its_source_is_made_and_exits_with_one(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "net.tflite").write_bytes(tflite_mlp(120, 8, seed=1, per_channel=True))
    Tools(monkeypatch, [40.0])
    more = ["--target", "litert-xnnpack", "--json"]
    outcome = build(capsys, tmp_path / "net.tflite", tmp_path / "out", *more)
    assert outcome.code == 1, outcome.err
    found = json.loads(outcome.out)
    assert (found["certificate"]["exact"], found["mismatches"]) == (False, 0)
    assert "certificate: not equal to litert-xnnpack: " in outcome.err
    assert (tmp_path / "out/bitstream.bin").is_file()


@pytest.mark.campaign
def test_a_path_back_out_of_a_folder_that_is_not_there_is_where_the_build_goes(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])
    outcome = build(capsys, directory, tmp_path / "none" / ".." / "out")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "out/report.html").is_file()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("done", range(9))
def test_a_work_folder_whose_removal_is_cut_short_is_still_of_ours(tmp_path, monkeypatch, done):
    work, unlink, left = tmp_path / "out.work", os.unlink, [None] * done
    folders.renew(work)
    (work / "31875000hz").mkdir()
    for name in ("a.v", "z.v", "31875000hz/a.log", *map(str, range(5))):
        (work / name).write_text("")

    def ends(path, **named):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        unlink(path, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", ends)
        with pytest.raises(KeyboardInterrupt):
            folders.remove(work)
    folders.check(work)
    folders.remove(work)
    assert not work.exists()


@pytest.mark.campaign
def test_a_full_disk_is_told_as_such_also_where_a_tree_is_copied(
    directory, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [30.0])
    copied = shutil.copyfile

    def full(source, copy, **named):
        if "/.out-" not in str(copy):
            return copied(source, copy, **named)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source, None, copy)

    monkeypatch.setattr(shutil, "copyfile", full)
    outcome = build(capsys, directory, tmp_path / "out")
    assert outcome.code == 2
    assert "No space left on device" in outcome.error
    assert "[(" not in outcome.error


@pytest.mark.parametrize("option", ["MODEL", "--test", "--board"])
def test_a_file_of_the_user_in_a_build_that_would_be_replaced_is_kept(
    directory, tmp_path, monkeypatch, capsys, option
):
    Tools(monkeypatch, [30.0])
    out = tmp_path / "out"
    assert build(capsys, directory, out).code == 0
    model, board = floats(out if option == "MODEL" else tmp_path, [6]), "icebreaker"
    more = ["--range", "0", "1"]
    if option == "--test":
        np.save(out / "x.npy", np.zeros((1, 6)))
        more += ["--test", out / "x.npy"]
    if option == "--board":
        board = out / "mine.toml"
        shutil.copyfile(boards.FOLDER / "icebreaker.toml", board)
    before = sorted(out.rglob("*"))
    outcome = run(capsys, "build", model, "--board", board, "-o", out, *more)
    assert outcome.code == 2
    assert outcome.error.startswith(f"{option}: {out}")
    assert "which is replaced whole, and would be lost" in outcome.error
    assert sorted(out.rglob("*")) == before

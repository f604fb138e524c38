"""Files of a sweep that somebody changed: one line that names the file, whatever was changed."""

import json
import shutil
from pathlib import Path

import pytest

from command_line import run
from fcgen.cli import main
from fcgen.explore.records import check
from fcgen.explore.store import REMEDY

POINT = {
    **dict.fromkeys(("lut", "ff", "dsp", "ram", "scratchpad"), 3),
    "fits": True,
    "initiation_interval": 8,
    "latency": 40,
    "latency_us": 0.4,
    "fmax_mhz": [100.0],
    "fmax_capped_mhz": 100.0,
    "inferences_per_second": 12.5,
    "gmac_per_second": 0.8,
    "reason": None,
}
OPTIONS = ("--device", "ecp5-25k", "--bits", "4", "--folding", "8", "--synth", "none")


def words(directory):
    return ["explore", "8", "4", *OPTIONS, "-o", str(directory), "-q"]


def sweep(directory, capsys):
    return run(capsys, *words(directory))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A sweep that is done once; each test changes a copy."""
    directory = tmp_path_factory.mktemp("records") / "d"
    assert main(words(directory)) == 0
    return directory


@pytest.fixture
def swept(untouched, tmp_path):
    return Path(shutil.copytree(untouched, tmp_path / "d"))


def test_what_fcgen_writes_is_taken_as_it_is(tmp_path):
    without = dict.fromkeys(
        ("fmax_capped_mhz", "latency_us", "inferences_per_second", "gmac_per_second")
    )
    for record in (POINT, POINT | without, {"fits": False, "reason": "too many"}):
        assert check(record, tmp_path) is record


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xff\xfe",
        lambda text: b"{}",
        lambda text: b'{"fits": true}',
        lambda text: text.replace(b'"lut": ', b'"lut": -'),
        lambda text: text.replace(b'"latency_us": ', b'"latency_us": 1e999, "a": '),
        lambda text: text.replace(b'"inferences_per_second": ', b'"gone": '),
        lambda text: text.replace(b'"fmax_mhz": [', b'"fmax_mhz": [0, '),
        lambda text: text.replace(b'"reason": null', b'"reason": 3'),
    ],
)
def test_an_estimate_that_was_changed_is_named(change, swept, capsys):
    (path,) = (swept / "estimates").iterdir()
    changed = change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    found = sweep(swept, capsys)
    assert found.code == 2
    assert found.error.startswith(f"{path}")
    assert REMEDY in found.error


@pytest.mark.parametrize("text", ["{}", '{"accuracy": 7, "network": {}}'])
def test_a_network_that_was_changed_is_named(text, swept, capsys):
    (path,) = (swept / "networks").iterdir()
    path.write_text(text)
    found = sweep(swept, capsys)
    assert (found.code, found.error.startswith(f"{path}")) == (2, True)


def test_a_result_that_cannot_be_written_is_one_line(swept, capsys):
    path = swept / "results.json"
    kept = json.loads(path.read_text())
    path.unlink()
    path.mkdir()
    found = sweep(swept, capsys)
    assert found.code == 2
    assert f"-o: {path}: cannot be written" in found.error
    path.rmdir()
    assert sweep(swept, capsys).code == 0
    assert json.loads(path.read_text()) == kept

"""Sweeps on clusters of which a process is killed, against sweeps of this machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from command_line import run
from explore.dask_processes import team, wait_for
from explore.sweeps import POINTS, contents, stored, words

pytest.importorskip("distributed", reason="the extra cluster is not installed")
# Dask's own threads and sockets end after the test.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

ROUTED = ("16", "4", "--device", "ice40-up5k", "--bits", "4,3", "--folding", "64,16")
SYNTHESIS = ("explore", *ROUTED, "--seeds", "2", "--synth", "all")
PLACEMENTS = 8


def start(*words):
    command = [sys.executable, "-m", "fcgen", *map(str, words), "-q"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def left_by_a_killed_scheduler(directory, folder, more):
    """Sweep until there is more, kill the scheduler, and return what is said and what is left."""
    before = len(stored(directory))
    with team(folder) as dask:
        process = start(*words(directory, "--scheduler", dask.address))
        wait_for(lambda: len(stored(directory)) >= before + more, process)
        dask.scheduler.kill()
        said = process.communicate(timeout=120)[1].splitlines()
    assert process.returncode == 3
    assert said == [
        f"fcgen: error: --scheduler: {dask.address}: it has gone; what is done is stored: run the "
        "same command again with one that runs, or without the option to go on on this machine"
    ]
    assert not (directory / "results.json").exists()
    return stored(directory)


@pytest.mark.campaign
def test_a_sweep_whose_scheduler_is_killed_goes_on_with_another_one_and_alone(tmp_path, capsys):
    directory = tmp_path / "far"
    first = left_by_a_killed_scheduler(directory, tmp_path / "first", 4)
    second = left_by_a_killed_scheduler(directory, tmp_path / "second", 2)
    assert len(first) < len(second) < POINTS + 2
    assert second.items() > first.items()
    assert run(capsys, *words(directory)).code == 0
    assert stored(directory).items() > second.items()
    assert run(capsys, *words(tmp_path / "near")).code == 0
    assert contents(directory) == contents(tmp_path / "near")


@pytest.mark.campaign
def test_a_scheduler_that_is_killed_before_a_worker_came_is_one_line(tmp_path):
    with team(tmp_path / "dask", workers=0) as dask:
        process = start(*words(tmp_path / "d", "--scheduler", dask.address))
        wait_for(lambda: (tmp_path / "d/networks").exists(), process)
        dask.scheduler.kill()
        (said,) = process.communicate(timeout=120)[1].splitlines()
    assert process.returncode == 3
    assert said.startswith(f"fcgen: error: --scheduler: {dask.address}: ")
    assert "it has gone" in said or "no answer" in said


def test_a_scheduler_without_workers_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("fcgen.explore.cluster.WORKER_SECONDS", 2)
    with team(tmp_path / "dask", workers=0) as dask:
        outcome = run(capsys, *words(tmp_path / "d"), "--scheduler", dask.address)
    assert outcome.code == 3
    assert outcome.error == (
        f"--scheduler: {dask.address}: no worker in 2 seconds; start some with `dask worker "
        f"{dask.address}`"
    )


def routing(worker):
    """Say whether a worker has nextpnr at work."""
    try:
        found = Path(f"/proc/{worker.pid}/task").glob("*/children")
        pids = [pid for path in found for pid in path.read_text().split()]
        return any(b"nextpnr" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)
    except OSError:  # it has ended meanwhile
        return False


@pytest.mark.campaign
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_worker_killed_while_it_routes_changes_no_byte_of_a_synthesis(tmp_path, capsys):
    directory = tmp_path / "far"
    with team(tmp_path / "dask") as dask:
        process = start(*SYNTHESIS, "-o", directory, "--scheduler", dask.address)
        victim = dask.workers[0]
        wait_for(
            lambda: any(directory.glob("routed/*.json")) and routing(victim), process, rest=0.001
        )
        victim.kill()
        there = stored(directory)
        assert process.wait(600) == 0, process.stderr.read()
        process.stderr.close()
    assert len(list(directory.glob("routed/*.json"))) == PLACEMENTS
    assert stored(directory).items() > there.items()
    assert not list((directory / "attempts").iterdir())
    assert run(capsys, *SYNTHESIS, "-o", tmp_path / "near").code == 0
    assert contents(directory) == contents(tmp_path / "near")


@pytest.mark.campaign
def test_a_scheduler_killed_while_workers_route_loses_no_placement(tmp_path, capsys):
    directory = tmp_path / "far"
    with team(tmp_path / "dask") as dask:
        process = start(*SYNTHESIS, "-o", directory, "--scheduler", dask.address)
        wait_for(lambda: len(list(directory.glob("routed/*.json"))) >= 2, process)
        dask.scheduler.kill()
        said = process.communicate(timeout=120)[1]
    assert (process.returncode, said.count("\n"), "it has gone" in said) == (3, 1, True)
    there = stored(directory)
    with team(tmp_path / "dask2") as dask:
        again = (*SYNTHESIS, "-o", directory, "--scheduler", dask.address)
        assert run(capsys, *again).code == 0
    assert stored(directory).items() > there.items()
    assert run(capsys, *SYNTHESIS, "-o", tmp_path / "near").code == 0
    assert contents(directory) == contents(tmp_path / "near")

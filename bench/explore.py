"""Sweeps that are killed, resumed and spread over a cluster, against sweeps that nobody disturbs.

Run as ``python bench/explore.py [--keep DIR]``: the 64-32-10 digits of ``digits_accuracy.py`` over
96 points, killed three times by SIGKILL and resumed; by two processes at once; on a Dask scheduler
with two workers of which one is killed; and a sweep with synthesis that is killed in Yosys and in
nextpnr. Every file of the results must be equal, and no result that was there made again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from digits_accuracy import trained
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

RESULTS = ("results.csv", "results.json", "pareto.txt", "chart.svg")
KINDS = ("networks", "estimates", "routed")
AXES = ("--device", "ecp5-25k,ice40-up5k,gowin-gw1nr9c", "--bits", "8,6,4,4x8", "--synth", "none")
DATA = ("--calibration", "x.npy", "--test", "test.npy", "--labels", "labels.npy")
DIGITS = ("digits.npz", *DATA, *AXES)
ROUTED = ("16", "4", "--device", "ice40-up5k", "--bits", "4,3", "--folding", "64,16")
SYNTHESIS = (*ROUTED, "--seeds", "2", "--synth", "all")
FCGEN = (sys.executable, "-m", "fcgen", "explore")
Stored = dict[str, tuple[int, int]]


def prepare(folder: Path) -> None:
    """Write the trained network and its data."""
    x, y = load_digits(return_X_y=True)
    split = train_test_split(x / 16, y, test_size=0.25, random_state=0, stratify=y)
    train, test, labels, wanted = split
    layers = trained((32,), train, labels, 0).layers
    tensors = {f"{one.name}.weight": one.weight for one in layers}
    tensors |= {f"{one.name}.bias": one.bias for one in layers}
    np.savez(folder / "digits.npz", **tensors)
    rows = [
        {"name": one.name, "weight": f"{one.name}.weight", "bias": f"{one.name}.bias"}
        for one in layers
    ]
    rows[0]["activation"] = "relu"
    document = {"format": "fcgen-model-1", "input_shape": [64], "layers": rows}
    (folder / "digits.json").write_text(json.dumps(document))
    for name, array in (("x", train), ("test", test), ("labels", wanted)):
        np.save(folder / f"{name}.npy", array)


def start(folder: Path, words: tuple[str, ...], out: str, *more: str) -> subprocess.Popen[bytes]:
    """Start a sweep."""
    with (folder / f"{out}.log").open("ab") as log:
        command = [*FCGEN, *words, "-o", out, *more]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a sweep, which must succeed."""
    if process.wait() != 0:
        raise SystemExit(f"exit code {process.returncode}: {process.args}")


def stored(directory: Path) -> Stored:
    """Return identity and time of each result that is there: new ones when it is made again."""
    found = [path for kind in KINDS for path in directory.glob(f"{kind}/*.json")]
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is so, while a sweep is at work."""
    while not condition():
        if process.poll() is not None:
            raise SystemExit("the sweep ended before it could be disturbed")
        time.sleep(0.002)


def killed(folder: Path, words: tuple[str, ...], out: str, when: Callable[[], bool]) -> Stored:
    """Start a sweep, kill it when something is so, and return what it has left."""
    process = start(folder, words, out)
    wait_for(when, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # its processes see that it has died
    left = stored(folder / out)
    print(f"  killed with {len(left)} results there")
    return left


def compare(folder: Path, whole: str, other: str, earlier: Stored | None = None) -> bool:
    """Compare the results of two sweeps byte by byte, and what was there with what is there."""
    pairs = [(folder / whole / name, folder / other / name) for name in RESULTS]
    equal = all(a.read_bytes() == b.read_bytes() for a, b in pairs)
    now = stored(folder / other)
    again = sum(now.get(name) != mark for name, mark in (earlier or {}).items())
    verdict = "equal" if equal else "DIFFERENT"
    print(f"  {', '.join(RESULTS)}: {verdict}; {len(now)} results, {again} made again or lost")
    return equal and not again and len(now) == len(stored(folder / whole))


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a Dask scheduler and two workers, each a process of its own."""
    team: list[subprocess.Popen[bytes]] = []
    described = folder / "scheduler.json"

    def spawn(program: str, *words: str) -> None:
        with (folder / "dask.log").open("ab") as log:
            command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words]
            team.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))

    common = ("--host", "127.0.0.1", "--no-dashboard")
    try:
        spawn("scheduler", *common, "--port", "0", "--scheduler-file", str(described))
        wait_for(described.exists, team[0])
        address = json.loads(described.read_text())["address"]
        for _ in range(2):
            spawn("worker", address, *common, "--no-nanny", "--nthreads", "1")
        yield address, team[1:]
    finally:
        for process in team:
            process.kill()
            process.wait()


def estimates(folder: Path) -> bool:
    """Sweep the digits: whole, killed, by two processes, on a cluster that loses a worker."""
    began = time.monotonic()
    finish(start(folder, DIGITS, "whole"))
    count = len(list((folder / "whole/estimates").iterdir()))
    print(f"digits 64-32-10, {count} points, undisturbed: {time.monotonic() - began:.0f} s")
    there = folder / "killed/estimates"
    marks: Stored = {}
    print("killed three times and resumed:")
    for number in (5, 33, 70):
        marks |= killed(
            folder, DIGITS, "killed", lambda n=number: len(list(there.glob("*.json"))) >= n
        )
    finish(start(folder, DIGITS, "killed"))
    good = compare(folder, "whole", "killed", marks)
    print("by two processes at once:")
    for process in [start(folder, DIGITS, "shared"), start(folder, DIGITS, "shared")]:
        finish(process)
    good &= compare(folder, "whole", "shared")
    print("on a Dask scheduler with two workers:")
    there = folder / "cluster/estimates"
    with cluster(folder) as (address, workers):
        process = start(folder, DIGITS, "cluster", "--scheduler", address)
        wait_for(lambda: len(list(there.glob("*.json"))) >= 30, process)
        marks = stored(folder / "cluster")
        os.kill(workers[0].pid, signal.SIGKILL)
        print(f"  one worker killed with {len(marks)} results there")
        finish(process)
    return good & compare(folder, "whole", "cluster", marks)


def synthesis(folder: Path) -> bool:
    """Sweep with synthesis: whole, and killed in Yosys and in nextpnr."""
    began = time.monotonic()
    finish(start(folder, SYNTHESIS, "routed"))
    count = len(list((folder / "routed/routed").iterdir()))
    print(f"16-4 on UP5K, {count} placements, undisturbed: {time.monotonic() - began:.0f} s")
    out, marks = folder / "cut", {}

    def placements() -> int:
        return len(list(out.glob("routed/*.json")))

    def in_yosys() -> bool:
        return any(out.glob("attempts/designs-*/netlist/yosys.log"))

    def in_nextpnr() -> bool:
        return placements() >= 2 and any(out.glob("attempts/routed-*/netlist/seed-*.log"))

    print("killed in Yosys, twice in nextpnr, and resumed:")
    marks |= killed(folder, SYNTHESIS, "cut", in_yosys)
    marks |= killed(folder, SYNTHESIS, "cut", in_nextpnr)
    marks |= killed(folder, SYNTHESIS, "cut", lambda: placements() >= 5)
    finish(start(folder, SYNTHESIS, "cut"))
    good = compare(folder, "routed", "cut", marks)
    left = list((folder / "cut/attempts").iterdir())
    print(f"  {len(left)} folders of attempts left")
    print((folder / "cut/pareto.txt").read_text())
    return good and not left


def main() -> int:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="work here, and leave everything")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder)
        good = estimates(folder) & synthesis(folder)
    print("all equal" if good else "NOT EQUAL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

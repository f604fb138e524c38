"""A Dask scheduler and its workers, each a process of its own that a test can kill."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = ("--host", "127.0.0.1", "--no-dashboard")
SECONDS = 600


@dataclass(frozen=True)
class Team:
    """What runs, and the scheduler's address."""

    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen, rest: float = 0.01) -> None:
    """Wait until something is so, while a process lives."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, "it ended before it could be disturbed"
        assert time.monotonic() < end
        time.sleep(rest)


@contextmanager
def team(folder: Path, workers: int = 2) -> Iterator[Team]:
    """Start a scheduler and workers in a new folder; all are gone afterwards."""
    folder.mkdir()
    described, running = folder / "scheduler.json", []

    def spawn(program: str, *words: str) -> subprocess.Popen:
        with (folder / "log").open("ab") as log:
            command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *HERE, *words]
            running.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))
        return running[-1]

    def address() -> str:
        try:
            return json.loads(described.read_text())["address"]
        except (OSError, ValueError):  # not there yet, or half of it
            return ""

    try:
        scheduler = spawn("scheduler", "--port", "0", "--scheduler-file", str(described))
        wait_for(lambda: bool(address()), scheduler)
        one = ("worker", address(), "--no-nanny", "--nthreads", "1")
        yield Team(address(), scheduler, [spawn(*one) for _ in range(workers)])
    finally:
        for process in running:
            process.kill()
            process.wait()

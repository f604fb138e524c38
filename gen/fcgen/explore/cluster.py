"""The same tasks on a Dask cluster, whose workers see the sweep's directory under the same path."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import CancelledError
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fcgen.errors import ToolError, bad_input, shown
from fcgen.explore.local import Done
from fcgen.explore.store import SWEEP
from fcgen.explore.tasks import Task, perform
from fcgen.tools.install import install_command

CONNECT_SECONDS = 10
WORKER_SECONDS = 60
"""How long the first worker is waited for."""


def check(address: str) -> None:
    """Check what can be checked of ``--scheduler`` before anything takes time.

    Raises
    ------
    ToolError
        When Dask is not installed.
    """
    if find_spec("distributed") is None:
        command = install_command("fcgen[cluster]")
        raise ToolError(f"--scheduler: {shown(address)}: Dask is not installed; run `{command}`")


def run(tasks: Sequence[Task], address: str, done: Done) -> None:
    """Do all tasks on a cluster.

    A task whose worker dies goes to another one, Dask sees to that.

    Parameters
    ----------
    tasks : sequence of Task
        At least one.
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    done : callable
        Called after each task, in the order in which they end.

    Raises
    ------
    ToolError
        When the scheduler does not answer or leaves, or its workers cannot do the tasks.
    """
    from distributed import Client, as_completed

    # What it logs with tracebacks, as that the scheduler has gone, is said below in one line.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise _unreachable(address, error) from None
    except ValueError as error:
        rule = "is no address of a scheduler"
        raise bad_input("--scheduler", address, f"{rule} ({shown(error)})", "correct it") from None
    with client:
        _check_workers(client, address, tasks[0].directory)
        futures = client.map(perform, tasks, pure=False)
        by_key = {future.key: task for future, task in zip(futures, tasks, strict=True)}
        for future in as_completed(futures, loop=client.loop):
            done(by_key[future.key], _answer(future, address))
            future.release()  # or a worker that dies later would have it done again


def _answer(future: Any, address: str) -> str | None:
    """Return what went wrong with a task that has ended, None for nothing."""
    try:
        died = future.exception()
        if not future.cancelled():
            answer: str | None = future.result() if died is None else _line(died)
            return answer
    except (CancelledError, OSError):
        pass
    raise _gone(address)


def _check_workers(client: Any, address: str, directory: Path) -> None:
    """Check that there are workers, and that each sees the sweep and has this fcgen."""
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
        found = client.run(sees, directory, on_error="return")
    except OSError as error:
        # A scheduler that has gone looks like one that gives no worker, only sooner.
        if client.status != "running" or not isinstance(error, TimeoutError):
            raise _gone(address) from None
        rule = f"no worker in {WORKER_SECONDS} seconds"
        raise ToolError(
            f"--scheduler: {address}: {rule}; start some with `dask worker {address}`"
        ) from None
    for worker, answer in sorted(found.items()):
        if answer is not True:
            what = _line(answer) if isinstance(answer, Exception) else f"{directory} is not there"
            advice = "workers need fcgen and the directory under the same path"
            raise ToolError(f"--scheduler: {address}: worker {worker}: {what}; {advice}")


def sees(directory: Path) -> bool:
    """Say whether the sweep's directory can be seen from here."""
    return (directory / SWEEP).is_file()


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _gone(address: str) -> ToolError:
    return ToolError(
        f"--scheduler: {address}: it has gone; what is done is stored: run the same command again "
        "with one that runs, or without the option to go on on this machine"
    )


def _unreachable(address: str, error: Exception) -> ToolError:
    reason = shown(error) or type(error).__name__
    advice = "start one with `dask scheduler`, or leave the option out to work on this machine"
    return ToolError(f"--scheduler: {address}: no answer ({reason}); {advice}")

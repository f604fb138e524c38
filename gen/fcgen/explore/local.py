"""Tasks on this machine, in processes of their own.

A process that dies, because memory ran out, takes its task with it; another one does it again.
When the sweep itself dies, its processes end at once, with the tools that they have started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from fcgen.explore.tasks import Task, perform

ATTEMPTS = 3
Done = Callable[[Task, str | None], None]
"""Takes a task that has ended, and what went wrong."""


def run(tasks: Sequence[Task], jobs: int, done: Done) -> None:
    """Do all tasks, some at a time.

    Parameters
    ----------
    tasks : sequence of Task
    jobs : int
        Processes.
    done : callable
        Called after each task, in the order in which they end.
    """
    waiting = deque((task, 1) for task in tasks)
    team: list[Worker] = []
    try:
        while waiting or any(worker.task for worker in team):
            while waiting and sum(worker.task is not None for worker in team) < jobs:
                free = next((worker for worker in team if worker.task is None), None)
                if free is None:
                    team.append(free := Worker())
                free.give(*waiting.popleft())
            for ready in wait([worker.connection for worker in team if worker.task]):
                worker = next(one for one in team if one.connection is ready)
                task, attempt = worker.task, worker.attempt
                assert task is not None
                try:
                    error = worker.take()
                except EOFError:
                    team.remove(worker)
                    if attempt < ATTEMPTS:
                        waiting.append((task, attempt + 1))
                        continue
                    error = f"its process died {attempt} times, perhaps for want of memory"
                done(task, error)
    finally:
        for worker in team:
            worker.end()


class Worker:
    """A process and the task that it has."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # the terminal's progress is a thread
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # its end is then the only one, so that its death can be seen
        self.task: Task | None = None
        self.attempt = 0

    def give(self, task: Task, attempt: int) -> None:
        """Start a task."""
        self.task, self.attempt = task, attempt
        with suppress(BrokenPipeError):  # its death is found when its answer is waited for
            self.connection.send(task)

    def take(self) -> str | None:
        """Return what became of the task; EOFError when the process has died."""
        try:
            error: str | None = self.connection.recv()
        except ConnectionResetError:
            raise EOFError from None
        self.task = None
        return error

    def end(self) -> None:
        """End the process, with its tools when it is at work."""
        self.connection.close()
        if self.task is not None:
            assert self.process.pid is not None
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        self.process.join()


def _serve(connection: Connection) -> None:
    """Do tasks until there are no more."""
    os.setpgid(0, 0)  # a group of its own, of which the tools that it starts are members
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            connection.send(perform(connection.recv()))


def _follow() -> None:
    """End this process and its tools when the one that started it has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)

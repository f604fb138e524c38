import multiprocessing
import os
from pathlib import Path

from fcgen.explore.local import run
from fcgen.explore.point import Point, Widths
from fcgen.explore.store import ESTIMATES
from fcgen.explore.tasks import Task


class Deadly:
    """A point that ends the process that it is sent to."""

    name = "deadly"

    def __reduce__(self):
        return os._exit, (3,)


def tasks(number):
    """Tasks of a sweep that is not there: each gives an error at once."""
    points = [Point("ecp5-25k", Widths(8, 8), ((pe, 1),)) for pe in range(1, number + 1)]
    return [Task(Path("/nowhere"), ESTIMATES, point) for point in points]


def test_the_task_of_a_killed_process_is_done_by_another_one():
    todo, ended = tasks(5), []

    def done(task, error):
        if not ended:
            for process in multiprocessing.active_children():
                process.kill()
        ended.append((task, error))

    run(todo, 2, done)
    assert sorted(task.point for task, _ in ended) == sorted(task.point for task in todo)
    assert all(error.startswith("/nowhere: no sweep can be seen there") for _, error in ended)
    assert not multiprocessing.active_children()


def test_a_task_that_always_kills_its_process_is_given_up_and_named():
    deadly, ended = Task(Path("/nowhere"), ESTIMATES, Deadly()), []
    run([deadly], 1, lambda task, error: ended.append((task, error)))
    assert ended == [(deadly, "its process died 3 times, perhaps for want of memory")]

"""The directory of a sweep: one file for each result, which appears whole or not at all.

Whoever computes a result holds its lock, which the system takes back when a process dies. So a
sweep can be killed at any moment, and any number of processes can work on it: a result that is
there is never computed again, and none is computed by two at once.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from fcgen.errors import InputError, bad_input, shown
from fcgen.explore.sweep import differing
from fcgen.files import document
from fcgen.files.output_directory import check_replaceable

FORMAT = "fcgen-explore-1"
SWEEP, LOCK = "sweep.json", "sweep.lock"
NETWORKS, ESTIMATES, ROUTED, LOCKS, DESIGNS, ATTEMPTS = (
    *("networks", "estimates", "routed"),
    *("locks", "designs", "attempts"),
)
REMEDY = "remove the file and run the same command again"
Record = dict[str, Any]


class Store:
    """Results of a sweep.

    Parameters
    ----------
    directory : Path
        As `begin` has prepared it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kind: str, name: str) -> Path:
        """Return the file of a result."""
        return self.directory / kind / f"{name}.json"

    def read(self, kind: str, name: str) -> Record | None:
        """Return a result, None where there is none yet."""
        path = self.path(kind, name)
        if not path.is_file():
            return None
        return document.load(path.read_bytes(), str(path), REMEDY)

    def once(self, kind: str, name: str, make: Callable[[], Record]) -> Record:
        """Return a result, made now unless it is there, or another process makes it now."""
        found = self.read(kind, name)
        if found is None:
            with self.lock(kind, name):
                found = self.read(kind, name)
                if found is None:
                    found = make()
                    write(self.path(kind, name), document.dump(found))
        return found

    @contextmanager
    def lock(self, kind: str, name: str) -> Iterator[None]:
        """Hold the lock of a result."""
        path = self.directory / LOCKS / f"{kind}-{name}.lock"
        path.parent.mkdir(exist_ok=True)
        with FileLock(path):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[Path]:
        """Give a new folder, gone afterwards, to a holder of the lock of this name.

        What a killed process has left goes as well. Its tools may still run there: therefore no
        folder is ever used again.
        """
        folder = self.directory / ATTEMPTS
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{name}.*"):
            shutil.rmtree(old, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder))
        try:
            yield fresh
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def write(path: Path, text: str) -> None:
    """Write a file beside its place, and move it there.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def check(directory: Path) -> Path:
    """Check that a directory is missing, empty, or of a sweep, and return its whole path.

    Raises
    ------
    InputError
        When it is something else, or cannot be written.
    """
    return check_replaceable(directory, lambda place: (place / LOCK).is_file())


def begin(directory: Path, definition: Record) -> Store:
    """Open or make the directory of a sweep.

    Parameters
    ----------
    directory : Path
    definition : dict
        Option to value: everything that decides the results.

    Raises
    ------
    InputError
        When the directory is of another sweep, or not of any, or cannot be written.
    """
    directory = check(directory)
    wanted = {"format": FORMAT, **definition}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(directory / LOCK):
            path = directory / SWEEP
            if path.is_file():
                _compare(directory, document.load(path.read_bytes(), str(path)), wanted)
            else:
                write(path, document.dump(wanted))
    except OSError as error:
        raise _unwritable(directory, error) from None
    return Store(directory)


def _compare(directory: Path, stored: Record, wanted: Record) -> None:
    option = differing(stored, json.loads(json.dumps(wanted)))
    if option is not None:
        began, given = (_text(values.get(option)) for values in (stored, wanted))
        rule = f"the sweep in {directory} was begun with {shown(began)}"
        remedy = "give the options that it was begun with, or another directory"
        raise bad_input(option, given, rule, remedy)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return "nothing" if value is None else str(value)


def _unwritable(place: Path, error: OSError) -> InputError:
    reason = error.strerror or type(error).__name__
    return InputError(f"-o: {place}: cannot be written: {reason}; choose another directory")

"""Replace an output directory as a whole: readers see the old one or the new one, never half."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fcgen.errors import InputError, bad_input, shown


@contextmanager
def replacing(target: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give a fresh directory that takes the place of ``target`` when the block succeeds.

    Parameters
    ----------
    target : Path
        May be missing, empty, or a directory that ``is_ours`` accepts, which is replaced whole.
    is_ours : callable
        Says of an existing directory whether this program made it.

    Raises
    ------
    InputError
        When ``target`` is something else, or its parent cannot be written.
    """
    target = check_replaceable(target, is_ours)
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        yield temporary
        _swap(temporary, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_replaceable(target: Path, is_ours: Callable[[Path], bool]) -> Path:
    """Check before the work that `replacing` can take ``target``, and return its whole path.

    Raises
    ------
    InputError
        As `replacing` does.
    """
    try:
        target = target.resolve()
        _check_name(target)
        _check(target, is_ours)
    except (OSError, RuntimeError) as error:  # RuntimeError: symbolic links in a circle
        raise _unwritable(target, error) from None
    return target


def _check_name(target: Path) -> None:
    """Refuse paths that simulators cannot take: they stand in strings of Verilog."""
    bad = next((c for c in str(target) if c in '"\\' or not c.isprintable()), None)
    if bad is not None:
        rule = f"must not have {bad!a} in its path, which simulators cannot take"
        raise bad_input("-o", target, rule, "choose another directory")


def _check(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if target.exists():
        _check_existing(target, is_ours)
        return
    parent = next(place for place in target.parents if os.path.lexists(place))
    if not parent.is_dir():
        rule = f"{parent} is not a directory"
        raise InputError(f"-o: {target}: cannot be written: {rule}; choose another directory")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise _unwritable(target, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _check_existing(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if not target.is_dir():
        raise InputError(f"-o: {target}: is a file, not a directory; choose another directory")
    if Path.cwd().is_relative_to(target):
        rule = "is or holds the current directory, which would be replaced"
        raise bad_input("-o", target, rule, "choose another directory")
    if any(target.iterdir()) and not is_ours(target):
        raise InputError(
            f"-o: {target}: is not empty and was not made by fcgen; choose another directory"
        )


def _swap(temporary: Path, target: Path) -> None:
    if not target.exists():
        temporary.rename(target)
        return
    old = temporary.with_name(f"{temporary.name}-old")
    target.rename(old)
    try:
        temporary.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _unwritable(target: Path, error: OSError | RuntimeError) -> InputError:
    if isinstance(error, shutil.Error):  # of a tree: source, copy and reason of each file
        reason = str(error.args[0][0][2])
    else:
        reason = getattr(error, "strerror", None) or shown(error)
    return InputError(f"-o: {target}: cannot be written: {reason}; choose another directory")

"""Replace an output directory as a whole: readers see the old one or the new one, never half."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fcgen.errors import InputError, shown


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
    try:
        target = target.resolve()
        _check(target, is_ours)
    except (OSError, RuntimeError) as error:  # RuntimeError: symbolic links in a circle
        raise _unwritable(target, error) from None
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


def _check(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"-o: {target}: is a file, not a directory; choose another directory")
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
    reason = getattr(error, "strerror", None) or shown(error)
    return InputError(f"-o: {target}: cannot be written: {reason}; choose another directory")

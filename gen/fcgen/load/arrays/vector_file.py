"""Vector files: ``.npy`` of numbers, read without pickle and without trust, and written."""

import math
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, Literal

import numpy as np

from fcgen.errors import InputError, bad_input
from fcgen.load.arrays.array_file import read_header

_SAVE = "save integers with numpy.save"


def read_array(path: Path) -> np.ndarray:
    """Map a file to memory: its declared size is checked against the file, and not allocated."""
    try:
        # Opening a pipe would wait for somebody who writes into it.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise bad_input(path, "not a file", "must be a regular file", "check the path")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if not size:
                raise bad_input(path, "0 bytes", "is empty", _SAVE)
            shape, fortran, dtype = read_header(stream, str(path))
            if dtype.hasobject:
                rule = "needs pickle, which can run code and is never loaded"
                raise bad_input(path, f"dtype {dtype}", rule, _SAVE)
            # In integers of Python: a product of NumPy's overflows on absurd shapes.
            declared, found = math.prod(shape) * dtype.itemsize, size - stream.tell()
            if declared != found:
                rule = f"the header declares {declared}"
                raise bad_input(path, f"{found} bytes of values", rule, _SAVE)
            if not declared:
                return np.empty(shape, dtype)
            order: Literal["F", "C"] = "F" if fortran else "C"
            return np.memmap(path, dtype, "r", stream.tell(), shape, order)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise bad_input(path, reason, "cannot be read", "check the path") from None
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise bad_input(path, error, "is not a whole .npy of numbers", _SAVE) from None


def check_writable(path: Path, option: str = "--outputs", *, create: bool = False) -> None:
    """Check before a long computation that its file can be written.

    A symbolic link stands for its target.

    Parameters
    ----------
    path : Path
        Missing, or a regular file, which will be replaced.
    option : str
        For the message.
    create : bool
        Make the folder where it is missing.

    Raises
    ------
    InputError
        Also for a device or a pipe, which must never be replaced by a file.
    """
    target = _target(path)
    try:
        if create:
            target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, option, error.strerror or type(error).__name__) from None
    # These of os.path say False, where pathlib's raise, of what may not be looked at.
    if os.path.isdir(target):
        raise _unwritable(path, option, "is a directory")
    if os.path.lexists(target) and not os.path.isfile(target):
        raise _unwritable(path, option, "is not a regular file")
    if not os.path.isdir(target.parent):
        raise _unwritable(path, option, "its folder does not exist")
    there = [target] if os.path.exists(target) else []
    if not all(os.access(place, os.W_OK) for place in (*there, target.parent)):
        raise _unwritable(path, option, "permission denied")


def write_outputs(path: Path, outputs: np.ndarray) -> None:
    """Write the outputs, int64 (V, M); the file appears whole or not at all."""
    write_whole(path, lambda stream: np.save(stream, outputs))


def write_whole(
    path: Path, write: Callable[[IO[bytes]], object], option: str = "--outputs"
) -> None:
    """Let ``write`` fill a file, or a link's target, that appears whole or not at all.

    Raises
    ------
    InputError
        Where it cannot be written; ``option`` names it.
    """
    check_writable(path, option)
    target = _target(path)
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as stream:
            write(stream)
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(path, option, error.strerror or type(error).__name__) from None
    finally:
        temporary.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """Return the target of a path; a circular link is returned as it is."""
    return Path(os.path.realpath(path))


def _unwritable(path: Path, option: str, reason: str) -> InputError:
    return bad_input(option, path, f"cannot be written: {reason}", "choose another file")

"""Vectors in and out of files: ``.npy`` of integers, read without pickle and without trust."""

import os
import secrets
from pathlib import Path

import numpy as np

from fcgen.errors import InputError, bad_input
from fcgen.network import DenseLayer
from fcgen.reference import check_vectors

_SAVE = "save integers with numpy.save"


def read_inputs(path: Path, layer: DenseLayer) -> np.ndarray:
    """Read the inputs of a simulation.

    Returns
    -------
    ndarray of integers, shape (V, N)
        A view of the file, which costs no memory before it is used.

    Raises
    ------
    InputError
        One line with the file, for another shape, type, or a value out of range.
    """
    return check_vectors(layer, _map(path), str(path))


def _map(path: Path) -> np.ndarray:
    """Map a file to memory: what its header declares must be there, and is not allocated."""
    try:
        with path.open("rb") as stream:
            if not stream.read(1):
                raise bad_input(path, "0 bytes", "is empty", _SAVE)
        return np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise bad_input(path, reason, "cannot be read", "check the path") from None
    except (ValueError, EOFError, TypeError, SyntaxError, MemoryError, OverflowError) as error:
        raise bad_input(path, error, "is not a whole .npy of numbers", _SAVE) from None


def check_writable(path: Path, option: str = "--outputs", *, create: bool = False) -> None:
    """Check before the work that a file can be written after it.

    Parameters
    ----------
    path : Path
    option : str
        For the message.
    create : bool
        Make the folder where it is missing.

    Raises
    ------
    InputError
    """
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, option, error.strerror or type(error).__name__) from None
    # These of os.path say False, where pathlib's raise, of what may not be looked at.
    if os.path.isdir(path):
        raise _unwritable(path, option, "is a directory")
    if not os.path.isdir(path.parent):
        raise _unwritable(path, option, "its folder does not exist")
    if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        raise _unwritable(path, option, "permission denied")


def write_outputs(path: Path, outputs: np.ndarray) -> None:
    """Write the outputs, int64 (V, M); the file appears whole or not at all."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as stream:
            np.save(stream, outputs)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, "--outputs", error.strerror or type(error).__name__) from None
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, option: str, reason: str) -> InputError:
    return bad_input(option, path, f"cannot be written: {reason}", "choose another file")

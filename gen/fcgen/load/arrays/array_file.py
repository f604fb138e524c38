"""NumPy's ``.npy`` and ``.npz``, read without pickle and without trust in declared sizes."""

import contextlib
import lzma
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import CORRECT_SIZES, KEYS, TEXTS, RawWeights, Wanted

_SAVE_AGAIN = "save it again with NumPy"
_HEADER_READERS: dict[tuple[int, int], Callable[[IO[bytes]], tuple[Any, bool, np.dtype[Any]]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# What NumPy's header parser lets through, ast and tokenize being at work below it.
_HEADER_ERRORS = (ValueError, TypeError, SyntaxError, RecursionError, tokenize.TokenError)
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
# Directory entries of an archive, over its data.
_DIRECTORY_BYTES = 65536


def read_npy(path: Path, key: str, wanted: Wanted) -> np.ndarray:
    """Read the ``.npy`` file of one entry."""
    size = path.stat().st_size
    subject = f"{path}: {key}"
    _check_size(subject, size, wanted.bytes_at_most(key))
    with path.open("rb") as stream:
        return _read_array(stream, size, subject, key, wanted)


def read_npz(path: Path, wanted: Wanted, known: tuple[str, ...] = KEYS) -> RawWeights:
    """Read the entries of an ``.npz`` archive, which may hold only ``known`` ones."""
    limit = sum(wanted.bytes_at_most(key) for key in known) + _DIRECTORY_BYTES
    _check_size(str(path), path.stat().st_size, limit)
    values: dict[str, Any] = {}
    with path.open("rb") as stream, readable_archive(path), zipfile.ZipFile(stream) as archive:
        entries = _entries(archive, path, known)
        # The directory is judged whole before the first member is unpacked.
        for key, info in entries.items():
            _check_size(f"{path}: {key}", info.file_size, wanted.bytes_at_most(key))
        for key, info in entries.items():
            values[key] = _read_member(archive, info, f"{path}: {key}", key, wanted)
    return RawWeights(**values, source=str(path))


def read_npz_layers(
    path: Path, shapes: dict[str, tuple[tuple[int, ...], int]]
) -> dict[str, RawWeights]:
    """Read an ``.npz`` whose entries are ``LAYER.KEY``, of some layers.

    Parameters
    ----------
    path : Path
    shapes : dict
        Input shape and outputs of each layer that can be there, by its name.

    Raises
    ------
    InputError
        One line with the file, for whatever is wrong with it; nothing large was allocated.
    """
    wanted = {name: Wanted(*shape) for name, shape in shapes.items()}
    parts = {f"{name}.{key}": (name, key) for name in wanted for key in KEYS}
    limit = sum(wanted[name].bytes_at_most(key) for name, key in parts.values())
    values: dict[str, dict[str, Any]] = {}
    with _system_errors(path):
        _check_size(str(path), path.stat().st_size, limit + _DIRECTORY_BYTES)
        with path.open("rb") as stream, readable_archive(path), zipfile.ZipFile(stream) as archive:
            entries = _entries(archive, path, tuple(parts), f"LAYER.KEY of {', '.join(wanted)}")
            # The directory is judged whole before the first member is unpacked.
            for entry, info in entries.items():
                name, key = parts[entry]
                most = wanted[name].bytes_at_most(key)
                _check_size(f"{path}: {entry}", info.file_size, most)
            for entry, info in entries.items():
                name, key = parts[entry]
                read = _read_member(archive, info, f"{path}: {entry}", key, wanted[name])
                values.setdefault(name, {})[key] = read
    if not values:
        raise bad_input(path, "no entry", "holds no values", "give LAYER.weight or LAYER.bias")
    return {name: RawWeights(**own, source=f"{path}: {name}") for name, own in values.items()}


@contextlib.contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors about a file into an InputError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise bad_input(path, reason, "cannot be read", "check the path") from None


def _entries(
    archive: zipfile.ZipFile, path: Path, known: tuple[str, ...], names: str | None = None
) -> dict[str, zipfile.ZipInfo]:
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        key = info.filename.removesuffix(".npy")
        if key not in known or key == info.filename:
            rule = f"is not a known entry ({names or ', '.join(known)})"
            raise bad_input(path, info.filename, rule, "rename or remove it")
        if key in entries:
            raise bad_input(path, info.filename, "must not occur twice", _SAVE_AGAIN)
        entries[key] = info
    return entries


@contextlib.contextmanager
def readable_archive(path: Path) -> Iterator[None]:
    """Turn the errors that readers raise on a damaged ``.npz`` into an InputError."""
    try:
        yield
    except ARCHIVE_ERRORS as error:
        raise bad_input(path, error, "is not a whole .npz archive", _SAVE_AGAIN) from None


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, subject: str, key: str, wanted: Wanted
) -> np.ndarray | str:
    with archive.open(info) as stream:
        if key in TEXTS:
            return _read_text(stream, info.file_size, subject)
        return _read_array(stream, info.file_size, subject, key, wanted)


def _read_array(stream: IO[bytes], size: int, subject: str, key: str, wanted: Wanted) -> np.ndarray:
    shape, fortran, dtype = read_header(stream, subject)
    wanted.check(subject, key, shape, dtype)
    return _read_data(stream, size, subject, shape, dtype).reshape(
        shape, order="F" if fortran else "C"
    )


def _read_text(stream: IO[bytes], size: int, subject: str) -> str:
    shape, _, dtype = read_header(stream, subject)
    if shape != () or dtype.kind != "U":
        found = f"shape {shape}, dtype {dtype}"
        raise bad_input(subject, found, "must be one string", "save a single name")
    return str(_read_data(stream, size, subject, shape, dtype)[0])


def read_header(stream: IO[bytes], subject: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an ``.npy``: shape, whether in Fortran order, dtype.

    Raises
    ------
    InputError
        For whatever NumPy stumbles over; ``subject`` is in front.
    """
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADER_READERS:
            raise ValueError(f"version {version} of the format")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _HEADER_READERS[version](stream)
    except _HEADER_ERRORS as error:
        raise bad_input(subject, error, "is not a readable .npy", _SAVE_AGAIN) from None


def _read_data(
    stream: IO[bytes], size: int, subject: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> np.ndarray:
    """Read the values, flat. Precondition: the layer accepts ``shape``."""
    declared = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    found = size - stream.tell()
    if found != declared:
        rule = f"the header declares {declared}"
        raise bad_input(subject, f"{found} bytes of values", rule, _SAVE_AGAIN)
    return np.frombuffer(stream.read(declared), dtype)


def _check_size(subject: str, size: int, limit: int) -> None:
    if size == 0:
        raise bad_input(subject, "0 bytes", "is empty", "give a file that holds values")
    if size > limit:
        rule = f"a layer of this size needs at most {limit}"
        raise bad_input(subject, f"{size} bytes", rule, CORRECT_SIZES)

"""The arrays of an ``.npz`` by name, each read on demand."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.array_file import read_header, readable_archive
from fcgen.load.model import Floats
from fcgen.load.model_file import BYTES_MAX, ELEMENTS_MAX, content

HEADER_BYTES = 65_536 + 10
"""Of the first version of ``.npy``, which suffices for plain numbers."""
_AGAIN = "save it again with NumPy"


class NpzTensors:
    """The arrays of an archive.

    Attributes
    ----------
    shapes : dict of str to tuple of int
        In the order of the file.

    Raises
    ------
    InputError
        One line with the file, for whatever is wrong with it; nothing large was allocated.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with readable_archive(path):
            self._archive = zipfile.ZipFile(io.BytesIO(content(path)))
            self._members = {
                info.filename.removesuffix(".npy"): info
                for info in self._archive.infolist()
                if info.filename.endswith(".npy")
            }
            self._headers = {name: self._header(name) for name in self._members}
        self.shapes = {name: shape for name, (_, shape, _, _) in self._headers.items()}

    def read(self, name: str) -> Floats:
        """Return the values of an array in float64."""
        offset, shape, fortran, dtype = self._headers[name]
        subject, size = f"{self.path}: {name}", self._members[name].file_size
        if dtype.hasobject:
            rule = "needs pickle, which can run code and is never loaded"
            raise bad_input(subject, f"dtype {dtype}", rule, "save plain numbers")
        if dtype.kind not in "iuf":
            raise bad_input(subject, f"dtype {dtype}", "must hold floats", "convert the values")
        wanted = offset + math.prod(shape) * dtype.itemsize
        if math.prod(shape) > ELEMENTS_MAX or size > BYTES_MAX or size != wanted:
            rule = f"the header declares {wanted}, and at most {BYTES_MAX:,} are read"
            raise bad_input(subject, f"{size} bytes", rule, _AGAIN)
        with readable_archive(self.path):
            values = np.frombuffer(self._archive.read(self._members[name]), dtype, offset=offset)
        with np.errstate(over="ignore"):
            return values.reshape(shape, order="F" if fortran else "C").astype(np.float64)

    def _header(self, name: str) -> tuple[int, tuple[int, ...], bool, np.dtype]:
        """Return where an array's values begin, its shape, its order, and its dtype."""
        with self._archive.open(self._members[name]) as stream:
            start = io.BytesIO(stream.read(HEADER_BYTES))
        subject = f"{self.path}: {name}"
        shape, fortran, dtype = read_header(start, subject)
        if any(size < 0 for size in shape):
            raise bad_input(subject, f"shape {shape}", "has a negative size", _AGAIN)
        return start.tell(), shape, fortran, dtype

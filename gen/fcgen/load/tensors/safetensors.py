"""Safetensors files: a JSON header of names, types and places, then the values.

The format is read here and not by its package, whose NumPy side has no bfloat16.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.model import Floats
from fcgen.load.model_file import ELEMENTS_MAX, content

HEADER_MAX = 100_000_000
KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_BYTES = {kind: np.dtype(dtype).itemsize for kind, dtype in KINDS.items()}
_AGAIN = "save the file again"


class SafeTensors:
    """The tensors of a file.

    Attributes
    ----------
    shapes : dict of str to tuple of int
        In the order of their values in the file.

    Raises
    ------
    InputError
        One line with the file, for whatever is wrong with its header.
    """

    def __init__(self, path: Path) -> None:
        data = content(path)
        size = int.from_bytes(data[:8], "little")
        if len(data) < 8 or size > min(len(data) - 8, HEADER_MAX):
            raise bad_input(path, f"{len(data)} bytes", "is no whole safetensors file", _AGAIN)
        self.path, self._values = path, memoryview(data)[8 + size :]
        try:
            header = json.loads(data[8 : 8 + size])
            header.pop("__metadata__", None)
            self._entries = dict(sorted(header.items(), key=lambda item: _place(item[1])))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise bad_input(path, error, "is no safetensors header", _AGAIN) from None
        self.shapes = {name: self._check(name, entry) for name, entry in self._entries.items()}

    def read(self, name: str) -> Floats:
        """Return the values of a tensor in float64."""
        entry = self._entries[name]
        kind, (start, end) = entry["dtype"], entry["data_offsets"]
        if kind not in KINDS:
            rule = f"must be one of {', '.join(KINDS)}"
            raise bad_input(f"{self.path}: {name}", kind, rule, "save it in floats")
        values = np.frombuffer(self._values[start:end], KINDS[kind])
        if kind == "BF16":  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.reshape(self.shapes[name]).astype(np.float64)

    def _check(self, name: str, entry: dict[str, Any]) -> tuple[int, ...]:
        """Return the shape of an entry, after a check that the file holds exactly its bytes."""
        shape, (start, end) = entry["shape"], entry["data_offsets"]
        subject = f"{self.path}: {name}"
        if not all(type(size) is int and size >= 0 for size in (*shape, start, end)):
            raise bad_input(subject, entry, "has sizes that are no integers", _AGAIN)
        # Of a type that is not read the size is not known: it is refused when it is asked for.
        each = _BYTES.get(entry["dtype"])
        whole = start <= end <= len(self._values)
        whole &= each is None or math.prod(shape) * each == end - start
        if not whole or math.prod(shape) > ELEMENTS_MAX:
            rule = f"bytes {start} to {end} of {len(self._values)} do not hold the shape"
            raise bad_input(subject, f"{entry['dtype']} {shape}", rule, _AGAIN)
        return tuple(shape)


def _place(entry: dict[str, Any]) -> tuple[int, int]:
    """Return start and end of an entry's values; raises the errors of a malformed header."""
    start, end = entry["data_offsets"]
    if not isinstance(entry["dtype"], str) or not isinstance(entry["shape"], list):
        raise ValueError("an entry has neither dtype nor shape")
    return start, end

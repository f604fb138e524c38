"""Strict JSON: no NaN, no duplicate keys, no unknown or missing fields, sizes checked first."""

import base64
import binascii
import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from fcgen.errors import bad_input

REMEDY = "make the directory again"


def dump(value: dict[str, Any]) -> str:
    """Give canonical JSON text: keys in the order given, one line a key, a newline at the end."""
    lines = [f"  {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load(text: str | bytes, source: str, remedy: str = REMEDY) -> dict[str, Any]:
    """Parse a JSON object strictly; ``remedy`` is what to do about one that is not right.

    Raises
    ------
    InputError
        One line that names ``source``.
    """

    def refuse(constant: str) -> NoReturn:
        raise bad_input(source, constant, "is not a JSON number", remedy)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise bad_input(source, twice, "must not occur twice", remedy)
        return result

    try:
        value = json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise bad_input(source, error, "is not valid JSON", remedy) from None
    if not isinstance(value, dict):
        raise bad_input(source, type(value).__name__, "must be a JSON object", remedy)
    return value


def read_json(path: Path, most: int, remedy: str) -> dict[str, Any]:
    """Read a JSON object of at most so many bytes from a regular file.

    Raises
    ------
    InputError
        One line that names the file and says what to do.
    """
    try:
        if not path.is_file():
            raise bad_input(path, "not a file", "must be a regular file", remedy)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise bad_input(path, error.strerror, "cannot be read", remedy) from None
    if len(content) > most:
        raise bad_input(path, "too large", f"has at most {most:,} bytes", remedy)
    return load(content, str(path))


def from_array(array: np.ndarray) -> dict[str, Any]:
    """Give the JSON value of an array: dtype, shape and little-endian bytes in base64."""
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "base64": base64.b64encode(data).decode("ascii"),
    }


class Fields:
    """The fields of a JSON object, each taken once and with its type; `finish` refuses the rest."""

    def __init__(self, values: dict[str, Any], source: str, path: str = "") -> None:
        self._values = dict(values)
        self._source = source
        self._path = path

    def _take(self, name: str) -> Any:
        if name not in self._values:
            raise bad_input(self._source, self._path + name, "is missing", REMEDY)
        return self._values.pop(name)

    def refuse(self, name: str, value: object, rule: str) -> NoReturn:
        """Raise the `InputError` of a field."""
        raise bad_input(f"{self._source}: {self._path}{name}", value, rule, REMEDY)

    def finish(self) -> None:
        """Refuse fields that nobody took."""
        for name in self._values:
            raise bad_input(self._source, self._path + name, "is not a known field", REMEDY)

    def text(self, name: str) -> str:
        """Take a string."""
        value = self._take(name)
        if not isinstance(value, str):
            self.refuse(name, value, "must be a string")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Take one of some strings."""
        value = self.text(name)
        if value not in choices:
            self.refuse(name, value, f"must be one of {', '.join(choices)}")
        return value

    def flag(self, name: str) -> bool:
        """Take true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            self.refuse(name, value, "must be true or false")
        return value

    def integer(self, name: str, minimum: int = -(2**63), maximum: int = 2**63 - 1) -> int:
        """Take one integer of a range."""
        return self._integer(name, self._take(name), minimum, maximum)

    def _integer(self, name: str, value: object, minimum: int, maximum: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, value, "must be an integer")
        if not minimum <= value <= maximum:
            self.refuse(name, value, f"must be from {minimum} to {maximum}")
        return value

    def integers(
        self, name: str, *, minimum: int, maximum: int, sizes: tuple[int, ...]
    ) -> list[int]:
        """Take a list of integers that has one of some sizes."""
        value = self._take(name)
        if not isinstance(value, list):
            self.refuse(name, type(value).__name__, "must be a list")
        if len(value) not in sizes:
            wanted = " or ".join(map(str, sizes))
            self.refuse(name, f"{len(value)} values", f"must have {wanted}")
        return [self._integer(name, item, minimum, maximum) for item in value]

    def integer_lists(self, name: str, minimum: int = -1) -> tuple[tuple[int, ...], ...]:
        """Take a list of lists of integers, none of them empty."""
        value = self._take(name)
        if not isinstance(value, list) or not all(isinstance(one, list) and one for one in value):
            self.refuse(name, type(value).__name__, "must be a list of lists")
        return tuple(
            tuple(self._integer(name, item, minimum, 2**31 - 1) for item in one) for one in value
        )

    def int64s(self, name: str, size: int) -> list[int]:
        """Take ``size`` integers of 64 bits."""
        return self.integers(name, minimum=-(2**63), maximum=2**63 - 1, sizes=(size,))

    def optional(self, name: str) -> "Fields | None":
        """Take an object, or None for null."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.refuse(name, type(value).__name__, "must be an object or null")
        return Fields(value, self._source, f"{self._path}{name}.")

    def object(self, name: str) -> "Fields":
        """Take an object."""
        fields = self.optional(name)
        if fields is None:
            self.refuse(name, "null", "must be an object")
        return fields

    def absent_or_object(self, name: str) -> "Fields | None":
        """Take an object, or None where there is no such field."""
        return self.object(name) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Say whether there is such a field that was not taken yet."""
        return name in self._values

    def objects(self, name: str) -> "list[Fields]":
        """Take a list of one object or more."""
        value = self._take(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(name, type(value).__name__, "must be a list of objects")
        if not value:
            self.refuse(name, "no object", "must have at least one")
        return [
            Fields(item, self._source, f"{self._path}{name}[{number}].")
            for number, item in enumerate(value)
        ]

    def number(self, name: str) -> float | None:
        """Take a finite real number, or None for null."""
        value = self._take(name)
        if isinstance(value, float) and not math.isfinite(value):  # as of 1e999
            self.refuse(name, value, "must be finite")
        if value is None or isinstance(value, float):
            return value
        return float(self._integer(name, value, -(2**53), 2**53))

    def any(self, name: str) -> Any:
        """Take a value that the caller checks."""
        return self._take(name)

    def array(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
        """Take an array that must have this dtype and shape; checked before it is decoded."""
        fields = self.object(name)
        fields.choice("dtype", (str(dtype),))
        found = fields._take("shape")
        if found != list(shape):
            self.refuse(name, f"shape {found}", f"must have the shape {list(shape)}")
        text = fields.text("base64")
        fields.finish()
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if len(text) != (size + 2) // 3 * 4:
            self.refuse(name, f"{len(text)} characters of base64", f"must hold {size} bytes")
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.refuse(name, "base64", "is not valid base64")
        if len(data) != size:
            self.refuse(name, f"{len(data)} bytes", f"must hold {size} bytes")
        return np.frombuffer(data, dtype.newbyteorder("<")).reshape(shape).astype(dtype)

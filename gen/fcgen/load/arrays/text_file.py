"""Weights as text: ``.csv`` with a row for each output, and ``.hex`` with a value on each line."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, bad_input
from fcgen.load.arrays.raw_weights import CORRECT_SIZES
from fcgen.numerics.fixed import IntegerFormat

_SLACK_BYTES = 1 << 20
_CSV_VALUE_BYTES = 64
_CSV_ALPHABET = b"0123456789+-.eE, \t\r\n" + b"naifNAIF"
_CSV_FLOAT = b".eEnN"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_csv(path: Path, values: int) -> np.ndarray:
    """Read rows of comma-separated numbers, (rows, columns).

    int64 when every value is written as an integer, float64 otherwise. ``values`` bounds the size
    of the file, which is checked before it is read.
    """
    data = _read(path, values * _CSV_VALUE_BYTES + _SLACK_BYTES).removeprefix(_BYTE_ORDER_MARK)
    if not data.strip():
        raise bad_input(path, "only blanks", "is empty", "give a file that holds values")
    if data.translate(None, _CSV_ALPHABET):
        raise _csv_error(path, data)
    dtype = np.float64 if any(byte in data for byte in _CSV_FLOAT) else np.int64
    try:
        lines = io.TextIOWrapper(io.BytesIO(data), "ascii")
        return np.loadtxt(lines, dtype, delimiter=",", comments=None, ndmin=2)
    except (ValueError, OverflowError):
        raise _csv_error(path, data) from None


def _csv_error(path: Path, data: bytes) -> InputError:
    """Find the first fault, row and column counted from 1. Precondition: there is one."""
    columns = 0
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        cells = [cell.strip() for cell in line.split(",")]
        if cells == [""]:
            continue
        for column, cell in enumerate(cells, start=1):
            if not _is_number(cell):
                subject = f"{path}: line {number}, column {column}"
                rule = "must be a number of at most 64 bits"
                return bad_input(subject, cell or "nothing", rule, "give plain numbers, no header")
        columns = columns or len(cells)
        if len(cells) != columns:
            rule = f"the first row has {columns}"
            found = f"{len(cells)} values"
            return bad_input(f"{path}: line {number}", found, rule, "give rows of one length")
    return bad_input(path, "its text", "must be rows of numbers", "separate them by commas")


def _is_number(cell: str) -> bool:
    try:
        value = float(cell)
    except ValueError:
        return False
    is_integer = not any(chr(byte) in cell for byte in _CSV_FLOAT)
    return "_" not in cell and (not is_integer or -(2.0**63) <= value < 2.0**63)


def read_hex(path: Path, values: int, value_format: IntegerFormat) -> np.ndarray:
    """Read one two's complement value from each line, ``ceil(bits / 4)`` digits each.

    Gives signed integers, (values,).
    """
    digits = (value_format.bits + 3) // 4
    data = _read(path, values * (digits + 2) + _SLACK_BYTES)
    data = data.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    if len(data) % (digits + 1):
        raise _hex_error(path, data, value_format)
    table = np.frombuffer(data, np.uint8).reshape(-1, digits + 1)
    if (table[:, -1] != ord("\n")).any() or len(table) != values:
        raise _hex_error(path, data, value_format, values)
    dtype = np.dtype(np.int32 if value_format.bits <= 16 else np.int64)
    codes: npt.NDArray[np.signedinteger] = np.zeros(values, dtype)
    for column in range(digits):
        digit = _DIGITS[table[:, column]]
        if (digit < 0).any():
            raise _hex_error(path, data, value_format)
        codes = codes << 4 | digit
    if (codes >> value_format.bits).any():
        raise _hex_error(path, data, value_format)
    if value_format.signed:
        codes -= (codes >> (value_format.bits - 1)) << value_format.bits
    return codes


def _hex_error(path: Path, data: bytes, value_format: IntegerFormat, values: int = 0) -> InputError:
    digits = (value_format.bits + 3) // 4
    lines = data.decode("ascii", "replace").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        legal = len(line) == digits and all(c in "0123456789abcdefABCDEF" for c in line)
        if not legal or int(line, 16) >> value_format.bits:
            rule = f"must be {digits} hexadecimal digits of {value_format.bits} bits"
            return bad_input(f"{path}: line {number}", line or "nothing", rule, "write one a line")
    rule = f"the layer needs {values}, one a line, row after row"
    return bad_input(path, f"{len(lines)} values", rule, CORRECT_SIZES)


def _digit_table() -> np.ndarray:
    table = np.full(256, -1, np.int8)
    for value, digit in enumerate("0123456789abcdef"):
        table[[ord(digit), ord(digit.upper())]] = value
    return table


_DIGITS = _digit_table()


def _read(path: Path, limit: int) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise bad_input(path, "0 bytes", "is empty", "give a file that holds values")
    if size > limit:
        rule = f"a layer of this size needs at most {limit}"
        raise bad_input(path, f"{size} bytes", rule, CORRECT_SIZES)
    return path.read_bytes()

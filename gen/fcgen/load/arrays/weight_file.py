"""Weight and bias files of the command line: ``.npz``, ``.npy``, ``.csv`` and ``.hex``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.array_file import read_npy, read_npz
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.text_file import read_csv, read_hex
from fcgen.numerics.fixed import BIAS_BITS, IntegerFormat

_KINDS = (".npz", ".npy", ".csv", ".hex")


def read_weights(
    path: Path, input_shape: tuple[int, ...], outputs: int, weight_format: IntegerFormat
) -> RawWeights:
    """Read a weight file.

    Parameters
    ----------
    path
        ``.npz`` with the entries of `RawWeights`, or weights alone: ``.npy``, ``.csv`` (M rows of
        N) or ``.hex`` (a value a line, row-major, two's complement of ``weight_format``).
    input_shape
        (N,) or (C, H, W) of the layer.
    outputs
        M of the layer.
    weight_format
        Needed for the digits of ``.hex``.

    Returns
    -------
    RawWeights
        ``weight`` as (M, N); None where an ``.npz`` has none.

    Raises
    ------
    InputError
        One line with the file, for whatever is wrong with it; nothing large was allocated.
    """
    wanted = Wanted(input_shape, outputs)
    with _open(path) as kind:
        if kind == ".npz":
            raw = read_npz(path, wanted)
        else:
            weight = _read_plain(path, kind, "weight", wanted, weight_format)
            raw = RawWeights(weight, source=str(path))
    return raw.conform(wanted)


def read_bias(path: Path, outputs: int) -> RawWeights:
    """Read a bias file: ``.npz`` with ``bias``, ``.npy``, ``.csv``, or ``.hex`` of 32 bits.

    Raises
    ------
    InputError
        One line with the file.
    """
    wanted = Wanted((1,), outputs)
    with _open(path) as kind:
        if kind == ".npz":
            raw = read_npz(path, wanted, ("bias",))
            if raw.bias is None:
                raise bad_input(path, "bias", "is missing", "save an entry of this name")
        else:
            bias = _read_plain(path, kind, "bias", wanted, IntegerFormat(BIAS_BITS, signed=True))
            raw = RawWeights(bias=bias, source=str(path))
    return raw.conform(wanted)


def _read_plain(
    path: Path, kind: str, key: str, wanted: Wanted, value_format: IntegerFormat
) -> np.ndarray:
    if kind == ".npy":
        return read_npy(path, key, wanted)
    values = wanted.values(key)
    if kind == ".hex":
        codes = read_hex(path, values, value_format)
        return codes.reshape(wanted.outputs, -1) if key == "weight" else codes
    table = read_csv(path, values)
    # A bias may be written as a row or as a column.
    return table.ravel() if key == "bias" and 1 in table.shape else table


@contextmanager
def _open(path: Path) -> Iterator[str]:
    """Return the kind of an existing file; errors of the system become input errors."""
    kind = path.suffix.lower()
    if kind not in _KINDS:
        rule = "is not a known kind of weight file"
        raise bad_input(path, kind or "no ending", rule, f"use {', '.join(_KINDS)}")
    try:
        if path.exists() and not path.is_file():
            raise bad_input(path, "not a file", "must be a regular file", "check the path")
        yield kind
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise bad_input(path, reason, "cannot be read", "check the path") from None

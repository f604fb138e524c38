"""Weights and constants before any quantisation, and the shapes that a layer accepts."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from fcgen.errors import bad_input

ARRAYS = ("weight", "bias", "multiplier", "offset", "shift", "zero_point", "lo", "hi")
TEXTS = ("rounding", "saturation")
KEYS = ARRAYS + TEXTS
CORRECT_SIZES = "correct the sizes of the layer or the file"

_REAL = ("weight", "bias")
_HEADER_BYTES = 16384
_TEXT_BYTES = 256
_ITEM_BYTES = 16


@dataclass(frozen=True, eq=False)
class RawWeights:
    """Weights and constants as read or given, before any quantisation.

    ``weight`` is (M, N) or (M, C, H, W), ``bias`` (M,), both of integers (codes) or of floats;
    the constants are integers, one or M; None where there is none. ``source`` names the file in
    messages, ``bias_source`` that of the bias where it is another.
    """

    weight: np.ndarray | None = None
    bias: np.ndarray | None = None
    multiplier: np.ndarray | None = None
    offset: np.ndarray | None = None
    shift: np.ndarray | None = None
    zero_point: np.ndarray | None = None
    lo: np.ndarray | None = None
    hi: np.ndarray | None = None
    rounding: str | None = None
    saturation: str | None = None
    source: str = "weights"
    bias_source: str | None = None

    def conform(self, wanted: "Wanted") -> "RawWeights":
        """Return the same with ``weight`` as (M, N) and floats as float64, or raise InputError."""
        changed: dict[str, Any] = {}
        for key in ARRAYS:
            value = getattr(self, key)
            if value is None:
                continue
            subject = self.subject(key)
            array = np.asarray(value)
            wanted.check(subject, key, array.shape, array.dtype)
            if array.dtype.kind == "f":
                array = _finite(subject, array)
            elif key != "weight":
                array = _signed(subject, array)
            changed[key] = array
        if "weight" in changed:
            changed["weight"] = changed["weight"].reshape(wanted.outputs, -1)
        return replace(self, **changed)

    def subject(self, key: str) -> str:
        """Return the name of an entry in messages."""
        apart = key == "bias" and self.bias_source is not None
        return f"{self.bias_source if apart else self.source}: {key}"

    def given(self) -> tuple[str, ...]:
        """Return the names of the entries that are not None."""
        names = (field.name for field in fields(self) if field.name in KEYS)
        return tuple(name for name in names if getattr(self, name) is not None)


@dataclass(frozen=True)
class Wanted:
    """The shapes and sizes that a layer accepts."""

    input_shape: tuple[int, ...]
    outputs: int

    @property
    def inputs(self) -> int:
        """Number of inputs N."""
        return int(np.prod(self.input_shape, dtype=np.int64))

    def check(self, subject: str, key: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Check the shape and the dtype of an entry, before its values are read.

        Raises
        ------
        InputError
            With ``subject`` in front, the shape found and the shape needed.
        """
        if dtype.hasobject:
            rule = "needs pickle, which can run code and is never loaded"
            raise bad_input(subject, f"dtype {dtype}", rule, "save plain numbers")
        if dtype.kind not in ("iuf" if key in _REAL else "iu"):
            rule = f"must hold {'integers or floats' if key in _REAL else 'integers'}"
            raise bad_input(subject, f"dtype {dtype}", rule, "convert the values")
        accepted = self._shapes(key)
        if shape not in accepted and not self._is_kernel(key, shape):
            rule = f"the layer needs {' or '.join(map(str, accepted))}"
            raise bad_input(subject, f"shape {shape}", rule, self._remedy(key, shape))

    def _shapes(self, key: str) -> tuple[tuple[int, ...], ...]:
        if key == "weight":
            flat = (self.outputs, self.inputs)
            is_map = len(self.input_shape) > 1
            return (flat, (self.outputs, *self.input_shape)) if is_map else (flat,)
        return ((self.outputs,),) if key == "bias" else ((), (self.outputs,))

    def _is_kernel(self, key: str, shape: tuple[int, ...]) -> bool:
        """Return whether it is (M, C, H, W), where the layer's inputs are given flat as N."""
        if key != "weight" or len(self.input_shape) > 1 or len(shape) != 4:
            return False
        product = 1
        for size in shape[1:]:
            product *= size
        return shape[0] == self.outputs and product == self.inputs

    def _remedy(self, key: str, shape: tuple[int, ...]) -> str:
        if key != "weight":
            return "give one value an output"
        if shape == (self.inputs, self.outputs):
            return "transpose it: one row an output"
        return CORRECT_SIZES

    def values(self, key: str) -> int:
        """Largest number of values of an entry."""
        return self.outputs * self.inputs if key == "weight" else self.outputs

    def bytes_at_most(self, key: str) -> int:
        """Largest size of an entry as an ``.npy`` file."""
        data = _TEXT_BYTES if key in TEXTS else self.values(key) * _ITEM_BYTES
        return data + _HEADER_BYTES


def _signed(subject: str, array: np.ndarray) -> np.ndarray:
    """Return integers as int64, so that no later sum of two dtypes becomes a float."""
    if array.dtype == np.uint64 and array.size and int(array.max()) >= 1 << 63:
        raise bad_input(subject, array.max(), "does not fit 64 bits signed", "use smaller values")
    return array.astype(np.int64)


def _finite(subject: str, array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        found = f"{array[where]} at {where}"
        raise bad_input(subject, found, "must be finite", "remove NaN and infinity")
    return array

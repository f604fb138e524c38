"""What decides the results of a sweep, by option: equal texts for equal contents."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fcgen.explore.sweep import Axes

OF_LAYERS = ("weights", "bias", "relu")
OF_MODELS = (
    *("target", "input_format", "calibration", "bounds", "labels", "test", "codes"),
    *("table_bits", "scales", "scaler", "per_tensor", "end", "top_k", "probability_bits"),
)
"""Parameters of either kind alone; `option_of` is the option of each."""
HASH_DIGITS = 12


def option_of(name: str) -> str:
    """Return the option that a parameter's value comes from."""
    return "--range" if name == "bounds" else f"--{name.replace('_', '-')}"


def define(subject: Any, axes: Axes, seed: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a sweep.

    Parameters
    ----------
    subject : path, text or object
        The text of a layer stays as it is; a file or an object is known by its contents.
    axes : Axes
    seed : int
    values : mapping
        Those of `OF_LAYERS` or of `OF_MODELS`; what is not there is None.
    """
    from fcgen.explore.sweep import SUBJECT

    found: dict[str, Any] = {SUBJECT: subject, **axes.as_dict(), "--seed": seed}
    for name in OF_LAYERS if isinstance(subject, str) else OF_MODELS:
        found[option_of(name)] = values.get(name)
    grid = values.get("input_format")
    found["--input-format"] = grid and str(grid)
    known = {name: _known(value) for name, value in found.items()}
    return {**known, "fcgen": importlib.metadata.version("fcgen")}


def _known(value: Any) -> Any:
    """Return a value as a definition has it: plain ones as they are, the others by contents."""
    if isinstance(value, Path):
        return fingerprint(value)
    if value is None or isinstance(value, (bool, int, float, str, tuple, list)):
        return value
    state = hashlib.sha256()
    _feed(state, value)
    name = getattr(value, "name", None) or type(value).__name__
    return f"{name} ({state.hexdigest()[:HASH_DIGITS]})"


def fingerprint(path: Path) -> str:
    """Return what tells the contents of a file, and of a JSON beside it, from others."""
    state = hashlib.sha256()
    for one in dict.fromkeys((path, path.with_suffix(".json"))):
        if one.is_file():
            state.update(one.suffix.encode() + one.read_bytes())
    return f"{path.name} ({state.hexdigest()[:HASH_DIGITS]})"


def _feed(state: Any, value: Any) -> None:
    """Feed a hash with a value of the project's classes, of NumPy or of Python."""
    import numpy as np

    state.update(type(value).__name__.encode() + b"(")
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        state.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            state.update(field.name.encode())
            _feed(state, getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for one in value:
            _feed(state, one)
    elif isinstance(value, Mapping):
        _feed(state, list(value.items()))
    elif value is None or isinstance(value, (bool, int, float, str, np.generic)):
        state.update(repr(value).encode())
    else:
        raise TypeError(f"{type(value).__name__} has no contents that can be compared")
    state.update(b")")

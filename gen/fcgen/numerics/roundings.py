"""Roundings of floats to integers, by QONNX's names, in the operations of qonnx's executor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]

BIPOLAR = "BIPOLAR"
"""The sign, and 1 for zero."""
NEAREST = "ROUND"
"""To the nearest, halves to even."""
HALF_AWAY = "HALF_AWAY"
"""To the nearest, halves away from zero: a rounding of LiteRT's reference kernels, not of QONNX."""


def _half_up(values: Floats) -> Floats:
    # As the executor computes it: below 0.5, the sum of the largest float32 rounds to 1.
    rounded: Floats = np.sign(values) * np.floor(np.abs(values) + values.dtype.type(0.5))
    return rounded


def _half_down(values: Floats) -> Floats:
    rounded: Floats = np.sign(values) * np.ceil(np.abs(values) - values.dtype.type(0.5))
    return rounded


def _half_away(values: Floats) -> Floats:
    # In float64, a float32 plus one half is exact wherever the float32 can have a fraction.
    rounded: Floats = np.copysign(np.floor(np.abs(values.astype(np.float64)) + 0.5), values)
    return rounded


ROUNDERS: dict[str, Callable[[Floats], Floats]] = {
    NEAREST: np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda values: np.copysign(np.ceil(np.abs(values)), values),
    "DOWN": np.trunc,
    "HALF_UP": _half_up,
    "HALF_DOWN": _half_down,
    HALF_AWAY: _half_away,
    BIPOLAR: lambda values: np.where(values >= 0, values.dtype.type(1), values.dtype.type(-1)),
}
"""All of them are monotone and keep integers, so that a clamp to integers may come before or after.
HALF_UP and HALF_DOWN round the magnitude."""

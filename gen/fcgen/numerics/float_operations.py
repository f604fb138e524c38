"""Float operations of a source: float32 with one operand, and the quotient in half precision.

Each operation rounds its result once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]


def _fused(values: Floats, factor: Floats, constant: Floats) -> Floats:
    """Return ``values * factor + constant`` of float32 operands with one rounding for both."""
    product = values.astype(np.float64) * factor.astype(np.float64)
    addend = np.asarray(constant, np.float64)
    total = product + addend
    # The product is exact in float64. An inexact sum is rounded to odd, towards the side of the
    # rest: the second rounding, to float32, then meets no tie that the exact sum does not have.
    moved = total - product
    rest = (product - (total - moved)) + (addend - moved)
    even = (total.view(np.int64) & 1) == 0
    odd = np.nextafter(total, np.where(rest > 0, np.inf, -np.inf))
    rounded: Floats = np.where((rest != 0) & even, odd, total).astype(np.float32)
    return rounded


OPERATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    # One rounding for both, as processors with a fused multiply-add do it.
    "multiply_add": lambda x, c: _fused(x, c[0], c[1]),
}
"""By name; the operand of ``multiply_add`` is a pair."""


def half_quotient(values: npt.NDArray[Any], scale: Any) -> npt.NDArray[np.float64]:
    """Return ``f16(f16(values) / f16(scale))``, as QuantizeLinear of opset 23 computes it.

    Parameters
    ----------
    values : ndarray of floats
    scale : float or ndarray
        Not zero in float16.
    """
    with np.errstate(over="ignore"):
        quotient = values.astype(np.float16) / np.asarray(scale).astype(np.float16)
    return quotient.astype(np.float64)

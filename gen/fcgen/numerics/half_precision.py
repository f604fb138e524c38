"""Quotients of QuantizeLinear in half precision, as opset 23 has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def half_quotient(values: npt.NDArray[Any], scale: Any) -> npt.NDArray[np.float64]:
    """Return quotients of float16: of the values, of the scale, and rounded to it.

    Parameters
    ----------
    values : ndarray of floats
    scale : float or ndarray
        Not zero in float16.
    """
    with np.errstate(over="ignore"):
        quotient = values.astype(np.float16) / np.asarray(scale).astype(np.float16)
    return quotient.astype(np.float64)

"""Activation functions in onnxruntime's own float32 arithmetic.

Its sigmoid and its tanh clip the input, and divide two polynomials of its square. The coefficients
are facts about that runtime, from its ``mlas/lib/logistic.cpp`` and ``tanh.cpp``, which name Eigen
as their origin. Processors with a fused multiply-add round once a step, others twice; both ways are
here, the fused one first. For all codes of 400 random grids the fused way gave the values of
onnxruntime 1.32 on x86 with AVX2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Function = Callable[[Floats], Floats]

_SIGMOID_END, _TANH_END = 18.0, 9.0
_SIGMOID_ABOVE = (
    4.37031012579801e-11,
    1.15627324459942e-07,
    6.08574864600143e-05,
    8.51377133304701e-03,
    2.48287947061529e-01,
)
_SIGMOID_BELOW = (
    6.10247389755681e-13,
    5.76102136993427e-09,
    6.29106785017040e-06,
    1.70198817374094e-03,
    1.16817656904453e-01,
    9.93151921023180e-01,
)
_TANH_ABOVE = (
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_TANH_BELOW = (
    1.19825839466702e-06,
    1.18534705686654e-04,
    2.26843463243900e-03,
    4.89352518554385e-03,
)


def multiply_add(x: Floats, factor: Floats | np.float32, term: np.float32, fused: bool) -> Floats:
    """Return ``x * factor + term``, rounded once where ``fused``, otherwise twice."""
    if not fused:
        twice: Floats = (x * factor).astype(np.float32) + term
        return twice
    # The product is exact in float64.
    once = x.astype(np.float64) * np.asarray(factor, np.float64) + np.float64(term)
    return once.astype(np.float32)


def _polynomial(x: Floats, coefficients: tuple[float, ...], fused: bool) -> Floats:
    """Return the polynomial, the coefficient of the highest power first."""
    first, *rest = (np.float32(value) for value in coefficients)
    value: Floats = np.full_like(x, first)
    for coefficient in rest:
        value = multiply_add(value, x, coefficient, fused)
    return value


def _quotient(x: Floats, above: tuple[float, ...], below: tuple[float, ...], fused: bool) -> Floats:
    square: Floats = x * x
    quotient: Floats = _polynomial(square, above, fused) * x / _polynomial(square, below, fused)
    return quotient


def sigmoid(x: Floats, fused: bool = True) -> Floats:
    """Return the logistic function."""
    inside: Floats = np.clip(x, np.float32(-_SIGMOID_END), np.float32(_SIGMOID_END))
    value: Floats = _quotient(inside, _SIGMOID_ABOVE, _SIGMOID_BELOW, fused) + np.float32(0.5)
    return np.clip(value, np.float32(0), np.float32(1))


def tanh(x: Floats, fused: bool = True) -> Floats:
    """Return the hyperbolic tangent."""
    inside: Floats = np.clip(x, np.float32(-_TANH_END), np.float32(_TANH_END))
    return _quotient(inside, _TANH_ABOVE, _TANH_BELOW, fused)


def leaky_relu(x: Floats, slope: float) -> Floats:
    """Return x, or its product with the slope where it is negative."""
    value: Floats = np.where(x >= 0, x, np.float32(slope) * x).astype(np.float32)
    return value


def hard_sigmoid(x: Floats, slope: float, offset: float, fused: bool = True) -> Floats:
    """Return ``slope * x + offset`` between 0 and 1."""
    value = multiply_add(x, np.float32(slope), np.float32(offset), fused)
    return np.clip(value, np.float32(0), np.float32(1))

"""The numbers of the layer that the peers compute: seeded int8 weights, biases and inputs.

Every peer rescales by a power of two, so that the layer needs no multiplier after the sums: the
smallest one with which these outputs fit int8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Values:
    """One layer and a batch of inputs.

    Attributes
    ----------
    weight, bias : array
        Weights (outputs, inputs) in int8, biases in the scale of the sums.
    inputs, expected : array
        The batch (vectors, inputs), and what the layer makes of it (vectors, outputs).
    shift : int
        The power of two by which the sums are divided, rounding half up.
    """

    weight: np.ndarray
    bias: np.ndarray
    inputs: np.ndarray
    expected: np.ndarray
    shift: int


def make(inputs: int, outputs: int, vectors: int) -> Values:
    """Return a seeded layer with ReLU and what it computes.

    Parameters
    ----------
    inputs, outputs, vectors : int
        Sizes of the layer and of the batch.
    """
    random = np.random.default_rng(0)
    weight = random.integers(-127, 128, (outputs, inputs))
    bias = random.integers(-(2**14), 2**14, outputs)
    x = random.integers(-127, 128, (vectors, inputs))
    total = x @ weight.T + bias
    shift = max(int(np.abs(total).max()).bit_length() - 7, 1)
    rounded = (total + 2 ** (shift - 1)) >> shift
    return Values(weight, bias, x, np.clip(rounded, 0, 127), shift)

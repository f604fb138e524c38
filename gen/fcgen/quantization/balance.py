"""Values that differ in size, brought nearer to each other before they share a grid.

An input is divided by a number of its own, by the host, and the column of its weights multiplied by
it. The outputs of a layer that is linear, or ends in a ReLU, are divided in the layer's own rows,
and multiplied in the columns of the next layer. In reals the network stays as it is. In integers
the small values get more codes, and their weights fewer: how far to go is a matter of trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.model import Activation
from fcgen.numerics.real_map import RealMap
from fcgen.quantization.activation_grid import Floats
from fcgen.quantization.options import FOLD

if TYPE_CHECKING:
    from fcgen.load.model import FloatLayer, Model

SHIFTABLE = ("softmax", "log_softmax", "argmax")
"""Tails that give the same of outputs to which one number is added."""
SHARE_MIN = 2.0**-16
"""Sizes below this part of the largest are taken for it: divisors stay far inside of float32."""


@dataclass(frozen=True)
class Balance:
    """How far sizes are evened out, and which steps the grids have.

    Attributes
    ----------
    exponents : tuple of float
        Of the inputs, and of the outputs of each layer but the last: a value of size s beside the
        largest one is divided by s to this power. 0 leaves the values alone, with 1 all have one
        size.
    centred : bool
        The middle of each input's range is subtracted first.
    coarser : tuple of int
        Of the inputs and of each layer's outputs: by which power of two the steps are larger than
        the values alone would have them.
    level : bool
        What all outputs of the last layer share, the mean of their weights and biases, is left out:
        a softmax gives the same without it, and the largest output is the same one.
    """

    exponents: tuple[float, ...]
    centred: bool
    coarser: tuple[int, ...]
    level: bool = False

    @classmethod
    def none(cls, layers: int) -> Balance:
        """Return the one that changes nothing, of a network of so many layers."""
        return cls((0.0,) * layers, False, (0,) * (layers + 1))

    def note(self, errors: Sequence[float], *, probabilities: bool) -> str:
        """Return what was done, in a line.

        Parameters
        ----------
        errors : sequence of float
            Over the calibration data, with one grid for the inputs as they are, and with this.
        probabilities : bool
            They are errors of probabilities, not of other outputs.
        """
        done = [
            *(["centred"] if self.centred else []),
            *(["divided by a number of its own"] if self.exponents[0] else []),
        ]
        host = f"each is {' and '.join(done)} by the host first; " if done else ""
        shared = "what all outputs share is left out; " if self.level else ""
        what = "the probabilities" if probabilities else "the spread of the outputs"
        before, after = (f"{100 * error:.2g} %" for error in errors)
        return (
            f"input: values differ in size, and one grid for them as they are fails: {host}{shared}"
            f"sizes and steps in the network are those of least error, {after} of {what} in place "
            f"of {before}; --scaler {FOLD} leaves inputs as they are"
        )


def divisible(layer: FloatLayer) -> bool:
    """Return whether positive factors pass the layer's activation unchanged."""
    activation = layer.activation
    ends = (activation.lo, activation.hi)
    return activation.kind == "linear" and ends in ((-np.inf, np.inf), (0.0, np.inf))


def levelled(model: Model) -> bool:
    """Return whether only the differences of a model's outputs count."""
    return model.tail.kind in SHIFTABLE and model.layers[-1].activation == Activation()


def balanced(model: Model, data: Floats, balance: Balance) -> tuple[RealMap, Model]:
    """Return what the host does to inputs first, and the model of what it gives.

    Parameters
    ----------
    model : Model
        Without a scaler.
    data : ndarray of floats, shape (V, N)
        Inputs as they will be seen.
    balance : Balance
    """
    layers, steps, values = list(model.layers), [], data
    if balance.centred:
        middle = _single((data.max(axis=0) + data.min(axis=0)) / 2)
        steps.append(("subtract", middle))
        values = data - middle
        first = layers[0]
        layers[0] = replace(first, bias=first.bias + first.weight @ middle)
    if balance.exponents[0]:
        divisor = _single(_divisor(values, balance.exponents[0]))
        steps.append(("divide", divisor))
        values = values / divisor
        layers[0] = replace(layers[0], weight=layers[0].weight * divisor)
    for place, exponent in enumerate(balance.exponents[1:]):
        layer, after = layers[place : place + 2]
        values = layer(values)
        if exponent and divisible(layer):
            divisor = _divisor(values, exponent)
            column = divisor[:, np.newaxis]
            layers[place] = replace(layer, weight=layer.weight / column, bias=layer.bias / divisor)
            layers[place + 1] = replace(after, weight=after.weight * divisor)
            values = values / divisor
    if balance.level:
        last = layers[-1]
        weight, bias = last.weight - last.weight.mean(axis=0), last.bias - last.bias.mean()
        layers[-1] = replace(last, weight=weight, bias=bias)
    before = RealMap(tuple((name, operand.astype(np.float32)) for name, operand in steps))
    return before, replace(model, layers=tuple(layers))


def _divisor(values: Floats, exponent: float) -> Floats:
    """Return a divisor for each column of values; 1 for the largest, and for one of zeros."""
    sizes = np.abs(values).max(axis=0)
    largest = float(sizes.max())
    if not largest:
        return np.ones(len(sizes))
    shares: Floats = np.where(sizes > 0, np.maximum(sizes / largest, SHARE_MIN), 1.0)
    return np.power(shares, exponent)


def _single(values: Floats) -> Floats:
    """Return the nearest numbers of float32, which are those that the host has."""
    return values.astype(np.float32).astype(np.float64)

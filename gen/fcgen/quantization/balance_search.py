"""The balance of least error: tried on the calibration data, through the integers themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError
from fcgen.network.reference import trace
from fcgen.network.tail import sigmoid, softmax
from fcgen.quantization.activation_grid import Floats
from fcgen.quantization.balance import SHIFTABLE, Balance, divisible, levelled

if TYPE_CHECKING:
    from fcgen.load.model import Model
    from fcgen.network.network import Network

EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
COARSER = (1, 0, -1, -2, -3)
ROUNDS = 3
PROBABILITY_MAX = 0.01
"""Mean error of probabilities from which a network counts as one that its grids fail.

Networks of inputs of one size have a fifth of it with 8 bits; breast cancer and wine as they come,
without a scaler, have three to forty times as much.
"""
REALS_MAX = 0.1
"""The same of other outputs: the root mean square error, as a part of how far they spread."""
VECTORS_MAX = 1024
WORK_MAX = 1 << 33
"""Products of a weight and a vector in all trials together."""
TRIALS = (12, 200)
"""Least and largest number of trials, whatever the work."""


@dataclass
class Search:
    """Trials of balances.

    Attributes
    ----------
    model : Model
    data : ndarray of floats, shape (V, N)
        Inputs that are tried.
    make : callable
        Gives the network of a balance.
    """

    model: Model
    data: Floats
    make: Callable[[Balance], Network]
    _wanted: Floats = field(init=False)
    _errors: dict[Balance, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._wanted = self.model.forward(self.data)

    def error_of(self, network: Network) -> float:
        """Return the error of a network's answers."""
        assert network.scores is not None, "the quantiser knows what outputs are worth"
        codes, _ = network.quantize(self.data)
        found = network.scores(trace(network, codes)[-1]).astype(np.float64)
        return answer_error(self.model.tail.kind, found, self._wanted)

    def fails(self, network: Network) -> bool:
        """Return whether a network is so far from its model that its grids are to blame."""
        limit = PROBABILITY_MAX if self.of_probabilities else REALS_MAX
        return self.error_of(network) > limit

    @property
    def of_probabilities(self) -> bool:
        """Whether errors are those of probabilities."""
        return _probabilities(self.model.tail.kind) is not None

    def best(self) -> Balance:
        """Return the best balance that was found, one part changed after the other.

        The same model and data always give the same one.
        """
        layers = self.model.layers
        best = replace(Balance.none(len(layers)), level=levelled(self.model))
        weights = sum(layer.weight.size for layer in layers)
        left = int(np.clip(WORK_MAX // (weights * len(self.data)), *TRIALS))
        for _ in range(ROUNDS):
            begun = best
            for choices in self._choices():
                # All of a part are beside the same others, whichever is the best so far.
                for other in [choice(best) for choice in choices]:
                    if other not in self._errors and len(self._errors) >= left:
                        return best
                    if self._error(other) < self._error(best):
                        best = other
            if best == begun:
                break
        return best

    def _error(self, balance: Balance) -> float:
        if balance not in self._errors:
            try:
                self._errors[balance] = self.error_of(self.make(balance))
            except InputError:
                # No constants hold these scales.
                self._errors[balance] = np.inf
        return self._errors[balance]

    def _choices(self) -> Iterator[list[Callable[[Balance], Balance]]]:
        """Give what each part of a balance can be: the inputs, the layers, and the steps."""
        yield [_inputs(exponent, centred) for exponent in EXPONENTS for centred in (False, True)]
        layers = self.model.layers
        for place, layer in enumerate(layers[:-1], 1):
            if divisible(layer):
                yield [_exponent(place, exponent) for exponent in EXPONENTS]
        yield [_step(0, step) for step in COARSER]
        for place, layer in enumerate(layers, 1):
            # What has a range of its own has the grid of that range.
            if not np.isfinite(layer.activation.reach).all():
                yield [_step(place, step) for step in COARSER]


def _inputs(exponent: float, centred: bool) -> Callable[[Balance], Balance]:
    def change(balance: Balance) -> Balance:
        exponents = (exponent, *balance.exponents[1:])
        return replace(balance, exponents=exponents, centred=centred)

    return change


def _exponent(place: int, exponent: float) -> Callable[[Balance], Balance]:
    def change(balance: Balance) -> Balance:
        exponents = (*balance.exponents[:place], exponent, *balance.exponents[place + 1 :])
        return replace(balance, exponents=exponents)

    return change


def _step(place: int, step: int) -> Callable[[Balance], Balance]:
    def change(balance: Balance) -> Balance:
        coarser = (*balance.coarser[:place], step, *balance.coarser[place + 1 :])
        return replace(balance, coarser=coarser)

    return change


def answer_error(tail: str, found: Floats, wanted: Floats) -> float:
    """Return how far outputs are from those that are wanted, as the source's tail sees them.

    Parameters
    ----------
    tail : str
        One of `fcgen.network.tail.TAILS`.
    found, wanted : ndarray of floats, shape (V, M)
        Outputs of the last layer.

    Returns
    -------
    float
        Of probabilities the mean of what is given to wrong classes; of other outputs the root mean
        square difference, as a part of the standard deviation of ``wanted``.
    """
    function = _probabilities(tail)
    if function is None:
        spread = float(wanted.std()) or 1.0
        return float(np.sqrt(np.mean(np.square(found - wanted)))) / spread
    off = np.abs(function(found) - function(wanted))
    # A share that one class has too much, another has too little.
    return float(off.sum(axis=1).mean()) / 2 if function is softmax else float(off.mean())


def _probabilities(tail: str) -> Callable[[Floats], npt.NDArray[np.float64]] | None:
    """Return what makes probabilities of outputs; None where nothing says that they are any."""
    if tail in SHIFTABLE:
        return softmax
    return sigmoid if tail in ("sigmoid", "two_classes") else None


def sampled_vectors(data: Floats) -> Floats:
    """Return the vectors that are tried: all, or every so many of them."""
    return data[:: -(-len(data) // VECTORS_MAX)]

"""The layers that a chain of linear and elementwise operations makes, folded as it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fcgen.model import Activation, FloatLayer, Floats

LINEAR = Activation()


@np.errstate(all="ignore")  # what is not finite is refused by the layer that takes it
def batch_norm(
    gamma: Floats, beta: Floats, mean: Floats, variance: Floats, epsilon: float
) -> tuple[Floats, Floats]:
    """Return the gain and the offset of a normalization with constant statistics."""
    gain = gamma / np.sqrt(variance + epsilon)
    return gain, beta - mean * gain


@dataclass
class Chain:
    """Builds layers, one operation of the file at a time.

    What stands before a dense operation (a permutation, a gain and an offset for each feature) is
    folded into its weights; so is what follows it, up to its activation.

    Parameters
    ----------
    features : int
        Of the model's input.
    """

    features: int
    layers: list[FloatLayer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = False  # the last layer still takes what follows into its weights
        self._begin(self.features)

    def _begin(self, features: int) -> None:
        self.features = features
        self._place = np.arange(features)
        self._gain = np.ones(features)
        self._offset = np.zeros(features)

    @property
    def pending(self) -> bool:
        """Whether something waits for a dense operation to be folded into."""
        return bool(
            (self._place != np.arange(self.features)).any()
            or (self._gain != 1).any()
            or self._offset.any()
        )

    def dense(self, name: str, weight: Floats, bias: Floats) -> None:
        """Add ``weight · x + bias``, weight (M, N)."""
        folded = np.zeros((len(weight), self._width))
        folded[:, self._place] = weight * self._gain
        self.layers.append(FloatLayer(name, folded, bias + weight @ self._offset))
        self._open = True
        self._begin(len(weight))

    @property
    def _width(self) -> int:
        return len(self._place)

    def affine(self, gain: Floats, offset: Floats) -> None:
        """Multiply each feature and add to it."""
        if self._open:
            last = self.layers[-1]
            weight, bias = last.weight * gain[:, None], last.bias * gain + offset
            self.layers[-1] = FloatLayer(last.name, weight, bias)
            return
        self._gain = self._gain * gain
        self._offset = self._offset * gain + offset

    def permute(self, order: np.ndarray) -> None:
        """Let feature i be what was feature ``order[i]``."""
        if self._open:
            last = self.layers[-1]
            self.layers[-1] = FloatLayer(last.name, last.weight[order], last.bias[order])
            return
        self._place, self._gain = self._place[order], self._gain[order]
        self._offset = self._offset[order]

    def activate(self, activation: Activation) -> bool:
        """Apply an activation; say whether there is a layer that takes it."""
        if not self.layers or self.pending:
            return False
        last = self.layers[-1]
        if self._open:
            chosen = activation
        elif activation.kind == "linear":
            chosen = last.activation.bounded(activation.lo, activation.hi)
        else:
            return False
        self.layers[-1] = FloatLayer(last.name, last.weight, last.bias, chosen)
        self._open = False
        return True

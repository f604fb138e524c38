"""Chains of linear and elementwise operations, folded into dense layers while they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fcgen.load.model import Activation, FloatLayer, Floats, NodeReport, Scaler

LINEAR = Activation()


@np.errstate(all="ignore")  # what is not finite is refused by the layer that takes it
def batch_norm(
    gamma: Floats, beta: Floats, mean: Floats, variance: Floats, epsilon: float
) -> tuple[Floats, Floats]:
    """Return the gain and the offset of a normalization with constant statistics."""
    gain = gamma / np.sqrt(variance + epsilon)
    return gain, beta - mean * gain


Steps = Sequence[tuple[str, Floats]]
"""Names of `fcgen.numerics.float_operations.OPERATIONS` and right operands, of shape () or (N,)."""
NEUTRAL = {"add": 0.0, "subtract": 0.0, "multiply": 1.0, "divide": 1.0}
SCALES_INPUTS = "before layer 1: the host's, or folded into its weights"
FOLDED = "folded into weights and bias"


@dataclass
class Chain:
    """Builds layers, one operation of the source at a time.

    A permutation, a gain and an offset before a dense operation are folded into its weights; so is
    what follows it, up to its activation. Gains and offsets before the first dense operation are
    kept apart as well, step by step, for a host that applies them itself.

    Parameters
    ----------
    features : int
        Number of features of the model's input.
    """

    features: int
    layers: list[FloatLayer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = False  # the last layer still takes what follows into its weights
        self._steps: list[tuple[str, Floats]] = []
        self._unscaled: FloatLayer | None = None  # the first layer, without these steps
        self._begin(self.features)

    def _begin(self, features: int) -> None:
        self.features = features
        self._place = np.arange(features)
        self._gain = np.ones(features)
        self._offset = np.zeros(features)

    @property
    def pending(self) -> bool:
        """Whether an operation still waits for a dense operation that takes it up."""
        return bool(
            (self._place != np.arange(self.features)).any()
            or (self._gain != 1).any()
            or self._offset.any()
        )

    @property
    def scaler(self) -> Scaler | None:
        """What is done to the inputs before the first layer, where it differs between inputs."""
        if self._unscaled is None or all(operand.ndim == 0 for _, operand in self._steps):
            return None
        return Scaler(tuple(self._steps), self._unscaled)

    def settled(self, reports: Iterable[NodeReport]) -> tuple[NodeReport, ...]:
        """Return the final reports: what scales all inputs alike counts as folded."""
        if self.scaler is not None:
            return tuple(reports)
        return tuple(
            replace(report, became=FOLDED) if report.became == SCALES_INPUTS else report
            for report in reports
        )

    def dense(self, name: str, weight: Floats, bias: Floats) -> None:
        """Add ``weight · x + bias``, weight (M, N)."""
        folded = np.zeros((len(weight), self._width))
        folded[:, self._place] = weight * self._gain
        if not self.layers and self._steps:
            unscaled = np.zeros_like(folded)
            unscaled[:, self._place] = weight
            self._unscaled = FloatLayer(name, unscaled, bias)
        self.layers.append(FloatLayer(name, folded, bias + weight @ self._offset))
        self._open = True
        self._begin(len(weight))

    @property
    def _width(self) -> int:
        return len(self._place)

    def affine(self, gain: Floats, offset: Floats, steps: Steps = ()) -> str:
        """Multiply each feature by a gain and add an offset; return what became of that.

        ``steps`` are the source's own operations, where they are not this product and this sum.
        """
        if self._open:

            def scaled(last: FloatLayer) -> FloatLayer:
                weight, bias = last.weight * gain[:, None], last.bias * gain + offset
                return FloatLayer(last.name, weight, bias)

            self._revise(scaled)
            return FOLDED
        self._gain = self._gain * gain
        self._offset = self._offset * gain + offset
        if self.layers:
            return FOLDED
        for name, operand in steps or (("multiply", gain), ("add", offset)):
            if (operand != NEUTRAL[name]).any():
                self._steps.append((name, self._of_inputs(np.asarray(operand, np.float64))))
        return SCALES_INPUTS

    def _of_inputs(self, operand: Floats) -> Floats:
        """Return a scalar if all numbers are equal, else one for each input, in input order."""
        if (operand == operand.flat[0]).all():
            return np.array(operand.flat[0])
        ordered = np.empty_like(operand)
        ordered[self._place] = operand
        return ordered

    def _revise(self, change: Callable[[FloatLayer], FloatLayer]) -> None:
        """Change the last layer."""
        self.layers[-1] = change(self.layers[-1])
        if len(self.layers) == 1 and self._unscaled is not None:
            self._unscaled = change(self._unscaled)

    def permute(self, order: np.ndarray) -> None:
        """Let feature i be what was feature ``order[i]``."""
        if self._open:
            self._revise(lambda last: FloatLayer(last.name, last.weight[order], last.bias[order]))
            return
        self._place, self._gain = self._place[order], self._gain[order]
        self._offset = self._offset[order]

    def activate(self, activation: Activation) -> bool:
        """Apply an activation; return whether there is a layer that takes it."""
        if not self.layers or self.pending:
            return False
        last = self.layers[-1]
        if self._open:
            chosen = activation
        elif activation.kind == "linear":
            chosen = last.activation.bounded(activation.lo, activation.hi)
        else:
            return False
        self._revise(lambda layer: FloatLayer(layer.name, layer.weight, layer.bias, chosen))
        self._open = False
        return True

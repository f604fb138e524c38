"""The model as read: a chain of dense layers with real weights, and a report of each node.

Importers return a `Model`; the quantiser makes a network of integers of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.network.tail import NO_TAIL, Tail
from fcgen.numerics.validation import check_sizes

Floats = npt.NDArray[np.float64]

UNARY = ("linear", "leaky_relu", "sigmoid", "tanh")


@dataclass(frozen=True)
class Activation:
    """The activation of a layer, a function of each sum.

    Attributes
    ----------
    kind : str
        One of `UNARY`; ``linear`` with bounds is ReLU, ReLU6 and Clip.
    lo, hi : float
        Bounds of the result.
    slope : float
        Slope of a leaky ReLU below zero.
    """

    kind: str = "linear"
    lo: float = -np.inf
    hi: float = np.inf
    slope: float = 0.0

    def __call__(self, values: Floats) -> Floats:
        """Return the activations of sums."""
        result = values
        if self.kind == "leaky_relu":
            result = np.where(values < 0, self.slope * values, values)
        elif self.kind == "sigmoid":
            # The exponent is never positive, so that nothing overflows.
            small = np.exp(-np.abs(values))
            result = np.where(values < 0, small, 1.0) / (1.0 + small)
        elif self.kind == "tanh":
            result = np.tanh(values)
        return np.clip(result, self.lo, self.hi)

    @property
    def reach(self) -> tuple[float, float]:
        """Bounds of the result, those of the function itself included."""
        ends = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}.get(self.kind, (-np.inf, np.inf))
        lo, hi = (float(np.clip(end, self.lo, self.hi)) for end in ends)
        return lo, hi

    @property
    def name(self) -> str:
        """Printed name; empty for no activation."""
        if self.kind != "linear":
            return self.kind
        if (self.lo, self.hi) == (-np.inf, np.inf):
            return ""
        if self.lo == 0:
            return "relu" if self.hi == np.inf else f"relu{self.hi:g}"
        return f"clip {self.lo:g} to {self.hi:g}"

    def bounded(self, lo: float, hi: float) -> "Activation":
        """Return the activation with its result clipped."""
        # Where the ranges do not overlap, the second clip decides.
        new_lo = min(max(self.lo, lo), hi)
        return Activation(self.kind, new_lo, max(min(self.hi, hi), new_lo), self.slope)


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """``activation(weight · x + bias)``.

    Attributes
    ----------
    name : str
    weight : ndarray of float64, shape (M, N), read-only
    bias : ndarray of float64, shape (M,), read-only
    activation : Activation
    """

    name: str
    weight: Floats
    bias: Floats
    activation: Activation = Activation()

    def __post_init__(self) -> None:
        for field, rank in (("weight", 2), ("bias", 1)):
            array = np.array(getattr(self, field), np.float64)
            if array.ndim != rank:
                rule = f"must have {rank} dimensions"
                raise bad_input(f"{self.name}: {field}", f"shape {array.shape}", rule, "reshape it")
            if not np.isfinite(array).all():
                where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
                found = f"{array[where]} at {where}"
                remedy = "remove NaN and infinity"
                raise bad_input(f"{self.name}: {field}", found, "must be finite", remedy)
            array.flags.writeable = False
            object.__setattr__(self, field, array)
        check_sizes((self.inputs,), self.outputs, self.name)
        if self.bias.shape != (self.outputs,):
            found = f"shape {self.bias.shape}"
            raise bad_input(f"{self.name}: bias", found, f"must have {self.outputs}", "correct it")

    @property
    def weights(self) -> int:
        """Number of weights."""
        return int(self.weight.size)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return int(self.weight.size + self.bias.size)

    @property
    def inputs(self) -> int:
        """Number of inputs N."""
        return int(self.weight.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return int(self.weight.shape[0])

    def __call__(self, x: Floats) -> Floats:
        """Return the outputs, (V, M), of vectors (V, N)."""
        return self.activation(self.sums(x))

    def sums(self, x: Floats) -> Floats:
        """Return the inputs of the activation, (V, M)."""
        return x @ self.weight.T + self.bias


@dataclass(frozen=True, eq=False)
class Scaler:
    """The scaling of each input by itself before the first layer of a model.

    Attributes
    ----------
    steps : tuple of (str, ndarray of float64)
        Names of `fcgen.numerics.float_operations.OPERATIONS` and right operands, of shape () for
        all inputs, or (N,) in the order of the model's input.
    layer : FloatLayer
        The first layer, whose inputs are the results of the steps.
    """

    steps: tuple[tuple[str, Floats], ...]
    layer: FloatLayer


@dataclass(frozen=True)
class NodeReport:
    """What became of a node of the file.

    Attributes
    ----------
    kind, name : str
        As the file has them.
    became : str
        Printed text: a layer, folded into one, a constant.
    """

    kind: str
    name: str
    became: str


@dataclass(frozen=True, eq=False)
class Model:
    """Dense layers in a chain, as read from a file.

    Attributes
    ----------
    name : str
        Name of the file without its suffix, or of the object's class.
    format : str
        Printed name of the format, such as "ONNX, float".
    input_name : str
    input_shape : tuple of int
        (N,) or three sizes, flattened in C order as the file's own runtime does.
    layers : tuple of FloatLayer
    tail : Tail
        What the file does with the outputs of the last layer.
    nodes : tuple of NodeReport
    shape : tuple of int
        Of one input of the file, where it has another rank than 1 and 3; else empty.
    scaler : Scaler, optional
        Scaling of the inputs, where it differs between them. The weights of the first of
        ``layers`` contain it too.
    """

    name: str
    format: str
    input_name: str
    input_shape: tuple[int, ...]
    layers: tuple[FloatLayer, ...]
    tail: Tail = NO_TAIL
    nodes: tuple[NodeReport, ...] = ()
    shape: tuple[int, ...] = ()
    scaler: Scaler | None = None

    def __post_init__(self) -> None:
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.name, self.format, rule, "give a model with at least one")
        sizes = [int(np.prod(self.input_shape)), *(layer.outputs for layer in self.layers)]
        for before, layer in zip(sizes, self.layers, strict=False):
            if layer.inputs != before:
                rule = f"the layer before gives {before}"
                raise bad_input(layer.name, f"{layer.inputs} inputs", rule, "correct the model")

    def forward(self, x: npt.NDArray[Any]) -> Floats:
        """Return the outputs of the last layer, before the tail, float64 (V, M)."""
        return self.trace(x)[-1]

    def trace(self, x: npt.NDArray[Any]) -> list[Floats]:
        """Return the outputs of every layer, float64 (V, M) each.

        Parameters
        ----------
        x : ndarray of floats, shape (V, N) or (V, *input_shape)
        """
        values = np.asarray(x, np.float64).reshape(len(x), -1)
        found = []
        for layer in self.layers:
            values = layer(values)
            found.append(values)
        return found

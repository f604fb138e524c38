"""Keras's layers as nodes of a chain: what each class of layer computes."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from fcgen.load.chain import batch_norm
from fcgen.load.keras.config import Layer
from fcgen.load.keras.weights import Weights
from fcgen.load.model import Activation, Floats
from fcgen.load.nodes import RELU, RELU6, Affine, Dense, Ending, Node, Operation, Order

ACTIVATIONS: dict[str, Operation] = {
    "linear": None,
    "relu": RELU,
    "relu6": RELU6,
    "leaky_relu": Activation("leaky_relu", slope=0.2),
    "hard_tanh": Activation(lo=-1.0, hi=1.0),
    "sigmoid": Activation("sigmoid"),
    "tanh": Activation("tanh"),
    "softmax": Ending("softmax"),
    "log_softmax": Ending("log_softmax"),
}
SAME = (
    *("InputLayer", "Identity", "ActivityRegularization", "GaussianNoise", "GaussianDropout"),
    *("Dropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
"""Layers that change nothing in inference."""
DEVIATION_MIN = 1e-7
"""Least deviation by which Keras's Normalization divides."""
Shape = tuple[int, ...]
_REPLACE = "remove it, or replace it by dense layers"


class KerasLayers:
    """Walks the layers of a model from its input.

    Parameters
    ----------
    weights : Weights
    shape : tuple of int
        Shape of the current values, without the batch.
    """

    def __init__(self, weights: Weights, shape: tuple[int, ...]) -> None:
        self.weights, self.shape = weights, shape

    def nodes(self, layers: Iterable[Layer]) -> Iterator[Node]:
        """Yield what each layer computes.

        Raises
        ------
        InputError
            One line with the layer, for one that is not supported.
        """
        for layer in layers:
            if layer.kind not in HANDLERS:
                code = layer.kind == "Lambda"
                rule = "holds code, which is never run" if code else "is not supported"
                raise layer.refuse(rule, _REPLACE)
            yield Node(layer.kind, layer.name, HANDLERS[layer.kind](self, layer))
            word = layer.config.get("activation") if layer.kind == "Dense" else "linear"
            if word != "linear":
                yield Node(str(word), layer.name, self.activation(layer))

    def dense(self, layer: Layer) -> Operation:
        """Take a product with a kernel (N, M)."""
        mode = _quantised(layer.config.get("dtype"))
        if mode:
            rule = f"was quantised by Keras ({mode}), whose codes are not read"
            raise layer.refuse(rule, "save the model before quantize(), and fcgen quantises it")
        names = ("kernel", "bias") if layer.config["use_bias"] else ("kernel",)
        kernel, *bias = self.weights.read(layer.place, names)
        if math.prod(self.shape[:-1]) != 1 or kernel.ndim != 2 or len(kernel) != self.shape[-1]:
            rule = f"a kernel of shape {kernel.shape} on an input of shape {self.shape} is no layer"
            raise layer.refuse(rule, "flatten the input before it")
        self.shape = (*self.shape[:-1], kernel.shape[1])
        return Dense(kernel.T, *bias)

    def activation(self, layer: Layer) -> Operation:
        """Take an activation that is named by a word."""
        given = layer.config["activation"]
        word = given.get("class_name") if isinstance(given, dict) else given
        if not isinstance(given, str) or word not in ACTIVATIONS:
            rule = f"its activation {word} is not supported"
            raise layer.refuse(rule, f"use one of {', '.join(ACTIVATIONS)}")
        if isinstance(ACTIVATIONS[word], Ending) and math.prod(self.shape[:-1]) != 1:
            raise layer.refuse(f"is not over all of {self.shape}", "flatten the input before it")
        return ACTIVATIONS[word]

    def relu(self, layer: Layer) -> Operation:
        """Take a ReLU with an upper bound or a slope."""
        if layer.config.get("threshold"):
            raise layer.refuse("its threshold must be 0", _REPLACE)
        slope = float(layer.config.get("negative_slope") or 0)
        top = layer.config.get("max_value")
        hi = np.inf if top is None else float(top)
        return Activation("leaky_relu", hi=hi, slope=slope) if slope else Activation(lo=0.0, hi=hi)

    def leaky_relu(self, layer: Layer) -> Operation:
        """Take a leaky ReLU; before Keras 3 the slope was called alpha."""
        config = layer.config
        slope = config["negative_slope"] if "negative_slope" in config else config["alpha"]
        return Activation("leaky_relu", slope=float(slope))

    def softmax(self, layer: Layer) -> Operation:
        """Take a softmax over all features."""
        axis = layer.config.get("axis", -1)
        if axis not in (-1, len(self.shape)) or math.prod(self.shape[:-1]) != 1:
            raise layer.refuse(f"axis {axis} is not all of {self.shape}", "flatten the input")
        return Ending("softmax")

    def affine(self, layer: Layer) -> Operation:
        """Take a scale and a shift of each feature."""
        return AFFINE[layer.kind](self.weights, self.shape, layer)

    def flatten(self, layer: Layer) -> Operation:
        """Take a flattening, channels last whatever the order before."""
        places = np.arange(math.prod(self.shape)).reshape(self.shape)
        self.shape = (places.size,)
        if layer.config.get("data_format") == "channels_first" and places.ndim > 1:
            return Order(np.moveaxis(places, 0, -1).reshape(-1))
        return None

    def reshape(self, layer: Layer) -> Operation:
        """Take another shape of the same order."""
        self.shape = np.empty(self.shape, np.bool_).reshape(layer.config["target_shape"]).shape
        return None

    def permute(self, layer: Layer) -> Operation:
        """Take another order of the dimensions, counted from 1."""
        places = np.arange(math.prod(self.shape)).reshape(self.shape)
        places = places.transpose([size - 1 for size in layer.config["dims"]])
        self.shape = places.shape
        return Order(places.reshape(-1))


def _quantised(policy: Any) -> str:
    """Return the mode of a dtype policy of Keras's own quantisation; empty of another policy."""
    config = policy.get("config") if isinstance(policy, dict) else None
    mode = config.get("mode") if isinstance(config, dict) else None
    return mode if isinstance(mode, str) else ""


def rescaling(weights: Weights, shape: Shape, layer: Layer) -> Affine:
    """Take a scale and an offset, for all or along the last dimensions."""
    return _affine(shape, *(_numbers(layer.config[key]) for key in ("scale", "offset")))


def batch_normalization(weights: Weights, shape: Shape, layer: Layer) -> Affine:
    """Take a normalization by the statistics of the training."""
    config = layer.config
    given = [name for name, key in (("gamma", "scale"), ("beta", "center")) if config[key]]
    names = (*given, "moving_mean", "moving_variance")
    found = dict(zip(names, weights.read(layer.place, names), strict=True))
    mean, variance = found["moving_mean"], found["moving_variance"]
    gamma, beta = found.get("gamma", np.ones_like(mean)), found.get("beta", 0 * mean)
    pair = batch_norm(gamma, beta, mean, variance, float(config["epsilon"]))
    return _affine(shape, *(_along(shape, value, config["axis"]) for value in pair))


@np.errstate(all="ignore")  # what is not finite is refused by the layer that takes it
def normalization(weights: Weights, shape: Shape, layer: Layer) -> Affine:
    """Take a normalization by given or by learnt statistics, or its inverse."""
    config = layer.config
    if config.get("mean") is not None:
        found = [_numbers(config["mean"]), _numbers(config["variance"])]
    else:
        found = weights.read(layer.place, ("mean", "variance"), unread=("count",))
    mean, variance = (_along(shape, value, config["axis"]) for value in found)
    deviation = np.maximum(np.sqrt(variance), DEVIATION_MIN)
    if config.get("invert"):
        return _affine(shape, deviation, mean)
    gain, offset, _ = _affine(shape, 1 / deviation, -mean / deviation)
    shift, divisor = (np.broadcast_to(value, shape).reshape(-1) for value in (mean, deviation))
    return Affine(gain, offset, (("subtract", shift), ("divide", divisor)))


def _along(shape: Shape, values: Floats, axis: Any) -> Floats:
    """Return values of some dimensions, which count the batch, as ones of all."""
    axes = [] if axis is None else axis if isinstance(axis, list) else [axis]
    kept = {place % (len(shape) + 1) - 1 for place in axes}
    spread = np.broadcast_to(values, [size for place, size in enumerate(shape) if place in kept])
    return spread.reshape([size if place in kept else 1 for place, size in enumerate(shape)])


def _affine(shape: Shape, gain: Floats, offset: Floats) -> Affine:
    spread = [np.broadcast_to(value, shape).reshape(-1) for value in (gain, offset)]
    return Affine(spread[0], spread[1])


def _numbers(value: Any) -> Floats:
    """Return numbers of a configuration, which may be wrapped as an array."""
    return np.asarray(value["config"]["value"] if isinstance(value, dict) else value, np.float64)


AFFINE: dict[str, Callable[[Weights, Shape, Layer], Affine]] = {
    "Rescaling": rescaling,
    "BatchNormalization": batch_normalization,
    "Normalization": normalization,
}
HANDLERS: dict[str, Callable[[KerasLayers, Layer], Operation]] = {
    **dict.fromkeys(SAME, lambda walk, layer: None),
    "Dense": KerasLayers.dense,
    "Activation": KerasLayers.activation,
    "ReLU": KerasLayers.relu,
    "LeakyReLU": KerasLayers.leaky_relu,
    "Softmax": KerasLayers.softmax,
    "Flatten": KerasLayers.flatten,
    "Reshape": KerasLayers.reshape,
    "Permute": KerasLayers.permute,
    **dict.fromkeys(AFFINE, KerasLayers.affine),
}

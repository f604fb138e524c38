"""Keras's layers that scale and shift each feature."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fcgen.load.chain import batch_norm
from fcgen.load.keras.config import Layer
from fcgen.load.keras.weights import Weights
from fcgen.load.model import Floats
from fcgen.load.steps import Affine

DEVIATION_MIN = 1e-7
"""Below which Keras's Normalization does not divide."""
Shape = tuple[int, ...]


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

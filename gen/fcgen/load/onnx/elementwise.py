"""Operations of ONNX on each feature alone, and those that move features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.chain import batch_norm
from fcgen.load.model import Activation
from fcgen.load.onnx.graph import FLOATS, Array
from fcgen.load.onnx.walk import FloatWalk

if TYPE_CHECKING:
    import onnx


def same_order(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take an operation that leaves all values where they are in memory."""
    if node.op_type == "Cast" and walk.attribute(node, "to", 1) not in FLOATS:
        rule = "only casts to floats are supported between layers"
        raise walk.refuse(node, rule, "remove it")
    walk.shape = walk.infer(node)
    return "a new shape, the same order"


def transpose(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a change of the order of dimensions."""
    order = walk.attribute(node, "perm", list(reversed(range(len(walk.shape)))))
    places = np.arange(np.prod(walk.shape)).reshape(walk.shape).transpose(order)
    walk.shape = places.shape
    walk.chain.permute(places.reshape(-1))
    return "folded into weights: another order of the features"


def _elementwise(walk: FloatWalk, node: onnx.NodeProto) -> tuple[Array, bool]:
    """Return the constant operand, and whether it stands on the left."""
    right, left = walk.constant(node, 1), walk.constant(node, 0)
    constant = left if right is None else right
    assert constant is not None
    return walk.spread(node, constant), right is None


def add(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take an addition of a constant."""
    value, _ = _elementwise(walk, node)
    return walk.chain.affine(np.ones_like(value), value)


def subtract(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a subtraction, the constant on either side."""
    value, left = _elementwise(walk, node)
    sign = np.ones_like(value)
    if left:
        # c - x and (-x) + c are the same in float32.
        return walk.chain.affine(-sign, value)
    return walk.chain.affine(sign, -value, [("subtract", value)])


def multiply(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a product with a constant for each feature."""
    value, _ = _elementwise(walk, node)
    return walk.chain.affine(value, np.zeros_like(value))


def divide(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a division by a constant for each feature."""
    value, left = _elementwise(walk, node)
    if left:
        rule = "divides a constant by the values, which is not linear"
        raise walk.refuse(node, rule, "remove it")
    if not value.all():
        raise walk.refuse(node, "divides by zero", "correct the model")
    return walk.chain.affine(1 / value, np.zeros_like(value), [("divide", value)])


def negate(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a change of sign."""
    ones = np.ones(int(np.prod(walk.shape)))
    return walk.chain.affine(-ones, 0 * ones)


def scaler(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a scaler of ``ai.onnx.ml``: ``(x - offset) * scale``, one of each, or one a feature."""
    features = int(np.prod(walk.shape))
    found = [np.asarray(walk.attribute(node, name, [])) for name in ("offset", "scale")]
    if any(value.size not in (1, features) for value in found):
        rule = f"needs an offset and a scale, or {features} of each"
        raise walk.refuse(node, rule, "export the model again")
    offset, scale = (np.broadcast_to(value.astype(np.float64), features) for value in found)
    steps = [("subtract", offset), ("multiply", scale)]
    return walk.chain.affine(scale, -offset * scale, steps)


def batch_normalization(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a normalization with constant statistics."""
    found = [walk.constant(node, place) for place in range(1, 5)]
    if any(value is None or value.size != walk.shape[1] for value in found):
        rule = f"needs four constants of {walk.shape[1]} values"
        raise walk.refuse(node, rule, "export the model for inference")
    epsilon = walk.attribute(node, "epsilon", 1e-5)
    gamma, beta, mean, variance = (np.asarray(v, np.float64).reshape(-1) for v in found)
    if (variance + epsilon <= 0).any():
        raise walk.refuse(node, "has a negative variance", "correct the model")
    sizes = (1, -1, *(1 for _ in walk.shape[2:]))
    gains, offsets = (
        np.broadcast_to(value.reshape(sizes), walk.shape).reshape(-1)
        for value in batch_norm(gamma, beta, mean, variance, epsilon)
    )
    return walk.chain.affine(gains, offsets)


def _activate(walk: FloatWalk, node: onnx.NodeProto, activation: Activation) -> str:
    if not walk.chain.activate(activation):
        rule = "an activation must follow a dense layer"
        raise walk.refuse(node, rule, "put a dense layer before it")
    return f"activation of layer {len(walk.chain.layers)}"


def relu(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a ReLU."""
    return _activate(walk, node, Activation(lo=0.0))


def leaky_relu(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a leaky ReLU."""
    slope = float(walk.attribute(node, "alpha", 0.01))
    return _activate(walk, node, Activation("leaky_relu", slope=slope))


def sigmoid(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a sigmoid."""
    return _activate(walk, node, Activation("sigmoid"))


def tanh(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a hyperbolic tangent."""
    return _activate(walk, node, Activation("tanh"))


def prelu(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a leaky ReLU whose slope is a constant, one for all."""
    slopes = walk.constant(node, 1)
    if slopes is None or not slopes.size or (slopes != slopes.reshape(-1)[0]).any():
        rule = "needs one constant slope for all"
        raise walk.refuse(node, rule, "replace it by a LeakyRelu")
    slope = float(slopes.reshape(-1)[0])
    return _activate(walk, node, Activation("leaky_relu", slope=slope))


def hard_sigmoid(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a line between 0 and 1."""
    slope, offset = (
        float(walk.attribute(node, name, default))
        for name, default in (("alpha", 0.2), ("beta", 0.5))
    )
    ones = np.ones(int(np.prod(walk.shape)))
    walk.chain.affine(slope * ones, offset * ones)
    return _activate(walk, node, Activation(lo=0.0, hi=1.0))


def bound(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a maximum or a minimum of what runs and one constant."""
    constants = [walk.constants[name] for name in node.input if name in walk.constants]
    if len(node.input) != 2 or len(constants) != 1 or constants[0].size != 1:
        rule = "needs what runs and one constant number"
        raise walk.refuse(node, rule, "replace it by a Clip")
    value = float(constants[0].reshape(-1)[0])
    if node.op_type == "Max":
        return _activate(walk, node, Activation(lo=value))
    return _activate(walk, node, Activation(hi=value))


def clip(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a clip with constant bounds."""
    bounds = []
    for place, name, default in ((1, "min", -np.inf), (2, "max", np.inf)):
        value = walk.constant(node, place)
        if value is None and place < len(node.input) and node.input[place]:
            raise walk.refuse(node, f"its {name} must be a constant", "fix it")
        given = walk.attribute(node, name, default) if value is None else value
        bounds.append(float(np.asarray(given).reshape(-1)[0]))
    if not bounds[0] <= bounds[1]:
        raise walk.refuse(node, f"clips to {bounds}", "correct the bounds")
    return _activate(walk, node, Activation(lo=bounds[0], hi=bounds[1]))

"""Dense operations of ONNX: what multiplies all features by a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.model_file import ELEMENTS_MAX
from fcgen.load.onnx.graph import Array
from fcgen.load.onnx.walk import FloatWalk

if TYPE_CHECKING:
    import onnx


def matmul(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a product with a constant matrix on either side."""
    right = walk.constant(node, 1)
    if right is not None:
        rows = int(np.prod(walk.shape[:-1]))
        matrix = _matrix(walk, node, right)
        if rows != 1 or matrix.shape[0] != walk.shape[-1]:
            raise _not_dense(walk, node, right.shape)
        walk.shape = (*walk.shape[:-1], matrix.shape[1])
        return _dense(walk, node, matrix.T, np.zeros(matrix.shape[1]))
    left = walk.constant(node, 0)
    assert left is not None
    matrix = _matrix(walk, node, left)
    if len(walk.shape) < 2 or walk.shape[-1] != 1 or matrix.shape[1] != walk.shape[-2]:
        raise _not_dense(walk, node, left.shape)
    walk.shape = (*walk.shape[:-2], matrix.shape[0], 1)
    return _dense(walk, node, matrix, np.zeros(len(matrix)))


def gemm(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a general product, with all its attributes."""
    alpha, beta = walk.attribute(node, "alpha", 1.0), walk.attribute(node, "beta", 1.0)
    turned = [walk.attribute(node, name, 0) for name in ("transA", "transB")]
    left, right, added = (walk.constant(node, place) for place in range(3))
    if len(node.input) > 2 and node.input[2] and added is None:
        raise walk.refuse(node, "its C must be a constant", "correct the model")
    if right is not None:
        matrix = _matrix(walk, node, right)
        matrix = matrix.T if turned[1] else matrix
        row = walk.shape[::-1] if turned[0] else walk.shape
        if len(row) != 2 or row != (1, len(matrix)):
            raise _not_dense(walk, node, right.shape)
        weight, walk.shape = matrix.T, (1, matrix.shape[1])
    else:
        assert left is not None
        weight = _matrix(walk, node, left)
        weight = weight.T if turned[0] else weight
        column = walk.shape[::-1] if turned[1] else walk.shape
        if len(column) != 2 or column != (weight.shape[1], 1):
            raise _not_dense(walk, node, left.shape)
        walk.shape = (len(weight), 1)
    bias = np.zeros(len(weight))
    if added is not None:
        bias = beta * walk.spread(node, added).reshape(-1)
    return _dense(walk, node, alpha * weight, bias)


def convolution(walk: FloatWalk, node: onnx.NodeProto) -> str:
    """Take a convolution with kernels as large as its whole input."""
    weight, bias = walk.constant(node, 1), walk.constant(node, 2)
    pads = walk.attribute(node, "pads", [0])
    padded = any(pads) or walk.attribute(node, "auto_pad", b"NOTSET") not in (
        b"NOTSET",
        b"VALID",
    )
    if weight is None or weight.shape[1:] != walk.shape[1:] or padded:
        rule = "only a convolution as large as its whole input is a dense layer"
        raise walk.refuse(node, rule, "replace it by dense layers")
    matrix = weight.reshape(len(weight), -1).astype(np.float64)
    walk.shape = (1, len(weight), *(1 for _ in walk.shape[2:]))
    added = np.zeros(len(weight)) if bias is None else bias.astype(np.float64)
    return _dense(walk, node, matrix, added)


def _dense(walk: FloatWalk, node: onnx.NodeProto, weight: Array, bias: Array) -> str:
    if weight.size > ELEMENTS_MAX:
        raise _not_dense(walk, node, weight.shape)
    name = node.name or node.output[0]
    walk.chain.dense(name, weight, bias)
    return f"layer {len(walk.chain.layers)}, {weight.shape[1]} → {weight.shape[0]}"


def _matrix(walk: FloatWalk, node: onnx.NodeProto, weight: Array) -> Array:
    """Return weights as a matrix; leading dimensions of one are dropped."""
    matrix = (
        weight.reshape(weight.shape[-2:])
        if weight.ndim > 2 and set(weight.shape[:-2]) == {1}
        else weight
    )
    if matrix.ndim != 2:
        raise _not_dense(walk, node, weight.shape)
    return matrix.astype(np.float64)


def _not_dense(walk: FloatWalk, node: onnx.NodeProto, shape: tuple[int, ...]) -> Exception:
    rule = f"weights of shape {shape} on an input of shape {walk.shape} are no dense layer"
    return walk.refuse(node, rule, "flatten the input before it")

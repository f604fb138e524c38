"""onnxruntime's own nodes of integers: products and functions from codes to codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.onnx.graph import Array
from fcgen.load.qdq.closing import check_sums, closed
from fcgen.load.qdq.grid import FORMATS, grid_of
from fcgen.load.qonnx import mapped
from fcgen.load.qonnx.mapped import Mapped
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.load.qonnx.walk import QuantWalk
from fcgen.numerics.fixed import IntegerFormat, signed_width
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

PRODUCTS = ("QGemm", "QLinearMatMul")
FUNCTIONS = {"QLinearSigmoid": "Sigmoid", "QLinearLeakyRelu": "LeakyRelu"}
"""Functions from codes to codes: tables that onnxruntime makes of the float operation."""


def product(walk: QuantWalk, node: onnx.NodeProto) -> str:
    """Take a QGemm or a QLinearMatMul, whose outputs are codes; return what became of it."""
    entry, (matrix, form) = _entry(walk, node), _matrix(walk, node)
    scale = walk.constant(node, 4)
    fits = int(np.prod(walk.shape[:-1])) == 1 and matrix.shape[1] == walk.shape[-1]
    if not fits or scale is None or scale.size not in (1, len(matrix)):
        rule = f"weights of shape {matrix.T.shape} on {walk.shape} are no plain dense layer"
        raise walk.refuse(node, rule, "flatten the input before it")
    sums = Sums(
        name=node.name or node.output[0],
        weight=matrix,
        form=form,
        entry=entry,
        scale=np.broadcast_to(_scale(walk, node, scale, entry), (len(matrix),)),
        chains=[],
        bias=np.zeros(len(matrix), np.int64),
    )
    sums.chains = [[("multiply", sums.scale)]]
    if node.op_type == "QGemm" and len(node.input) > 6 and node.input[6]:
        bias = walk.constant(node, 6)
        if bias is None or bias.size not in (1, len(matrix)):
            rule = f"its bias must be {len(matrix)} constants"
            raise walk.refuse(node, rule, "correct the model")
        sums.bias = np.broadcast_to(bias.astype(np.int64).reshape(-1), (len(matrix),))
    walk.shape = (*walk.shape[:-1], len(matrix))
    place = 7 if node.op_type == "QGemm" else 6
    if place >= len(node.input) or not node.input[place]:
        walk.state = sums
        return f"layer {len(walk.layers) + 1}, {matrix.shape[1]} → {len(matrix)}"
    grid = grid_of(walk, node, place)
    made = closed(sums, grid, np.zeros(1), of_integers=True)
    check_sums(walk, node, made)
    walk.layers.append(made)
    walk.state = grid.as_codes()
    return f"layer {len(walk.layers)}, {matrix.shape[1]} → {len(matrix)}"


def function(walk: QuantWalk, node: onnx.NodeProto) -> str:
    """Take a function from codes to codes, which becomes a table."""
    word, make = mapped.FUNCTIONS[FUNCTIONS[node.op_type]]
    state = Mapped.of(_entry(walk, node)).through(make(walk, node), mapped.UNFUSED, word)
    if not walk.layers:
        raise walk.refuse(node, "must follow a dense layer", "remove it, or apply it before")
    grid = grid_of(walk, node, 3)
    return walk.tabulate(state, *state.entries_of(grid.quantize), grid.as_codes())


def _entry(walk: QuantWalk, node: onnx.NodeProto) -> Codes:
    """Return the codes that run, which must have the grid that the node says."""
    if not isinstance(walk.state, Codes):
        rule = "takes codes, and what comes is not quantised"
        raise walk.refuse(node, rule, "put a QuantizeLinear before it")
    if not grid_of(walk, node, 1).is_of(walk.state):
        raise walk.refuse(node, "its input has another grid than it says", "correct the model")
    return walk.state


def _scale(walk: QuantWalk, node: onnx.NodeProto, scale: Array, entry: Codes) -> Array:
    """Return what a step of the sums is worth, in the order of the kernel."""
    alpha = np.float32(walk.attribute(node, "alpha", 1.0))
    factor = np.float32(alpha * np.float32(entry.scale))
    worth: Array = scale.astype(np.float32).reshape(-1) * factor
    return worth


def _matrix(walk: QuantWalk, node: onnx.NodeProto) -> tuple[Int64Array, IntegerFormat]:
    """Return the weights less their zero points, M x N, and their format."""
    weight, zero = walk.constant(node, 3), walk.constant(node, 5)
    plain = not walk.attribute(node, "transA", 0)
    if weight is None or weight.ndim != 2 or weight.dtype not in FORMATS or not plain:
        rule = "its weights must be a constant matrix of 8 or 16 bits, and its input not turned"
        raise walk.refuse(node, rule, "correct the model")
    turned = node.op_type == "QGemm" and walk.attribute(node, "transB", 0)
    matrix = (weight if turned else weight.T).astype(np.int64)
    if zero is None or not zero.any():
        return matrix, FORMATS[weight.dtype]
    if zero.size not in (1, len(matrix)):
        rule = f"zero points of shape {zero.shape} do not fit {len(matrix)} outputs"
        raise walk.refuse(node, rule, "correct the model")
    matrix = matrix - zero.astype(np.int64).reshape(-1, 1)
    width = signed_width(int(np.abs(matrix).max(initial=1)))
    return matrix, IntegerFormat(width, signed=True)


NODES: dict[str, Callable[[QuantWalk, onnx.NodeProto], str]] = {
    **dict.fromkeys(PRODUCTS, product),
    **dict.fromkeys(FUNCTIONS, function),
}
"""What takes each of them."""

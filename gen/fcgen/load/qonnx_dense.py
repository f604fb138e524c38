"""Dense layers of QONNX graphs: codes times quantised constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import shown
from fcgen.fixed import IntegerFormat, signed_width
from fcgen.load.mapped import Mapped
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.real_map import InputGrid

if TYPE_CHECKING:
    import onnx

    from fcgen.load.qonnx_walk import QuantWalk

DEFAULT_ENTRY = InputGrid(2.0**-10, 0, -(1 << 13), (1 << 13) - 1)
"""Of a graph that does not quantise its input: 14 bits, from -8 to 8."""


def dense(walk: QuantWalk, node: onnx.NodeProto) -> str:
    """Take a MatMul or a Gemm, which begins a layer; return what became of it.

    Raises
    ------
    InputError
        Where its inputs or its weights are not quantised, or it is no plain dense layer.
    """
    if isinstance(walk.state, Sums | Mapped):
        rule = "its inputs are not quantised"
        raise walk.refuse(node, rule, "put a Quant between the layers")
    if walk.state is None:
        if walk.before:
            rule = "its inputs are not quantised"
            raise walk.refuse(node, rule, "put a Quant before it")
        walk.open, grid = True, _assumed(walk)
        walk.input = grid
        width = signed_width(max(-grid.lo - 1, grid.hi))
        form = IntegerFormat(width, signed=True)
        walk.state = Codes(np.float32(grid.scale), grid.zero_point, grid.lo, grid.hi, form)
    if node.input[1] not in walk.weights:
        rule = "its weights are no quantised constant on the right"
        raise walk.refuse(node, rule, "quantise them by a Quant node")
    codes, steps, form = walk.weights[node.input[1]]
    plain = all(walk.attribute(node, name, 1.0) == 1.0 for name in ("alpha", "beta"))
    turned = walk.attribute(node, "transB", 0) if node.op_type == "Gemm" else 0
    matrix, scales = (codes, steps) if turned else (codes.T, steps.T)
    rows = int(np.prod(walk.shape[:-1]))
    if not plain or matrix.ndim != 2 or rows != 1 or matrix.shape[1] != walk.shape[-1]:
        rule = f"weights of shape {codes.shape} on {walk.shape} are no plain dense layer"
        raise walk.refuse(node, rule, "flatten the input before it")
    if (scales != scales[:, :1]).any():
        rule = "scales of weights must not change along the inputs"
        raise walk.refuse(node, rule, "quantise them by output or by tensor")
    scale = np.asarray(scales[:, 0] * walk.state.scale, np.float32)
    walk.state = Sums(
        name=node.name or node.output[0],
        weight=matrix,
        form=form,
        entry=walk.state,
        scale=scale,
        chains=[[("multiply", scale)]],
        bias=np.zeros(len(matrix), np.int64),
    )
    if len(node.input) > 2 and node.input[2]:
        bias = walk.constant(node, 2)
        if bias is None:
            raise walk.refuse(node, "its C must be a constant", "correct the model")
        walk.state.add([("add", np.broadcast_to(bias.reshape(-1), scale.shape))])
    walk.shape = (*walk.shape[:-1], len(matrix))
    return f"layer {len(walk.layers) + 1}, {matrix.shape[1]} → {matrix.shape[0]}"


def _assumed(walk: QuantWalk) -> InputGrid:
    """Return the grid of inputs that the graph does not quantise, and say what is assumed."""
    if walk.entry is not None:
        return walk.entry
    walk.notes.append(
        f"the file does not quantise its input {shown(walk.input_name)}: taken as int14 with a "
        "step of 1/1024, -8 to 8; give --input-format for another grid"
    )
    return DEFAULT_ENTRY

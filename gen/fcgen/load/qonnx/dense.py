"""Dense layers of QONNX graphs: codes times quantised constants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen.errors import shown
from fcgen.load.qonnx.mapped import Mapped
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.numerics.fixed import OPERAND_BITS_MAX, IntegerFormat, signed_width
from fcgen.numerics.real_map import InputGrid, RealMap

if TYPE_CHECKING:
    import onnx

    from fcgen.load.qonnx.layers import QuantLayers

DEFAULT_ENTRY = InputGrid(2.0**-10, 0, -(1 << 13), (1 << 13) - 1)
"""Input grid of a graph that does not quantise its input: 14 bits, from -8 to 8."""
BLOCK = 128
"""Number of inputs whose products onnxruntime adds up first."""


def dense(walk: QuantLayers, node: onnx.NodeProto) -> str:
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
        walk.open, walk.input = True, _assumed(walk)
        grid = walk.input
        width = signed_width(max(-grid.lo - 1, grid.hi))
        form = IntegerFormat(width, signed=True)
        walk.state = Codes(np.float32(grid.scale), grid.zero_point, grid.lo, grid.hi, form)
    if np.size(walk.state.scale) > 1:
        raise walk.several_scales(node)
    if node.input[1] not in walk.weights:
        rule = "its weights are no quantised constant on the right"
        raise walk.refuse(node, rule, "quantise them by a Quant node")
    codes, steps, form = walk.weights[node.input[1]]
    if form.bits > OPERAND_BITS_MAX:
        rule = f"its weights have {form.bits} bits, and 1 to {OPERAND_BITS_MAX} are supported"
        raise walk.refuse(node, rule, "quantise them with fewer")
    turned = walk.attribute(node, "transB", 0) if node.op_type == "Gemm" else 0
    matrix, scales = (codes, steps) if turned else (codes.T, steps.T)
    rows = int(np.prod(walk.shape[:-1]))
    if matrix.ndim != 2 or rows != 1 or matrix.shape[1] != walk.shape[-1]:
        rule = f"weights of shape {codes.shape} on {walk.shape} are no plain dense layer"
        raise walk.refuse(node, rule, "flatten the input before it")
    if (scales != scales[:, :1]).any():
        rule = "scales of weights must not change along the inputs"
        raise walk.refuse(node, rule, "quantise them by output or by tensor")
    weights = np.asarray(scales[:, 0], np.float32)
    scale = weights * walk.state.scale
    walk.state = Sums(
        name=node.name or node.output[0],
        weight=matrix,
        form=form,
        entry=walk.state,
        scale=scale,
        chains=[[("multiply", scale)]],
        bias=np.zeros(len(matrix), np.int64),
    )
    if node.op_type == "Gemm":
        _scaled_and_added(walk, node, walk.state, weights)
    walk.shape = (*walk.shape[:-1], len(matrix))
    return f"layer {len(walk.layers) + 1}, {matrix.shape[1]} → {matrix.shape[0]}"


def _scaled_and_added(
    walk: QuantLayers, node: onnx.NodeProto, sums: Sums, weights: npt.NDArray[np.float32]
) -> None:
    """Take a Gemm's alpha, its beta and its C: ``alpha * sums + beta * C``.

    onnxruntime sums the products of up to `BLOCK` inputs in registers, multiplies the sum by alpha
    and adds it to ``beta * C``, block after block. With an alpha of 1, its kernels for one vector
    start at C and add one product after another. The order of additions therefore matters where C
    is off the grid of the sums.
    """
    alpha, beta = (np.float32(walk.attribute(node, name, 1.0)) for name in ("alpha", "beta"))
    if not (np.isfinite([alpha, beta]).all() and alpha):
        rule = "its alpha and beta must be finite, and alpha not 0"
        raise walk.refuse(node, rule, "correct the model")
    if alpha != 1:
        sums.alpha = float(alpha)
        sums.scaled = alpha * sums.entry.scale * weights
        if np.frexp(abs(alpha))[0] == 0.5:
            # A power of two changes the scale of the sums, and rounds nothing.
            sums.scale = sums.scale * abs(alpha)
            sums.chains = [[("multiply", sums.scale * np.sign(alpha))]]
            alpha = np.float32(1)
    sums.fusible = not walk.given(node, 2) or (sums.alpha == 1 and beta == 1)
    single = sums.alpha != 1 and sums.weight.shape[1] <= BLOCK
    if not walk.given(node, 2):
        if alpha != 1:
            sums.add([("multiply", np.asarray(alpha))])
            if not single:
                sums.loosen(np.zeros(len(sums.weight)))
        return
    bias = walk.constant(node, 2)
    if bias is None or bias.size not in (1, len(sums.weight)):
        rule = f"its C must be a constant of one or {len(sums.weight)} numbers"
        raise walk.refuse(node, rule, "correct the model")
    addend = np.broadcast_to(bias.astype(np.float32).reshape(-1), sums.scale.shape) * beta
    if alpha == 1:
        sums.add([("add", addend)])
    else:
        both = np.stack([np.broadcast_to(alpha, addend.shape), addend])
        sums.add([("multiply_add", both)], [("multiply", np.asarray(alpha)), ("add", addend)])
    if not single:
        sums.loosen(addend / (sums.scale.astype(np.float64) * alpha))


def _assumed(walk: QuantLayers) -> InputGrid:
    """Return the grid of inputs that the graph does not quantise, and note an assumption.

    The grid is that of the layer's input, after the operations that precede it.
    """
    before = RealMap(tuple((name, np.asarray(value)) for name, value in walk.before))
    if walk.entry is not None:
        return replace(walk.entry, before=before) if walk.before else walk.entry
    walk.notes.append(
        f"the file does not quantise its input {shown(walk.input_name)}: taken as int14 with a "
        "step of 1/1024, -8 to 8; give --input-format for another grid"
    )
    return replace(DEFAULT_ENTRY, before=before)

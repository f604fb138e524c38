"""The end of a layer in a quantised ONNX graph: its step in onnxruntime's own arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.integer_model import IntegerLayer
from fcgen.load.onnx.graph import Array, OnnxGraph
from fcgen.load.qdq.fusing import INT32_MIN, Arithmetic, Choice, Product
from fcgen.load.qdq.grid import Grid
from fcgen.load.qonnx.state import EXACT, UNIT, Sums
from fcgen.numerics.float_chain import FloatChain, HalfChain
from fcgen.numerics.source_step import FloatProduct, Int64Array, Step

if TYPE_CHECKING:
    import onnx

Chain = list[tuple[str, Array]]


def settle(sums: Sums, product: Product, chosen: Choice, behind: list[Chain]) -> None:
    """Give sums the operations and the bias of the arithmetic that was chosen.

    Parameters
    ----------
    sums : Sums
    product : Product
    chosen : Choice
    behind : list of operations
        Operations of the graph behind the product and its bias, and further ways to compute them.
    """
    bias = chosen.bias
    if chosen.arithmetic is not Arithmetic.FLOATS:
        if bias is not None and bias.codes is not None:
            sums.bias = bias.codes
        sums.scale = product.integer_scale
        first: list[Chain] = [[("multiply", sums.scale)]]
    else:
        first = _float_ways(product, None if bias is None else bias.values)
        if not product.gemm:
            behind = [*behind, *_scaled(behind[0])]
    sums.chains = [first[0] + way for way in behind] + [way + behind[0] for way in first[1:]]


def _scaled(chain: Chain) -> list[Chain]:
    """Return the way in which a MatMul of floats takes a division behind it as a factor."""
    if not chain or chain[0][0] != "divide" or np.size(chain[0][1]) != 1:
        return []
    return [[("multiply", np.float32(1) / np.asarray(chain[0][1], np.float32)), *chain[1:]]]


def _float_ways(product: Product, bias: Array | None) -> list[Chain]:
    """Return how a Gemm of floats may compute ``alpha * sums + beta * bias``, the likeliest first.

    Its kernels multiply by alpha and add the bias, in one operation where the processor has it.
    """
    scaling = ("multiply", product.scale)
    alpha = np.asarray(product.alpha)
    if bias is None:
        return [[scaling] if alpha == 1 else [scaling, ("multiply", alpha)]]
    added = (product.beta * bias).astype(np.float32)
    if alpha == 1:
        return [[scaling, ("add", added)]]
    pair = np.stack([np.broadcast_to(alpha, added.shape), added])
    apart: Chain = [scaling, ("multiply", alpha), ("add", added)]
    return [[scaling, ("multiply_add", pair)], apart]


def float_error(sums: Sums, product: Product, bias: Array | None) -> np.ndarray:
    """Return the bound of the error of float32 sums with their bias, in steps, (M,).

    A Gemm may add its bias first, last or between, depending on sizes and batch.
    """
    error = sums.error
    if bias is None:
        return error
    steps = np.abs(product.beta * bias.astype(np.float64) / (product.alpha * product.scale))
    whole = (steps == np.rint(steps)) & (sums.span + steps < EXACT)
    inexact = (sums.weight.shape[1] + 4) * UNIT * (sums.span + steps)
    return np.asarray(np.where((error == 0) & whole, 0.0, inexact))


def closed(sums: Sums, grid: Grid, error: np.ndarray, *, of_integers: bool) -> IntegerLayer:
    """Return the layer that ends in a QuantizeLinear.

    Parameters
    ----------
    sums : Sums
    grid : Grid
        Grid of the outputs.
    error : ndarray of float64
        Bound of the error of the sums, in steps, (M,) or (1,).
    of_integers : bool
        Whether the kernel makes codes of integer sums in one multiplication.
    """
    step: Step
    found, bias = grid.as_codes(), sums.bias
    if of_integers:
        factor = (sums.scale / found.scale).astype(np.float32)
        step = FloatProduct(factor, found.form, found.zero_point, found.lo, found.hi)
    else:
        first, *others = (tuple(chain) for chain in sums.chains)
        kind = HalfChain if grid.half else FloatChain
        step = kind(
            operations=first,
            scale=np.array([grid.divisor]),
            rounding="ROUND",
            output=found.form,
            zero_point=found.zero_point,
            lo=found.lo,
            hi=found.hi,
            outputs=len(sums.weight),
            others=tuple(others),
            zero_after=True,
            error=error,
        )
    return replace(plain(sums, bias), step=step)


def plain(sums: Sums, bias: Int64Array) -> IntegerLayer:
    """Return the layer that ends in its sums, with a bias of integers."""
    alone = replace(sums, chains=[[("multiply", sums.scale)]])
    return replace(alone.layer(None), bias=bias)


def check_sums(graph: OnnxGraph, node: onnx.NodeProto, layer: IntegerLayer) -> None:
    """Refuse sums of integers that overflow int32, in which onnxruntime adds.

    Raises
    ------
    InputError
        That names the node.
    """
    least, most = layer.reach
    low, high = int(least.min()), int(most.max())
    if low < INT32_MIN or high >= -INT32_MIN:
        rule = f"its sums reach from {low:,} to {high:,}, and onnxruntime wraps them to int32"
        raise graph.refuse(node, rule, "give it a smaller bias")

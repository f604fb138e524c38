"""ADD of TFLite: the codes of every pair, as LiteRT's kernels compute them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.integer_sum import IntegerSum
from fcgen.load.tflite.dense import INT8, bounds_of, short_name
from fcgen.load.tflite.graph import AGAIN, Tensor, TfliteGraph
from fcgen.numerics.source_step import Int64Array, twice_rounded

LEFT_SHIFT = 20
"""Bits by which the reference kernel makes the operands finer."""
XNNPACK_BITS = 20
"""Place of the highest bit of XNNPACK's larger multiplier."""


def sum_of(
    graph: TfliteGraph, operator: Any, inputs: list[int], number: int, xnnpack: bool
) -> IntegerSum:
    """Return the sum of two maps.

    Parameters
    ----------
    graph : TfliteGraph
    operator
        Of the package ``tflite``.
    inputs : list of int
        Its two tensors.
    number : int
        Of the layer, for one without a name.
    xnnpack : bool
        Whether XNNPACK computes it.
    """
    first, second = (graph.tensor(one) for one in inputs)
    result = graph.tensor(int(operator.Outputs(0)))
    for tensor in (first, second, result):
        graph.check_codes(tensor)
    if first.shape != second.shape or len(first.shape) not in (2, 4):
        rule = "adds maps of one shape, batch x height x width x channels"
        shapes = f"{first.shape}, {second.shape}"
        raise bad_input(f"{graph.path}: {result.name}", shapes, rule, AGAIN)
    options = graph.options(operator, "AddOptions")
    fused = 0 if options is None else options.FusedActivationFunction()
    low, high = bounds_of(graph, fused, result, xnnpack=xnnpack)
    height, width, channels = (1, 1, *first.shape[1:])[-3:]
    codes = np.arange(-128, 128, dtype=np.int64)
    pairs: list[Int64Array] = list(np.meshgrid(codes, codes, indexing="ij"))
    kernel = _xnnpack if xnnpack else _reference
    sums = kernel(pairs, (first, second, result)) + int(result.zero_points[0])
    scales = [float(tensor.scales[0]) for tensor in (first, second, result)]
    return IntegerSum(
        name=short_name(result.name, number),
        height=height,
        width=width,
        channels=channels,
        form=INT8,
        codes=np.clip(sums, low, high),
        ratios=(scales[0] / scales[2], scales[1] / scales[2]),
        zero_points=(int(first.zero_points[0]), int(second.zero_points[0])),
    )


def _reference(pairs: list[Int64Array], tensors: tuple[Tensor, Tensor, Tensor]) -> Int64Array:
    """Return the sums without a zero point: three products, each rounded twice."""
    scales = [np.float64(tensor.scales[0]) for tensor in tensors]
    larger = 2 * max(scales[0], scales[1])
    total = np.zeros_like(pairs[0])
    for codes, tensor, scale in zip(pairs, tensors, scales, strict=False):
        fine = (codes - int(tensor.zero_points[0])) << LEFT_SHIFT
        total += twice_rounded(fine, np.asarray(scale / larger))
    return twice_rounded(total, np.asarray(larger / ((1 << LEFT_SHIFT) * scales[2])))


def _xnnpack(pairs: list[Int64Array], tensors: tuple[Tensor, Tensor, Tensor]) -> Int64Array:
    """Return the sums without a zero point: multipliers of 21 bits, rounded half up."""
    factors = [tensor.scales[0] / tensors[2].scales[0] for tensor in tensors[:2]]
    shift = XNNPACK_BITS - (int(np.frexp(max(factors))[1]) - 1)
    total = np.full_like(pairs[0], 1 << (shift - 1))
    for codes, tensor, factor in zip(pairs, tensors, factors, strict=False):
        multiplier = int(np.rint(np.float64(factor) * 2.0**shift))
        total += (codes - int(tensor.zero_points[0])) * multiplier
    return total >> shift

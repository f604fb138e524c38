"""Fully connected layers of TFLite, and the steps of LiteRT's kernels for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.integer_model import IntegerLayer
from fcgen.load.tflite.graph import AGAIN, Tensor, TfliteGraph
from fcgen.load.tflite.unary import bound_code
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import DoubleProduct, FloatProduct, Int64Array, Step, TwiceRounded

INT8 = IntegerFormat(8, signed=True)
ACTIVATIONS = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Bounds of the fused activations: none, ReLU, ReLU -1 to 1, ReLU6."""
SUM_MAX = 1 << 31
BOUND_STEPS = 2.0**31
"""Least distance of an activation's bound from zero, in codes, that LiteRT cannot represent."""
XNNPACK_STEPS = 256.0
"""XNNPACK takes layers whose outputs change by less than this many codes per step of a sum."""


def dense(
    graph: TfliteGraph, operator: Any, inputs: list[int], number: int, xnnpack: bool
) -> IntegerLayer:
    """Return a layer.

    Parameters
    ----------
    graph : TfliteGraph
    operator
        Operator object of the package ``tflite``.
    inputs : list of int
        Its tensors: activations, weights, and a bias or none.
    number : int
        Number of the layer, which names it if it has no name.
    xnnpack : bool
        Whether XNNPACK computes it.
    """
    entry, weight = graph.tensor(inputs[0]), graph.tensor(inputs[1])
    result = graph.tensor(int(operator.Outputs(0)))
    graph.check_codes(entry)
    graph.check_codes(result)
    matrix = weights_of(graph, weight)
    bias = np.zeros(len(matrix), np.int64)
    if len(inputs) > 2 and inputs[2] >= 0:
        bias = bias_of(graph, graph.tensor(inputs[2]), len(matrix))
    layer = IntegerLayer(
        name=short_name(result.name, number),
        weight=matrix,
        bias=bias,
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=int(entry.zero_points[0]),
        input_lo=-128,
        input_hi=127,
        step=_step(graph, operator, (entry, weight, result), xnnpack),
    )
    check_sums(graph, layer, result)
    return layer


def weights_of(graph: TfliteGraph, weight: Tensor, rank: int = 2, axis: int = 0) -> Int64Array:
    """Return int8 weights, which have one scale, or one for each place along ``axis``."""
    subject = f"{graph.path}: {weight.name}"
    if not weight.quantised:
        raise bad_input(subject, weight.kind, "must be int8 with a scale", AGAIN)
    if weight.zero_points.any():
        raise bad_input(subject, "zero point", "weights must have no zero point", AGAIN)
    if not weight.data:
        raise bad_input(subject, "no values", "weights must be constants", AGAIN)
    values: Int64Array = weight.values(np.int8).astype(np.int64)
    apart = values.ndim == rank and weight.axis == axis
    if values.ndim != rank or not (
        len(weight.scales) == 1 or (apart and len(weight.scales) == values.shape[axis])
    ):
        what = "a matrix with one scale, or one for each row"
        if rank > 2:
            what = f"of rank {rank} with one scale, or one for each output"
        raise bad_input(subject, weight.shape, f"weights must be {what}", AGAIN)
    return values


def check_sums(graph: TfliteGraph, layer: IntegerLayer, result: Tensor) -> None:
    """Refuse a layer whose sums need more than 32 bits."""
    largest = max(-int(layer.reach[0].min()) - 1, int(layer.reach[1].max()))
    if largest >= SUM_MAX:
        rule = "LiteRT has 32 bits for a sum, and drops what is beyond"
        raise bad_input(f"{graph.path}: {result.name}", f"sums up to {largest:,}", rule, AGAIN)


def bias_of(graph: TfliteGraph, tensor: Tensor, outputs: int) -> Int64Array:
    """Return the integers of a bias, which LiteRT adds whatever scale they have."""
    subject = f"{graph.path}: {tensor.name}"
    if tensor.kind != "INT32":
        raise bad_input(subject, tensor.kind, "a bias must be int32", AGAIN)
    bias: Int64Array = tensor.values(np.int32).astype(np.int64).reshape(-1)
    if len(bias) != outputs:
        rule = f"the layer has {outputs} outputs"
        raise bad_input(subject, f"{len(bias)} biases", rule, AGAIN)
    return bias


def _step(
    graph: TfliteGraph, operator: Any, tensors: tuple[Tensor, Tensor, Tensor], xnnpack: bool
) -> Step:
    options = graph.options(operator, "FullyConnectedOptions")
    fused = 0 if options is None else options.FusedActivationFunction()
    if options is not None and options.WeightsFormat():
        rule = "its weights are not in the order of a matrix"
        found = f"weights format {options.WeightsFormat()}"
        raise bad_input(f"{graph.path}: {tensors[2].name}", found, rule, AGAIN)
    return product_step(graph, fused, tensors, tensors[1].shape[0], xnnpack, DoubleProduct)


def bounds_of(graph: TfliteGraph, fused: int, result: Tensor, *, xnnpack: bool) -> list[int]:
    """Return the least and the largest code that a fused activation leaves."""
    subject = f"{graph.path}: {result.name}"
    if fused not in ACTIVATIONS:
        rule = "LiteRT has none for int8 but the bounds 1 to 3"
        remedy = "put it behind the layer, as an operator of its own"
        raise bad_input(subject, f"activation {fused}", rule, remedy)
    zero_point, scale = int(result.zero_points[0]), result.scales[0]
    ends = [-128, 127]
    for place, bound in enumerate(ACTIVATIONS[fused]):
        if bound is not None:
            check_bound(subject, bound, float(scale))
            ends[place] = bound_code(bound, scale, zero_point, xnnpack=xnnpack)
    return ends


def product_step(
    graph: TfliteGraph,
    fused: int,
    tensors: tuple[Tensor, Tensor, Tensor],
    outputs: int,
    xnnpack: bool,
    reference: type[DoubleProduct] | type[TwiceRounded],
) -> Step:
    """Return how sums become codes, by XNNPACK or by the ``reference`` kernel.

    ``tensors`` are activations, weights and result; ``fused`` is the number of an activation.
    """
    entry, weight, result = tensors
    zero_point, scale = int(result.zero_points[0]), result.scales[0]
    ends = bounds_of(graph, fused, result, xnnpack=xnnpack)
    if xnnpack:
        factors = (entry.scales[0] * weight.scales) / result.scales[0]
        if factors.max() >= XNNPACK_STEPS:
            rule = f"XNNPACK takes less than {XNNPACK_STEPS:g} codes a step of a sum"
            remedy = "use --target litert-reference"
            raise bad_input(f"{graph.path}: {result.name}", f"{factors.max():g}", rule, remedy)
        return FloatProduct(np.broadcast_to(factors, (outputs,)), INT8, zero_point, *ends)
    exact = entry.scales[0].astype(np.float64) * weight.scales.astype(np.float64) / float(scale)
    return reference(np.broadcast_to(exact, (outputs,)), INT8, zero_point, *ends)


def check_bound(subject: str, bound: float, scale: float) -> None:
    """Refuse the bound of an activation that is too many codes away from zero."""
    if abs(bound) / scale >= BOUND_STEPS:
        found = f"bound {bound:g} is {abs(bound) / scale:.3g} codes from zero"
        raise bad_input(subject, found, "LiteRT has less than 2^31", "give it a larger scale")


def short_name(name: str, number: int) -> str:
    """Return the part of a converter's long name that tells a layer."""
    parts = [part for part in name.split(";")[-1].split("/") if part]
    known = [part for part in parts if part not in ("BiasAdd", "MatMul", "Relu")]
    return known[-1] if known else f"layer_{number}"

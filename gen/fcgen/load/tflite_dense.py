"""Fully connected layers of TFLite, and the steps of LiteRT's kernels for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.fixed import IntegerFormat
from fcgen.integer_model import IntegerLayer
from fcgen.load.tflite_graph import AGAIN, Tensor, TfliteGraph
from fcgen.source_step import DoubleProduct, FloatProduct, Step

INT8 = IntegerFormat(8, signed=True)
ACTIVATIONS = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Bounds of the fused activations: none, ReLU, ReLU -1 to 1, ReLU6."""


def dense(
    graph: TfliteGraph, operator: Any, inputs: list[int], number: int, xnnpack: bool
) -> IntegerLayer:
    """Return a layer.

    Parameters
    ----------
    graph : TfliteGraph
    operator
        Of the package ``tflite``.
    inputs : list of int
        Its tensors: activations, weights, and a bias or none.
    number : int
        Of the layer, for one without a name.
    xnnpack : bool
        Whether XNNPACK computes it.
    """
    entry, weight = graph.tensor(inputs[0]), graph.tensor(inputs[1])
    result = graph.tensor(int(operator.Outputs(0)))
    for tensor in (entry, weight, result):
        if not tensor.quantised:
            rule = "must be int8 with a scale"
            raise bad_input(f"{graph.path}: {tensor.name}", tensor.kind, rule, AGAIN)
    if weight.zero_points.any():
        rule = "weights must have no zero point"
        raise bad_input(f"{graph.path}: {weight.name}", "zero point", rule, AGAIN)
    matrix = weight.values(np.int8).astype(np.int64)
    if matrix.ndim != 2 or len(weight.scales) not in (1, len(matrix)):
        rule = "weights must be a matrix with one scale, or one for each row"
        raise bad_input(f"{graph.path}: {weight.name}", weight.shape, rule, AGAIN)
    bias = np.zeros(len(matrix), np.int64)
    if len(inputs) > 2 and inputs[2] >= 0:
        bias = graph.tensor(inputs[2]).values(np.int32).astype(np.int64).reshape(-1)
        if len(bias) != len(matrix):
            rule = f"the layer has {len(matrix)} outputs"
            raise bad_input(f"{graph.path}: {weight.name}", f"{len(bias)} biases", rule, AGAIN)
    return IntegerLayer(
        name=_short(result.name, number),
        weight=matrix,
        bias=bias,
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=int(entry.zero_points[0]),
        input_lo=-128,
        input_hi=127,
        step=_step(graph, operator, (entry, weight, result), xnnpack),
    )


def _step(
    graph: TfliteGraph, operator: Any, tensors: tuple[Tensor, Tensor, Tensor], xnnpack: bool
) -> Step:
    entry, weight, result = tensors
    options = graph.options(operator, "FullyConnectedOptions")
    fused = 0 if options is None else options.FusedActivationFunction()
    if fused not in ACTIVATIONS:
        rule = "is no bound, and needs a table"
        raise bad_input(f"{graph.path}: {result.name}", f"activation {fused}", rule, AGAIN)
    zero_point, scale = int(result.zero_points[0]), float(result.scales[0])
    ends = [-128, 127]
    for place, bound in enumerate(ACTIVATIONS[fused]):
        if bound is not None:
            code = zero_point + int(np.copysign(np.floor(abs(bound / scale) + 0.5), bound))
            ends[place] = min(max(code, -128), 127)
    outputs = weight.shape[0]
    if xnnpack:
        factors = (entry.scales[0] * weight.scales) / result.scales[0]
        return FloatProduct(np.broadcast_to(factors, (outputs,)), INT8, zero_point, *ends)
    exact = entry.scales[0].astype(np.float64) * weight.scales.astype(np.float64) / scale
    return DoubleProduct(np.broadcast_to(exact, (outputs,)), INT8, zero_point, *ends)


def _short(name: str, number: int) -> str:
    """Return the part of a converter's long name that tells a layer."""
    parts = [part for part in name.split(";")[-1].split("/") if part]
    known = [part for part in parts if part not in ("BiasAdd", "MatMul", "Relu")]
    return known[-1] if known else f"layer_{number}"

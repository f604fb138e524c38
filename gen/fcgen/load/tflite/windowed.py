"""Convolutions and pooling of TFLite: layers that are applied to every window of a map."""

from __future__ import annotations

from typing import Any

import numpy as np

from fcgen.errors import bad_input, located
from fcgen.load.integer_model import IntegerLayer
from fcgen.load.tflite.dense import (
    INT8,
    bias_of,
    bounds_of,
    check_sums,
    product_step,
    short_name,
    weights_of,
)
from fcgen.load.tflite.graph import AGAIN, Tensor, TfliteGraph
from fcgen.network.window import Window
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import MeanInFloat, MeanOfCodes, MeanTwiceRounded, TwiceRounded

CONVOLUTION, DEPTHWISE = "CONV_2D", "DEPTHWISE_CONV_2D"
AVERAGE, MAXIMUM, MEAN = "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN"
KINDS = (CONVOLUTION, DEPTHWISE, AVERAGE, MAXIMUM, MEAN)
OPTIONS = {
    CONVOLUTION: "Conv2DOptions",
    DEPTHWISE: "DepthwiseConv2DOptions",
    AVERAGE: "Pool2DOptions",
    MAXIMUM: "Pool2DOptions",
    MEAN: "ReducerOptions",
}
SAME = 0
ONES = IntegerFormat(1, signed=False)
"""The weights of an average: all are 1."""


def windowed(
    graph: TfliteGraph,
    kind: str,
    operator: Any,
    inputs: list[int],
    number: int,
    pad: tuple[int, int, int, int],
    xnnpack: bool,
) -> IntegerLayer:
    """Return the layer of a convolution or an average pooling.

    Parameters
    ----------
    graph : TfliteGraph
    kind : str
        One of `KINDS`.
    operator
        Of the package ``tflite``.
    inputs : list of int
        Its tensors: activations, of a convolution weights, and a bias or none.
    number : int
        Of the layer, for one without a name.
    pad : tuple of int
        Rows above and below, columns left and right, that an operator before has added to the map.
    xnnpack : bool
        Whether XNNPACK computes it.
    """
    entry, result = graph.tensor(inputs[0]), graph.tensor(int(operator.Outputs(0)))
    graph.check_codes(entry)
    graph.check_codes(result)
    options = graph.options(operator, OPTIONS[kind])
    if options is None:
        raise bad_input(f"{graph.path}: {result.name}", kind, "has no options", AGAIN)
    if len(entry.shape) != 4:
        rule = "takes maps of batch x height x width x channels"
        raise bad_input(f"{graph.path}: {entry.name}", entry.shape, rule, AGAIN)
    if kind == MEAN:
        return _mean(graph, graph.tensor(inputs[1]), entry, result, number, pad, xnnpack)
    if kind in (AVERAGE, MAXIMUM):
        return _pool(graph, kind, options, entry, result, number, pad)
    return _convolution(
        graph, kind, options, (entry, graph.tensor(inputs[1]), result), inputs, number, pad, xnnpack
    )


def _convolution(
    graph: TfliteGraph,
    kind: str,
    options: Any,
    tensors: tuple[Tensor, Tensor, Tensor],
    inputs: list[int],
    number: int,
    pad: tuple[int, int, int, int],
    xnnpack: bool,
) -> IntegerLayer:
    entry, weight, result = tensors
    depthwise = kind == DEPTHWISE
    values = weights_of(graph, weight, rank=4, axis=3 if depthwise else 0)
    rows, columns = values.shape[1:3]
    dilation = (options.DilationHFactor(), options.DilationWFactor())
    window = _window(graph, options, entry, (rows, columns), dilation, pad, result)
    if depthwise:
        matrix = values.reshape(rows * columns, -1).T
        multiplier = len(matrix) // window.channels
        if len(matrix) != window.channels:
            matrix, depthwise = _spread(matrix, window.channels, multiplier), False
    else:
        if window.channels % values.shape[3]:
            rule = f"its weights are for {values.shape[3]} channels"
            raise bad_input(f"{graph.path}: {entry.name}", entry.shape, rule, AGAIN)
        matrix = _grouped(values, window.channels)
    bias = np.zeros(len(matrix), np.int64)
    if len(inputs) > 2 and inputs[2] >= 0:
        bias = bias_of(graph, graph.tensor(inputs[2]), len(matrix))
    layer = IntegerLayer(
        name=layer_name(result.name, number),
        weight=matrix,
        bias=bias,
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=int(entry.zero_points[0]),
        input_lo=-128,
        input_hi=127,
        step=product_step(
            graph,
            options.FusedActivationFunction(),
            (entry, weight, result),
            len(matrix),
            xnnpack,
            TwiceRounded,
        ),
        window=window,
        depthwise=depthwise,
    )
    check_sums(graph, layer, result)
    return layer


def layer_name(name: str, number: int) -> str:
    """Return the part of a converter's long name that names a convolution or a pooling."""
    for part in name.split(";"):
        before, _, last = part.rpartition("/")
        if last in ("BiasAdd", "Conv2D", "depthwise", "AvgPool") and before:
            return before.split("/")[-1]
    return short_name(name, number)


def _grouped(values: np.ndarray, channels: int) -> np.ndarray:
    """Return weights (M, taps * channels) of those (M, rows, columns, channels / groups).

    Outputs of a group see its channels alone: the weights of the others are zero.
    """
    outputs, _, _, own = values.shape
    if own == channels:
        return values.reshape(outputs, -1)
    whole = np.zeros((*values.shape[:3], channels), values.dtype)
    groups = channels // own
    for output in range(outputs):
        first = output * groups // outputs * own
        whole[output, :, :, first : first + own] = values[output]
    return whole.reshape(outputs, -1)


def _spread(matrix: np.ndarray, channels: int, multiplier: int) -> np.ndarray:
    """Return weights (M, taps * channels) of (M, taps), where a channel has several outputs."""
    taps = matrix.shape[1]
    whole = np.zeros((len(matrix), taps, channels), matrix.dtype)
    outputs = np.arange(len(matrix))
    whole[outputs, :, outputs // multiplier] = matrix
    return whole.reshape(len(matrix), -1)


def _pool(
    graph: TfliteGraph,
    kind: str,
    options: Any,
    entry: Tensor,
    result: Tensor,
    number: int,
    pad: tuple[int, int, int, int],
) -> IntegerLayer:
    if not entry.keeps(result):
        rule = "gives its codes another scale or zero point"
        raise bad_input(f"{graph.path}: {result.name}", kind, rule, AGAIN)
    kernel = (options.FilterHeight(), options.FilterWidth())
    window = _window(graph, options, entry, kernel, (1, 1), pad, result)
    if any(pad):
        rule = "takes a padded map"
        raise bad_input(f"{graph.path}: {result.name}", kind, rule, "pad maps before a convolution")
    low, high = bounds_of(graph, options.FusedActivationFunction(), result, xnnpack=False)
    zero_point, channels = int(entry.zero_points[0]), window.channels
    if kind == MAXIMUM:
        return IntegerLayer(
            name=layer_name(result.name, number),
            weight=np.ones((channels, window.taps), np.int64),
            bias=np.zeros(channels, np.int64),
            weight_format=ONES,
            activation_format=INT8,
            input_zero_point=-128,  # padding is never the largest
            input_lo=-128,
            input_hi=127,
            step=MeanOfCodes(1, channels, INT8, zero_point, low, high),
            window=window,
            depthwise=True,
            maximum=True,
        )
    if window.padded:
        rule = "averages fewer codes at the edges"
        raise bad_input(f"{graph.path}: {result.name}", AVERAGE, rule, "use padding VALID")
    return IntegerLayer(
        name=layer_name(result.name, number),
        weight=np.ones((channels, window.taps), np.int64),
        # The codes themselves are added, the zero point with them.
        bias=np.full(channels, window.taps * zero_point, np.int64),
        weight_format=ONES,
        activation_format=INT8,
        input_zero_point=zero_point,
        input_lo=-128,
        input_hi=127,
        step=MeanOfCodes(window.taps, channels, INT8, zero_point, low, high),
        window=window,
        depthwise=True,
    )


def _mean(
    graph: TfliteGraph,
    axes: Tensor,
    entry: Tensor,
    result: Tensor,
    number: int,
    pad: tuple[int, int, int, int],
    xnnpack: bool,
) -> IntegerLayer:
    """Return the mean over height and width, which gives its codes any scale."""
    along = axes.values(np.int64 if axes.kind == "INT64" else np.int32).reshape(-1)
    if sorted(int(axis) % 4 for axis in along) != [1, 2] or any(pad):
        rule = "must be over the height and the width of a map"
        raise bad_input(f"{graph.path}: {result.name}", MEAN, rule, "use such a mean")
    height, width, channels = entry.shape[1:]
    zero_point = int(entry.zero_points[0])
    mean = MeanInFloat if xnnpack else MeanTwiceRounded
    return IntegerLayer(
        name=layer_name(result.name, number),
        weight=np.ones((channels, height * width), np.int64),
        bias=np.zeros(channels, np.int64),
        weight_format=ONES,
        activation_format=INT8,
        input_zero_point=zero_point,
        input_lo=-128,
        input_hi=127,
        step=mean(
            height * width,
            entry.scales[0],
            result.scales[0],
            channels,
            INT8,
            int(result.zero_points[0]),
            -128,
            127,
        ),
        window=Window(height, width, channels, (height, width)),
        depthwise=True,
    )


def _window(
    graph: TfliteGraph,
    options: Any,
    entry: Tensor,
    kernel: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int, int, int],
    result: Tensor,
) -> Window:
    """Return the windows over a map, checked against the shape of the result."""
    stride = (options.StrideH(), options.StrideW())
    height, width, channels = entry.shape[1:]
    before = (height - pad[0] - pad[1], width - pad[2] - pad[3])
    sides = [0, 0, 0, 0]
    for axis, size in enumerate((height, width)):
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        missing = 0
        if options.Padding() == SAME:
            missing = max((-(-size // stride[axis]) - 1) * stride[axis] + extent - size, 0)
        first, second = pad[2 * axis : 2 * axis + 2]
        sides[2 * axis] = first + missing // 2
        sides[2 * axis + 1] = second + missing - missing // 2
    with located(f"{graph.path}: {result.name}"):
        above, below, left, right = sides
        window = Window(*before, channels, kernel, stride, dilation, (above, below, left, right))
    if result.shape[1:3] != (window.rows, window.columns):
        rule = f"the windows make {window.rows} x {window.columns}"
        raise bad_input(f"{graph.path}: {result.name}", result.shape, rule, AGAIN)
    return window

"""Scales and zero points of quantised ONNX nodes, and constants that they dequantise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fcgen.fixed import IntegerFormat, signed_width
from fcgen.load.onnx_graph import Array, OnnxGraph
from fcgen.load.qonnx_state import Codes
from fcgen.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

FORMATS = {
    np.dtype(np.int8): IntegerFormat(8, signed=True),
    np.dtype(np.uint8): IntegerFormat(8, signed=False),
    np.dtype(np.int16): IntegerFormat(16, signed=True),
    np.dtype(np.uint16): IntegerFormat(16, signed=False),
}
NARROW = {
    f"{word}int{bits}": IntegerFormat(bits, signed=not word)
    for word in ("", "u")
    for bits in (2, 4)
}
"""Of constants alone: what NumPy has no types of its own for."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Scale and zero point of a QuantizeLinear or DequantizeLinear."""

    scale: Array
    zero_point: Array
    form: IntegerFormat

    def codes(self) -> Codes:
        """Return them as those of activations."""
        low, high = self.form.minimum, self.form.maximum
        scale, zero = np.float32(self.scale.reshape(-1)[0]), int(self.zero_point.reshape(-1)[0])
        return Codes(scale, zero, low, high, self.form)

    def quantize(self, values: Array) -> Int64Array:
        """Return the codes of float32 values, as QuantizeLinear computes them."""
        codes = self.codes()
        rounded = np.rint((values / codes.scale).astype(np.float32)).astype(np.float64)
        found: Int64Array = np.clip(rounded + codes.zero_point, codes.lo, codes.hi).astype(np.int64)
        return found

    def is_of(self, codes: Codes) -> bool:
        """Say whether it is the grid of codes."""
        own = self.codes()
        return (own.scale, own.zero_point, own.form) == (codes.scale, codes.zero_point, codes.form)


def grid_of(graph: OnnxGraph, node: onnx.NodeProto, first: int = 1) -> Grid:
    """Return the scale and the zero point that stand at operands ``first`` and the next.

    Raises
    ------
    InputError
        When they are no constants, or of a type that is not supported.
    """
    scale = graph.constant(node, first)
    zero = graph.constant(node, first + 1)
    if scale is None or not scale.size or not (np.isfinite(scale).all() and (scale > 0).all()):
        rule = "its scales must be positive constants"
        raise graph.refuse(node, rule, "quantise the model statically")
    if zero is None:
        zero = np.zeros(scale.shape, np.uint8)
    if zero.dtype not in FORMATS:
        rule = f"its codes are {zero.dtype}, and 8 and 16 bits are supported"
        raise graph.refuse(node, rule, "quantise the model to int8")
    return Grid(np.asarray(scale, np.float32), zero, FORMATS[zero.dtype])


def dequantized(graph: OnnxGraph, node: onnx.NodeProto) -> tuple[Int64Array, Array, IntegerFormat]:
    """Return the codes of a constant, less their zero points, the step of each and their format.

    Raises
    ------
    InputError
        When the scales do not fit the constant.
    """
    codes = graph.constants[node.input[0]]
    scale = np.asarray(graph.constants[node.input[1]], np.float32)
    zero = graph.constant(node, 2)
    axis = graph.attribute(node, "axis", 1) % max(codes.ndim, 1)
    shape = [-1 if place == axis else 1 for place in range(codes.ndim)]
    zeros = np.zeros(1, np.int64) if zero is None else zero.astype(np.int64)
    try:
        spread, moved = (
            np.broadcast_to(
                value.reshape(shape) if value.size > 1 else value.reshape(-1)[0], codes.shape
            )
            for value in (scale, zeros)
        )
    except (ValueError, IndexError):
        rule = f"scales of shape {scale.shape} do not fit codes of shape {codes.shape}"
        raise graph.refuse(node, rule, "quantise the model again") from None
    values = codes.astype(np.int64) - moved
    form = FORMATS.get(codes.dtype) or NARROW.get(codes.dtype.name, IntegerFormat(32, signed=True))
    if np.any(moved):
        width = signed_width(int(np.abs(values).max(initial=1)))
        form = IntegerFormat(max(width, form.bits), signed=True)
    return values, spread, form

"""Scales and zero points of quantised ONNX nodes, and constants that they dequantise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fcgen.load.onnx.graph import Array, OnnxGraph
from fcgen.load.qonnx.state import Codes
from fcgen.numerics.fixed import OPERAND_BITS_MAX, IntegerFormat, signed_width
from fcgen.numerics.float_operations import half_quotient
from fcgen.numerics.source_step import Int64Array

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
"""Formats of constants alone, for which NumPy has no dtypes."""
FLOAT, FLOAT16 = 1, 10
"""ONNX's numbers of element types."""
CODES = {2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16}
"""Output types of QuantizeLinear, by ONNX's numbers."""
HALF_SINCE = 23
"""First opset whose QuantizeLinear divides in the type of its scale, or in its ``precision``."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Scale and zero point of a QuantizeLinear or DequantizeLinear.

    Attributes
    ----------
    scale : ndarray of float32
    zero_point : ndarray
    form : IntegerFormat
    half : bool
        Whether it divides in float16.
    short : bool
        Whether its scale is of float16.
    given : bool
        Whether the node has a zero point.
    """

    scale: Array
    zero_point: Array
    form: IntegerFormat
    half: bool = False
    short: bool = False
    given: bool = True

    @property
    def divisor(self) -> np.float32:
        """The scale in the precision of the division."""
        scale = np.float32(self.scale.reshape(-1)[0])
        return np.float32(np.float16(scale)) if self.half else scale

    @property
    def scalar(self) -> bool:
        """Whether scale and zero point are numbers, not lists of one."""
        return self.scale.ndim == 0 and self.zero_point.ndim == 0

    def as_codes(self) -> Codes:
        """Return the codes of activations on this grid."""
        low, high = self.form.minimum, self.form.maximum
        scale, zero = np.float32(self.scale.reshape(-1)[0]), int(self.zero_point.reshape(-1)[0])
        return Codes(scale, zero, low, high, self.form)

    def quantize(self, values: Array) -> Int64Array:
        """Return the codes of float32 values, as QuantizeLinear computes them."""
        codes = self.as_codes()
        if self.half:
            quotient = half_quotient(values, codes.scale)
        else:
            quotient = (values / codes.scale).astype(np.float32)
        rounded = np.rint(quotient).astype(np.float64)
        found: Int64Array = np.clip(rounded + codes.zero_point, codes.lo, codes.hi).astype(np.int64)
        return found

    def is_of(self, codes: Codes) -> bool:
        """Return whether it is the grid of these codes."""
        own = self.as_codes()
        return (own.scale, own.zero_point, own.form) == (codes.scale, codes.zero_point, codes.form)


def grid_of(graph: OnnxGraph, node: onnx.NodeProto, first: int = 1) -> Grid:
    """Return the grid whose scale and zero point are the operands ``first`` and the next.

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
    given = zero is not None
    if zero is None:
        zero = np.zeros(scale.shape, _kind(graph, node))
    if zero.dtype not in FORMATS:
        rule = f"its codes are {zero.dtype}, and 8 and 16 bits are supported"
        raise graph.refuse(node, rule, "quantise the model to int8")
    short = scale.dtype == np.float16
    half = node.op_type == "QuantizeLinear" and _half(graph, node, short)
    if half and not (np.float16(scale).min() > 0 and np.isfinite(np.float16(scale)).all()):
        rule = "divides by its scale in float16, where that is zero or infinite"
        raise graph.refuse(node, rule, "quantise it in float32")
    return Grid(np.asarray(scale, np.float32), zero, FORMATS[zero.dtype], half, short, given)


def _kind(graph: OnnxGraph, node: onnx.NodeProto) -> Any:
    """Return the dtype of the codes of a node without a zero point."""
    number = graph.attribute(node, "output_dtype", 0) if node.op_type == "QuantizeLinear" else 0
    if number and number not in CODES:
        name = graph.onnx.TensorProto.DataType.Name(number)
        rule = f"its codes are {name}, and 8 and 16 bits are supported"
        raise graph.refuse(node, rule, "quantise the model to int8")
    return CODES[number] if number else np.uint8


def _half(graph: OnnxGraph, node: onnx.NodeProto, short: bool) -> bool:
    """Say whether a QuantizeLinear divides in float16."""
    if graph.opset < HALF_SINCE:
        return False
    precision = graph.attribute(node, "precision", 0)
    if precision not in (0, FLOAT, FLOAT16):
        name = graph.onnx.TensorProto.DataType.Name(precision)
        rule = f"divides in {name}, which onnxruntime refuses"
        raise graph.refuse(node, rule, "quantise it in float32")
    return precision == FLOAT16 or (short and not precision)


def gives_half(graph: OnnxGraph, node: onnx.NodeProto, scale: Array) -> bool:
    """Say whether a DequantizeLinear rounds its products to float16.

    Raises
    ------
    InputError
        When it gives another type than float16 or float32.
    """
    kind = graph.attribute(node, "output_dtype", 0)
    if kind not in (0, FLOAT, FLOAT16) or scale.dtype not in (np.float32, np.float16):
        rule = "gives neither float32 nor float16"
        raise graph.refuse(node, rule, "quantise the model in float32")
    return kind == FLOAT16 or (scale.dtype == np.float16 and not kind)


def dequantized(graph: OnnxGraph, node: onnx.NodeProto) -> tuple[Int64Array, Array, IntegerFormat]:
    """Return the codes of a constant, less their zero points, the step of each and their format.

    Raises
    ------
    InputError
        When the scales do not fit the constant.
    """
    codes = graph.constants[node.input[0]]
    scale = graph.constants[node.input[1]]
    half = gives_half(graph, node, scale)
    spread, moved = (
        _spread(graph, node, np.asarray(value, kind), codes)
        for value, kind in ((scale, np.float32), (_zeros(graph, node), np.int64))
    )
    values = codes.astype(np.int64) - moved
    products = values.astype(np.float32) * spread
    if half and (products.astype(np.float16) != products).any():
        rule = "rounds its products to float16, which are no multiples of a step then"
        raise graph.refuse(node, rule, "quantise the model in float32")
    form = FORMATS.get(codes.dtype) or NARROW.get(codes.dtype.name, IntegerFormat(32, signed=True))
    if np.any(moved):
        width = max(signed_width(int(np.abs(values).max(initial=1))), form.bits)
        if width > OPERAND_BITS_MAX and form.bits <= OPERAND_BITS_MAX:
            rule = f"its codes less their zero points need {width} bits, and {OPERAND_BITS_MAX} are"
            raise graph.refuse(node, f"{rule} supported", "quantise them symmetrically")
        form = IntegerFormat(width, signed=True)
    return values, spread, form


def _zeros(graph: OnnxGraph, node: onnx.NodeProto) -> Array:
    zero = graph.constant(node, 2)
    return np.zeros((), np.int64) if zero is None else zero


def _spread(graph: OnnxGraph, node: onnx.NodeProto, value: Array, codes: Array) -> Array:
    """Return one number for each code: of one for all, for each of an axis or for each block."""
    axis = graph.attribute(node, "axis", 1) % max(codes.ndim, 1)
    block = graph.attribute(node, "block_size", 0)
    shaped = value
    if value.size == 1:
        shaped = value.reshape(())
    elif block and value.ndim == codes.ndim:
        shaped = np.repeat(value, block, axis).take(np.arange(codes.shape[axis]), axis, mode="clip")
    elif value.ndim == 1:
        shaped = value.reshape([-1 if place == axis else 1 for place in range(codes.ndim)])
    try:
        return np.broadcast_to(shaped, codes.shape)
    except ValueError:
        rule = f"scales of shape {value.shape} do not fit codes of shape {codes.shape}"
        raise graph.refuse(node, rule, "quantise the model again") from None

"""Parameters of QONNX's Quant, IntQuant and BipolarQuant nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fcgen.load.onnx.graph import Array, OnnxGraph
from fcgen.numerics import fixed
from fcgen.numerics.fixed import OPERAND_BITS_MAX, IntegerFormat, signed_width
from fcgen.numerics.roundings import BIPOLAR, HALF_AWAY, ROUNDERS
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

QUANT = ("Quant", "IntQuant", "BipolarQuant")
MODES = tuple(name for name in ROUNDERS if name not in (BIPOLAR, HALF_AWAY))
"""Roundings that a node may name."""


@dataclass(frozen=True, eq=False)
class Quantizer:
    """``clip(round(x / divisor + zero), lo, hi)``, as qonnx's executor computes it.

    The executor clamps before it rounds. Its roundings are monotone, so that rounding first and
    clipping to the rounded bounds is the same.

    Attributes
    ----------
    scale : ndarray of float32
        Real value of a step, of one element or of a shape that broadcasts to the values.
    divisor : ndarray of float32
        The scale, or 1 where the code is the sign of the value.
    zero : ndarray of shape (1,)
        The zero point in the dtype of the file, in which it is added if that is wider.
    lo, hi : int
    form : IntegerFormat
        Format that holds the codes and the zero point.
    rounding : str
        One of `fcgen.numerics.roundings.ROUNDERS`.
    """

    scale: npt.NDArray[np.float32]
    divisor: npt.NDArray[np.float32]
    zero: Array
    lo: int
    hi: int
    form: IntegerFormat
    rounding: str

    @property
    def zero_point(self) -> int:
        """Code of a real zero, which may lie outside of ``lo`` to ``hi``."""
        return int(self.zero[0])

    def codes(self, values: Array) -> Int64Array:
        """Return the codes of reals."""
        with np.errstate(over="ignore"):
            quotient = values.astype(np.float32) / self.divisor + self.zero[0]
        rounded = ROUNDERS[self.rounding](quotient)
        codes: Int64Array = np.clip(rounded, self.lo, self.hi).astype(np.int64)
        return codes


def quantizer(graph: OnnxGraph, node: onnx.NodeProto, most: int = OPERAND_BITS_MAX) -> Quantizer:
    """Return the parameters of a node.

    Parameters
    ----------
    graph : OnnxGraph
    node : onnx.NodeProto
    most : int
        Largest bit width.

    Raises
    ------
    InputError
        When they are no constants, or describe no integers of 1 to ``most`` bits.
    """
    scale = _constant(graph, node, 1, "scale")
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise graph.refuse(node, "its scales must be positive and finite", "correct the model")
    if np.result_type(scale, np.float32) != np.float32:
        raise graph.refuse(node, f"its scales are {scale.dtype}", "make them float32")
    scale = scale.astype(np.float32)
    if node.op_type == "BipolarQuant":
        one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
        return Quantizer(scale, one, none, -1, 1, fixed.BIPOLAR, BIPOLAR)
    zero, bits = _number(graph, node, 2, "zero point"), _number(graph, node, 3, "bit width")
    if not float(zero[0]).is_integer():
        raise graph.refuse(node, "its zero point must be an integer", "correct the model")
    if not 1 <= bits[0] <= most:
        rule = f"has {bits[0]:g} bits, and 1 to {most} are supported"
        raise graph.refuse(node, rule, "quantise it with fewer")
    signed = bool(graph.attribute(node, "signed", 1))
    narrow = bool(graph.attribute(node, "narrow", 0))
    rounding = graph.attribute(node, "rounding_mode", b"ROUND").decode(errors="replace").upper()
    if signed and bits[0] == 1:
        lo, hi, rounding = -1, 1, BIPOLAR
    elif rounding not in MODES:
        rule = f"rounds by {rounding}, which qonnx does not know; {', '.join(MODES)} are"
        raise graph.refuse(node, rule, "choose one of these")
    else:
        lo, hi = (int(ROUNDERS[rounding](end)) for end in _bounds(bits[0], signed, narrow))
    form = _format(graph, node, lo, hi, int(zero[0]), int(np.ceil(bits[0])), signed)
    return Quantizer(scale, scale, zero, lo, hi, form, rounding)


def _bounds(bits: Any, signed: bool, narrow: bool) -> tuple[Array, Array]:
    """Return the bounds of a bit width; neither the width nor they need be whole."""
    if signed:
        half = 2 ** (bits - 1)
        ends = narrow - half, half - 1
    else:
        ends = 0 * bits, 2**bits - 1 - narrow
    return np.asarray(ends[0], np.float32), np.asarray(ends[1], np.float32)


def _format(
    graph: OnnxGraph,
    node: onnx.NodeProto,
    lo: int,
    hi: int,
    zero_point: int,
    bits: int,
    signed: bool,
) -> IntegerFormat:
    """Return the narrowest format from that of the node on that holds the zero point as well."""
    if signed and bits == 1 and not zero_point:
        return fixed.BIPOLAR
    # A second code, also where bounds leave one: steps have two.
    low, high = min(lo, zero_point), max(hi, lo + 1, zero_point)
    signed = signed or low < 0
    width = max(signed_width(max(-low - 1, high)) if signed else high.bit_length(), bits)
    if width > OPERAND_BITS_MAX and abs(zero_point) >> OPERAND_BITS_MAX - 1:
        rule = f"its zero point {zero_point} does not fit {OPERAND_BITS_MAX} bits"
        raise graph.refuse(node, rule, "use one that is nearer to its codes")
    return IntegerFormat(width, signed)


def _constant(graph: OnnxGraph, node: onnx.NodeProto, place: int, what: str) -> Array:
    value = graph.constant(node, place)
    if value is None:
        raise graph.refuse(node, f"its {what} must be a constant", "correct the model")
    return value


def _number(graph: OnnxGraph, node: onnx.NodeProto, place: int, what: str) -> Array:
    """Return a constant that is one number, of shape (1,) and the type of the file."""
    value = _constant(graph, node, place, what).reshape(-1)
    if value.size < 1 or (value != value[0]).any() or not np.isfinite(float(value[0])):
        raise graph.refuse(node, f"its {what} must be one number", "correct the model")
    return value[:1]

"""QONNX's Quant, IntQuant and BipolarQuant: their parameters, and constants that they quantise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen import fixed
from fcgen.fixed import OPERAND_BITS_MAX, IntegerFormat
from fcgen.float_chain import BIPOLAR, ROUNDERS
from fcgen.load.onnx_graph import Array, OnnxGraph
from fcgen.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

QUANT = ("Quant", "IntQuant", "BipolarQuant")


@dataclass(frozen=True, eq=False)
class Quantizer:
    """``clip(round(x / scale + zero_point), lo, hi)``.

    Attributes
    ----------
    scale : ndarray of float32
        Of one element, or one that broadcasts to what is quantised.
    zero_point, lo, hi : int
    form : IntegerFormat
    rounding : str
    """

    scale: npt.NDArray[np.float32]
    zero_point: int
    lo: int
    hi: int
    form: IntegerFormat
    rounding: str

    def codes(self, values: Array) -> Int64Array:
        """Return the codes of reals, in float32 as the executor computes them."""
        quotient = values.astype(np.float32)
        if self.rounding != BIPOLAR:
            quotient = (quotient / self.scale).astype(np.float32) + np.float32(self.zero_point)
        rounded = ROUNDERS[self.rounding](np.clip(quotient, self.lo, self.hi))
        codes: Int64Array = rounded.astype(np.int64)
        return codes


def quantizer(graph: OnnxGraph, node: onnx.NodeProto) -> Quantizer:
    """Return the parameters of a node.

    Raises
    ------
    InputError
        When they are no constants or no integers of 1 to 16 bits.
    """
    scale = _constant(graph, node, 1, "scale").astype(np.float32)
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise graph.refuse(node, "its scales must be positive and finite", "correct the model")
    if node.op_type == "BipolarQuant":
        return Quantizer(scale, 0, -1, 1, fixed.BIPOLAR, BIPOLAR)
    zero_point = _number(graph, node, 2, "zero point")
    bits = _number(graph, node, 3, "bit width")
    if not 1 <= bits <= OPERAND_BITS_MAX:
        rule = f"has {bits} bits, and 1 to {OPERAND_BITS_MAX} are supported"
        raise graph.refuse(node, rule, "quantise it with fewer")
    signed = bool(graph.attribute(node, "signed", 1))
    narrow = bool(graph.attribute(node, "narrow", 0))
    form = IntegerFormat(bits, signed)
    lo = form.minimum + (narrow and signed)
    hi = form.maximum - (narrow and not signed)
    rounding = graph.attribute(node, "rounding_mode", b"ROUND").decode(errors="replace").upper()
    if rounding not in ROUNDERS or rounding == BIPOLAR:
        rule = f"rounds by {rounding}, and {', '.join(ROUNDERS)} are known"
        raise graph.refuse(node, rule, "choose one of these")
    if not form.contains(zero_point):
        rule = f"its zero point {zero_point} is outside of {form.name}"
        raise graph.refuse(node, rule, "correct the model")
    return Quantizer(scale, zero_point, lo, hi, form, rounding)


def _constant(graph: OnnxGraph, node: onnx.NodeProto, place: int, what: str) -> Array:
    value = graph.constant(node, place)
    if value is None:
        raise graph.refuse(node, f"its {what} must be a constant", "correct the model")
    return value


def _number(graph: OnnxGraph, node: onnx.NodeProto, place: int, what: str) -> int:
    value = _constant(graph, node, place, what).astype(np.float64).reshape(-1)
    if value.size < 1 or (value != value[0]).any() or not float(value[0]).is_integer():
        raise graph.refuse(node, f"its {what} must be one integer", "correct the model")
    return int(value[0])

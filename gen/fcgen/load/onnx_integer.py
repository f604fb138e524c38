"""Quantised ONNX graphs (QDQ, QCDQ and QOperator), as onnxruntime computes them.

A sum of products of codes is one of integers there. Where a layer is nothing but its product, its
bias and QuantizeLinear, onnxruntime computes ``clip(rint(f32(acc) · f32(f32(xs·ws)/ys)) + zero)``;
where more stands between, or the codes have other types than that takes, everything is done in
floats, and sums as well.

On x86 processors without VNNI, onnxruntime's kernels for unsigned activations saturate sums of two
products; sessions with the entry ``session.x64quantprecision`` of 1 do not. The integers here are
those of exact sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import bad_input
from fcgen.fixed import IntegerFormat
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.load.onnx_graph import Array
from fcgen.load.qonnx import QuantWalk
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.real_map import InputGrid
from fcgen.source_step import FloatChain, FloatProduct, Int64Array, Step

if TYPE_CHECKING:
    import onnx

TARGET = "onnxruntime"
CODE_BITS = 8
"""Codes of which onnxruntime makes products of integers."""
FORMATS = {
    np.dtype(np.int8): IntegerFormat(8, signed=True),
    np.dtype(np.uint8): IntegerFormat(8, signed=False),
    np.dtype(np.int16): IntegerFormat(16, signed=True),
    np.dtype(np.uint16): IntegerFormat(16, signed=False),
}


@dataclass(frozen=True, eq=False)
class _Grid:
    """Scale and zero point of a QuantizeLinear or DequantizeLinear."""

    scale: Array
    zero_point: Array
    form: IntegerFormat

    def codes(self) -> Codes:
        """Return them as those of activations."""
        low, high = self.form.minimum, self.form.maximum
        scale, zero = np.float32(self.scale.reshape(-1)[0]), int(self.zero_point.reshape(-1)[0])
        return Codes(scale, zero, low, high, self.form)


class IntegerWalk(QuantWalk):
    """A graph of QuantizeLinear, DequantizeLinear and integer products.

    ``paired`` says whether the last codes go from their QuantizeLinear to one DequantizeLinear,
    ``product`` which operation the last layer is.
    """

    paired = False
    product = ""

    def grid(self, node: onnx.NodeProto, first: int = 1) -> _Grid:
        """Return the scale and the zero point that stand at operands ``first`` and the next."""
        scale = self.constant(node, first)
        zero = self.constant(node, first + 1)
        if scale is None or not (np.isfinite(scale).all() and (scale > 0).all()):
            rule = "its scales must be positive constants"
            raise self.refuse(node, rule, "quantise the model statically")
        if zero is None:
            zero = np.zeros(scale.shape, np.uint8)
        if zero.dtype not in FORMATS:
            rule = f"its codes are {zero.dtype}, and 8 and 16 bits are supported"
            raise self.refuse(node, rule, "quantise the model to int8")
        return _Grid(np.asarray(scale, np.float32), zero, FORMATS[zero.dtype])

    def fold(self, node: onnx.NodeProto) -> None:
        """Take a node of constants."""
        if node.op_type != "DequantizeLinear":
            super().fold(node)
            return
        codes = self.constants[node.input[0]]
        scale = np.asarray(self.constants[node.input[1]], np.float32)
        zero = self.constant(node, 2)
        axis = self.attribute(node, "axis", 1) % max(codes.ndim, 1)
        shape = [-1 if place == axis else 1 for place in range(codes.ndim)]
        spread = np.broadcast_to(scale.reshape(shape) if scale.ndim else scale, codes.shape)
        moved = np.zeros(1, np.int64) if zero is None else zero.astype(np.int64)
        moved = moved.reshape(shape) if moved.size > 1 else moved.reshape(-1)[0]
        values = codes.astype(np.int64) - moved
        form = FORMATS.get(codes.dtype, IntegerFormat(32, signed=True))
        if np.any(moved):
            form = IntegerFormat(form.bits + 1, signed=True)
        self.weights[node.output[0]] = values, spread, form
        self.constants[node.output[0]] = (values * spread).astype(np.float32)
        self.report(node, f"a constant of {codes.dtype}")

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node that runs; return what became of it."""
        kind = node.op_type
        if kind in ("MatMul", "Gemm"):
            self.product = kind
        if kind == "QuantizeLinear":
            return self._quantize_linear(node)
        if kind == "DequantizeLinear":
            return self._dequantize_linear(node)
        if kind in ("QGemm", "QLinearMatMul"):
            return self._integer_product(node, kind)
        if kind == "Clip" and isinstance(self.state, Codes):
            return self._clip_codes(node)
        return super().apply(node)

    def _quantize_linear(self, node: onnx.NodeProto) -> str:
        grid = self.grid(node)
        if grid.scale.size != 1:
            rule = "scales of activations must be one number"
            raise self.refuse(node, rule, "quantise them by tensor")
        codes = grid.codes()
        paired = self._paired(node)
        if self.state is None:
            if self.before:
                rule = "must stand at the input itself"
                raise self.refuse(node, rule, "quantise the input before anything else")
            self.input = InputGrid(float(codes.scale), codes.zero_point, codes.lo, codes.hi)
            self.state, self.paired = codes, paired
            return "the grid of the input"
        if isinstance(self.state, Codes):
            if self.state != codes:
                rule = "quantises what is quantised already, to another grid"
                raise self.refuse(node, rule, "remove one of the two")
            return "no change"
        self.layers.append(self._closed(self.state, codes, self._fused(self.state, codes, paired)))
        self.state, self.paired = codes, paired
        return f"the outputs of layer {len(self.layers)}, {codes.form.name}"

    def _paired(self, node: onnx.NodeProto) -> bool:
        readers = [
            other.op_type for other in self.model.graph.node if node.output[0] in other.input
        ]
        return readers == ["DequantizeLinear"]

    def _fused(self, sums: Sums, codes: Codes, paired: bool) -> bool:
        """Say whether onnxruntime makes one product of integers of a layer and its grids.

        It does so where both sides have codes of one type of 8 bits. On x86 it first makes uint8 of
        int8 that goes straight from a QuantizeLinear to a DequantizeLinear, so that a layer with a
        Clip of codes at one side alone stays one of floats; and a product without bias, which it
        takes for uint8 only, does so with a Clip at any side.
        """
        narrow = max(codes.form.bits, sums.form.bits - 1) <= CODE_BITS
        biased = self.product == "Gemm" or any(name == "add" for name, _ in sums.chains[0])
        alike = paired == self.paired if biased else paired and self.paired
        return narrow and (alike or not codes.form.signed) and sums.entry.form == codes.form

    def _dequantize_linear(self, node: onnx.NodeProto) -> str:
        grid = self.grid(node)
        if not isinstance(self.state, Codes) or self.state.scale != grid.codes().scale:
            rule = "does not undo the QuantizeLinear before it"
            raise self.refuse(node, rule, "correct the model")
        return "the reals of codes"

    def _clip_codes(self, node: onnx.NodeProto) -> str:
        """Take a clip of codes, as Brevitas writes narrow formats."""
        assert isinstance(self.state, Codes)
        assert self.input is not None
        bounds = [self.constant(node, place) for place in (1, 2)]
        if any(bound is None or bound.dtype.kind not in "iu" for bound in bounds):
            rule = "of codes needs two constants of integers"
            raise self.refuse(node, rule, "correct the model")
        lo, hi = (int(np.asarray(bound).reshape(-1)[0]) for bound in bounds)
        lo, hi = max(lo, self.state.lo), min(hi, self.state.hi)
        self.state = replace(self.state, lo=lo, hi=hi)
        if not self.layers:
            self.input = replace(self.input, lo=lo, hi=hi)
            return "bounds of the input"
        last = self.layers[-1]
        assert last.step is not None
        self.layers[-1] = replace(last, step=_narrowed(last.step, lo, hi))
        return f"bounds of layer {len(self.layers)}"

    def _closed(self, sums: Sums, codes: Codes, fused: bool) -> IntegerLayer:
        """Return the layer that ends in a QuantizeLinear."""
        step: Step
        bias = _integer_bias(sums, codes) if fused else None
        if bias is not None:
            factor = (sums.scale / codes.scale).astype(np.float32)
            bounds = codes.zero_point, codes.lo, codes.hi
            step = FloatProduct(factor, codes.form, *bounds)
        else:
            bias = sums.bias
            first, *others = (tuple(chain) for chain in sums.chains)
            step = FloatChain(
                operations=first,
                scale=np.array([codes.scale]),
                rounding="ROUND",
                output=codes.form,
                zero_point=codes.zero_point,
                lo=codes.lo,
                hi=codes.hi,
                outputs=len(sums.weight),
                others=tuple(others),
                zero_after=True,
                error=sums.error,
            )
        return replace(sums.layer(None), step=step, bias=bias)

    def _integer_product(self, node: onnx.NodeProto, kind: str) -> str:
        """Take a QGemm or a QLinearMatMul, whose outputs are codes."""
        assert isinstance(self.state, Codes)
        entry, weight = self.grid(node, 1), self.constant(node, 3)
        scale = self.constant(node, 4)
        if weight is None or scale is None or weight.ndim != 2:
            raise self.refuse(node, "its weights must be a constant matrix", "correct the model")
        zero = self.constant(node, 5)
        turned = kind == "QGemm" and self.attribute(node, "transB", 0)
        matrix = (weight if turned else weight.T).astype(np.int64)
        form = FORMATS.get(weight.dtype, IntegerFormat(8, signed=True))
        if zero is not None and zero.any():
            matrix = matrix - zero.astype(np.int64).reshape(-1, 1)
            form = IntegerFormat(form.bits + 1, signed=True)
        if int(np.prod(self.shape[:-1])) != 1 or matrix.shape[1] != self.shape[-1]:
            rule = f"weights of shape {weight.shape} on {self.shape} are no plain dense layer"
            raise self.refuse(node, rule, "flatten the input before it")
        place = 7 if kind == "QGemm" else 6
        named = entry.codes()
        if (named.scale, named.zero_point) != (self.state.scale, self.state.zero_point):
            raise self.refuse(node, "its input has another grid than it says", "correct the model")
        sums = Sums(
            name=node.name or node.output[0],
            weight=matrix,
            form=form,
            entry=self.state,
            scale=np.broadcast_to(scale.reshape(-1) * self.state.scale, (len(matrix),)),
            chains=[[]],
            bias=np.zeros(len(matrix), np.int64),
        )
        sums.chains = [[("multiply", sums.scale)]]
        if kind == "QGemm" and (bias := self.constant(node, 6)) is not None:
            sums.bias = bias.astype(np.int64).reshape(-1)
        self.shape = (*self.shape[:-1], len(matrix))
        if place >= len(node.input) or not node.input[place]:
            self.state = sums
            return f"layer {len(self.layers) + 1}, {matrix.shape[1]} → {len(matrix)}"
        codes = self.grid(node, place).codes()
        self.layers.append(self._closed(sums, codes, fused=True))
        self.state = codes
        return f"layer {len(self.layers)}, {matrix.shape[1]} → {len(matrix)}"


def _integer_bias(sums: Sums, codes: Codes) -> Int64Array | None:
    """Return the bias of a layer that onnxruntime computes in integers; None of one in floats.

    It does so where nothing stands between product, bias and QuantizeLinear but a ReLU that the
    zero point makes needless; the bias becomes one of integers then.
    """
    (_, *rest) = sums.chains[0]
    bias = sums.bias
    if rest and rest[0][0] == "add":
        steps = np.rint(rest[0][1].astype(np.float64) / sums.scale)
        bias, rest = bias + steps.astype(np.int64), rest[1:]
    needless = codes.zero_point == codes.lo
    plain = all(name == "maximum" and needless and not value.any() for name, value in rest)
    return bias if len(sums.chains) == 1 and plain else None


def _narrowed(step: Step, lo: int, hi: int) -> Step:
    """Return a step with narrower bounds."""
    assert isinstance(step, FloatProduct | FloatChain)
    return replace(step, lo=lo, hi=hi)


def read_integer(path: Path, model: onnx.ModelProto) -> IntegerModel:
    """Return the layers of a quantised graph.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = IntegerWalk(path, model, None)
    tail = walk.through()
    if walk.input is None:
        rule = "does not quantise its input"
        raise bad_input(path, walk.input_name, rule, "put a QuantizeLinear behind it")
    return walk.result("ONNX, quantised", TARGET, tail)

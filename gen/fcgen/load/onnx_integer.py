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

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import shown
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.load import onnx_qoperator
from fcgen.load.mapped import ONE_LAYER, Mapped, codes_of
from fcgen.load.onnx_grid import dequantized, grid_of
from fcgen.load.onnx_rules import CODE_BITS, closed, fused
from fcgen.load.onnx_tail import SAME_ORDER
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.load.qonnx_walk import QuantWalk
from fcgen.real_map import InputGrid, RealMap

if TYPE_CHECKING:
    import onnx

TARGET = "onnxruntime"


class IntegerWalk(QuantWalk):
    """A graph of QuantizeLinear, DequantizeLinear and integer products.

    ``real`` says whether what runs are the reals of codes, not the codes themselves, ``paired``
    whether the last codes go from their QuantizeLinear to one DequantizeLinear, ``product`` which
    operation the last layer is.
    """

    real = False
    paired = False
    product = ""

    def fold(self, node: onnx.NodeProto) -> None:
        """Take a node of constants."""
        if node.op_type != "DequantizeLinear":
            super().fold(node)
            return
        values, steps, form = dequantized(self, node)
        self.weights[node.output[0]] = values, steps, form
        kind = self.constants[node.input[0]].dtype
        self.constants[node.output[0]] = (values * steps).astype(np.float32)
        self.report(node, f"a constant of {kind}")

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node that runs; return what became of it."""
        kind = node.op_type
        if kind == "QuantizeLinear":
            return self._quantize_linear(node)
        if kind == "DequantizeLinear":
            return self._dequantize_linear(node)
        if kind in onnx_qoperator.PRODUCTS:
            return onnx_qoperator.product(self, node)
        if kind in onnx_qoperator.FUNCTIONS:
            return onnx_qoperator.function(self, node)
        if isinstance(self.state, Codes) and not self.real and kind not in SAME_ORDER:
            if kind == "Clip":
                return self._clip_codes(node)
            rule = "takes codes as they are, and is not supported"
            remedy = ONE_LAYER if kind == "QLinearAdd" else "put a DequantizeLinear before it"
            raise self.refuse(node, rule, remedy)
        if kind == "BatchNormalization" and self.state is None:
            rule = "stands before the input's quantiser, and runtimes compute it in several ways"
            raise self.refuse(node, rule, "write it as a Mul and an Add")
        if kind in ("MatMul", "Gemm"):
            self.product = kind
        return super().apply(node)

    def _quantize_linear(self, node: onnx.NodeProto) -> str:
        grid = grid_of(self, node)
        if grid.scale.size != 1:
            rule = "scales of activations must be one number"
            raise self.refuse(node, rule, "quantise them by tensor")
        codes = grid.codes()
        before, self.paired, self.real = self.paired, self._paired(node), False
        if self.state is None:
            self.check_entry(node)
            scaler = RealMap(tuple((name, np.asarray(value)) for name, value in self.before))
            self.input = InputGrid(float(codes.scale), codes.zero_point, codes.lo, codes.hi, scaler)
            self.state = codes
            return "the grid of the input"
        if isinstance(self.state, Mapped):
            return self.tabulate(self.state, *self.state.table(grid.quantize), codes)
        if isinstance(self.state, Codes):
            if not grid.is_of(self.state):
                rule = "quantises what is quantised already, to another grid"
                raise self.refuse(node, rule, "remove one of the two")
            return "no change"
        self.layers.append(self._closed(self.state, codes, before))
        self.state = codes
        return f"the outputs of layer {len(self.layers)}, {codes.form.name}"

    def _closed(self, sums: Sums, codes: Codes, before: bool) -> IntegerLayer:
        biased = self.product == "Gemm" or any(name == "add" for name, _ in sums.chains[0])
        # Inputs that the graph does not quantise are floats, and so are their sums.
        whole = (
            self.quantised(sums)
            and sums.fusible
            and fused(sums, codes, biased=biased, before=before, after=self.paired)
        )
        if not whole and self.quantised(sums) and sums.entry.form.bits > CODE_BITS:
            self._note_wide(sums)
        return closed(sums, codes, fused=whole)

    def _note_wide(self, sums: Sums) -> None:
        """Say that onnxruntime may quantise the inputs of a layer anew, and how to keep it off."""
        self.notes.append(
            f"{shown(sums.name)}: by default onnxruntime may compute it by MatMulNBits, which "
            "makes 8 bits of its inputs; the integers are those of sessions with the entry "
            "session.qdq_matmulnbits_accuracy_level of 1"
        )

    def _paired(self, node: onnx.NodeProto) -> bool:
        readers = [
            other.op_type for other in self.model.graph.node if node.output[0] in other.input
        ]
        return readers == ["DequantizeLinear"]

    def _dequantize_linear(self, node: onnx.NodeProto) -> str:
        grid = grid_of(self, node)
        if not isinstance(self.state, Codes) or self.real or not grid.is_of(self.state):
            rule = "does not undo the QuantizeLinear before it"
            raise self.refuse(node, rule, "correct the model")
        self.real = True
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
        entries = np.clip(codes_of(self.state.form), lo, hi)
        return self.tabulate(Mapped.of(self.state), entries, (), self.state)


def read_integer(
    path: Path, model: onnx.ModelProto, entry: InputGrid | None = None
) -> IntegerModel:
    """Return the layers of a quantised graph.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise; default
        `fcgen.load.qonnx_dense.DEFAULT_ENTRY`.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = IntegerWalk(path, model, entry)
    tail = walk.through()
    return walk.result("ONNX, quantised", TARGET, tail)

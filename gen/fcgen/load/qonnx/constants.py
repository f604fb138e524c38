"""Constants of QONNX graphs that were quantised: their codes beside their values."""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.onnx.graph import SAME_ORDER, Array
from fcgen.load.onnx.walk import OnnxWalk
from fcgen.load.qonnx.quant import QUANT, quantizer
from fcgen.numerics.fixed import IntegerFormat, signed_width
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

CONSTANT_BITS_MAX = 32
"""Widest constant: a bias, of which the value alone counts."""
MOVING = ("Transpose", *SAME_ORDER)


class QuantConstants(OnnxWalk, ABC):
    """A graph that remembers the integers of its constants.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.

    Attributes
    ----------
    weights : dict
        By name: codes, the step of each, and their format.
    """

    def __init__(self, path: Path, model: onnx.ModelProto) -> None:
        super().__init__(path, model)
        self.weights: dict[str, tuple[Int64Array, Array, IntegerFormat]] = {}

    def fold(self, node: onnx.NodeProto) -> None:
        """See `OnnxWalk.fold`."""
        if node.op_type in QUANT:
            found = quantizer(self, node, CONSTANT_BITS_MAX)
            values = self.constants[node.input[0]]
            codes = found.codes(values) - found.zero_point
            steps = np.broadcast_to(found.scale, values.shape)
            form = found.form
            if found.zero_point:
                form = IntegerFormat(signed_width(int(np.abs(codes).max(initial=1))), signed=True)
            self.weights[node.output[0]] = codes, steps, form
            self.constants[node.output[0]] = codes.astype(np.float32) * steps
            self.report(node, f"a constant of {found.form.name}")
            return
        self.evaluate(node)
        if node.op_type in MOVING and node.input[0] in self.weights:
            codes, steps, form = self.weights[node.input[0]]
            moved = [self._moved(node, array) for array in (codes, steps)]
            self.weights[node.output[0]] = moved[0], moved[1], form

    def _moved(self, node: onnx.NodeProto, array: Array) -> Array:
        others = {name: self.constants[name] for name in node.input[1:] if name}
        given = {node.input[0]: array, **others}
        return self._run(node, given, [node.output[0]], "cannot be applied to codes")[0]

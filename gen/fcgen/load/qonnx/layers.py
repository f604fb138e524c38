"""What a walk over a quantised graph has found so far: constants, the input's grid, layers."""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import InputError
from fcgen.load.integer_model import IntegerLayer
from fcgen.load.onnx.graph import SAME_ORDER, Array
from fcgen.load.onnx.walk import OnnxWalk
from fcgen.load.qonnx.mapped import Mapped
from fcgen.load.qonnx.quant import QUANT, quantizer
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.numerics.fixed import IntegerFormat, signed_width
from fcgen.numerics.real_map import InputGrid
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

CONSTANT_BITS_MAX = 32
"""Widest constant: a bias, which is used by its value, not by its codes."""
MOVING = ("Transpose", *SAME_ORDER)


class QuantLayers(OnnxWalk, ABC):
    """A graph, the integers of its constants, and the integer layers that its nodes have become.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise.

    Attributes
    ----------
    weights : dict
        Constants by name: codes, the step of each, and their format.
    input : InputGrid, optional
        Grid of the inputs, once it is known; ``open`` says that it was assumed.
    before : list of operations
        What the graph does to its input before that is quantised.
    state : Codes, Mapped or Sums, optional
        The current value; None before the input is quantised.
    layers : list of IntegerLayer
    """

    def __init__(self, path: Path, model: onnx.ModelProto, entry: InputGrid | None) -> None:
        super().__init__(path, model)
        self.weights: dict[str, tuple[Int64Array, Array, IntegerFormat]] = {}
        self.entry = entry
        self.open = False
        self.notes: list[str] = []
        self.input: InputGrid | None = None
        self.before: list[tuple[str, Array]] = []
        self.state: Codes | Mapped | Sums | None = None
        self.layers: list[IntegerLayer] = []

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

    def several_scales(self, node: onnx.NodeProto) -> InputError:
        """Return the error of codes with a scale for each element, where one is needed."""
        rule = "scales of activations must be one number"
        return self.refuse(node, rule, "quantise them by tensor")

"""What a walk over a quantised graph has found so far: the input's grid, layers, what runs."""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.errors import InputError
from fcgen.load.integer_model import IntegerLayer
from fcgen.load.onnx.graph import Array
from fcgen.load.qonnx.constants import QuantConstants
from fcgen.load.qonnx.mapped import Mapped
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.numerics.real_map import InputGrid

if TYPE_CHECKING:
    import onnx


class QuantLayers(QuantConstants, ABC):
    """A graph, and the integer layers that its nodes have become.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise.
    """

    def __init__(self, path: Path, model: onnx.ModelProto, entry: InputGrid | None) -> None:
        super().__init__(path, model)
        self.entry = entry
        self.open = False
        self.notes: list[str] = []
        self.input: InputGrid | None = None
        self.before: list[tuple[str, Array]] = []
        self.state: Codes | Mapped | Sums | None = None
        self.layers: list[IntegerLayer] = []

    def several_scales(self, node: onnx.NodeProto) -> InputError:
        """Return the error of codes with a scale for each element, where one is needed."""
        rule = "scales of activations must be one number"
        return self.refuse(node, rule, "quantise them by tensor")

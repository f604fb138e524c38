"""QONNX graphs: dense layers between Quant nodes, as qonnx's executor computes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.load.integer_model import IntegerModel
from fcgen.load.qonnx.walk import QuantWalk
from fcgen.numerics.real_map import InputGrid

if TYPE_CHECKING:
    import onnx

TARGET = "qonnx"


def read_qonnx(path: Path, model: onnx.ModelProto, entry: InputGrid | None = None) -> IntegerModel:
    """Return the layers of a QONNX graph.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise; default
        `fcgen.load.qonnx.dense.DEFAULT_ENTRY`.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = QuantWalk(path, model, entry)
    return walk.result("QONNX", TARGET, walk.through())

"""State of a walk over a float graph: the graph and the chain of layers so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.chain import Chain
from fcgen.load.onnx_graph import OnnxGraph

if TYPE_CHECKING:
    import onnx


class FloatWalk(OnnxGraph):
    """A graph whose nodes become layers one by one.

    Attributes
    ----------
    chain : Chain
    """

    def __init__(self, path: Path, model: onnx.ModelProto) -> None:
        super().__init__(path, model)
        self.chain = Chain(int(np.prod(self.shape)))

"""ONNX graphs of float dense layers: a chain of nodes, folded into layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.errors import bad_input
from fcgen.load.model import Model
from fcgen.load.onnx import dense as onnx_dense
from fcgen.load.onnx import elementwise as onnx_elementwise
from fcgen.load.onnx.graph import SAME_ORDER
from fcgen.load.onnx.walk import FloatWalk

if TYPE_CHECKING:
    import onnx

Handler = Callable[[FloatWalk, "onnx.NodeProto"], str]
HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(SAME_ORDER, onnx_elementwise.same_order),
    "Transpose": onnx_elementwise.transpose,
    "MatMul": onnx_dense.matmul,
    "Gemm": onnx_dense.gemm,
    "Conv": onnx_dense.convolution,
    "Add": onnx_elementwise.add,
    "Sub": onnx_elementwise.subtract,
    "Mul": onnx_elementwise.multiply,
    "Div": onnx_elementwise.divide,
    "Neg": onnx_elementwise.negate,
    "BatchNormalization": onnx_elementwise.batch_normalization,
    "Relu": onnx_elementwise.relu,
    "LeakyRelu": onnx_elementwise.leaky_relu,
    "Sigmoid": onnx_elementwise.sigmoid,
    "Tanh": onnx_elementwise.tanh,
    "Clip": onnx_elementwise.clip,
    "PRelu": onnx_elementwise.prelu,
    "HardSigmoid": onnx_elementwise.hard_sigmoid,
    "Max": onnx_elementwise.bound,
    "Min": onnx_elementwise.bound,
}
BY_DOMAIN: dict[str, dict[str, Handler]] = {
    "": HANDLERS,
    "ai.onnx": HANDLERS,
    "ai.onnx.ml": {"Scaler": onnx_elementwise.scaler},
}


class _Walk(FloatWalk):
    """A graph whose nodes are folded into layers by their handlers."""

    def apply(self, node: onnx.NodeProto) -> str:
        handler = BY_DOMAIN.get(node.domain, {}).get(node.op_type)
        if handler is None:
            rule = "is not supported in a chain of dense layers"
            raise self.refuse(node, rule, "remove it, or replace it by dense layers")
        return handler(self, node)


def read_float(path: Path, model: onnx.ModelProto) -> Model:
    """Return the layers of a float graph.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = _Walk(path, model)
    tail = walk.through()
    if not walk.chain.layers:
        rule = "no dense layer was found"
        raise bad_input(path.stem, "ONNX, float", rule, "give a model with at least one")
    if walk.chain.pending:
        rule = "what follows the last activation cannot be folded into a layer"
        raise bad_input(path, walk.head, rule, "remove it from the model")
    return Model(
        name=path.stem,
        format="ONNX, float",
        input_name=walk.input_name,
        input_shape=walk.input_shape,
        layers=tuple(walk.chain.layers),
        tail=tail,
        nodes=walk.chain.settled(walk.reports),
        shape=walk.declared,
        scaler=walk.chain.scaler,
    )

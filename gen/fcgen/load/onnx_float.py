"""ONNX graphs of float dense layers: a chain of nodes, folded into layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.errors import bad_input
from fcgen.load import onnx_dense, onnx_elementwise
from fcgen.load.onnx_walk import FloatWalk
from fcgen.model import Model

if TYPE_CHECKING:
    import onnx

Handler = Callable[[FloatWalk, "onnx.NodeProto"], str]
SAME_ORDER = ("Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
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
}
BY_DOMAIN: dict[str, dict[str, Handler]] = {
    "": HANDLERS,
    "ai.onnx": HANDLERS,
    "ai.onnx.ml": {"Scaler": onnx_elementwise.scaler},
}
CHOICES = {"ArgMax": "argmax", "Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}
"""What the end of a classifier is called, by the operation that makes it one."""
TAIL = {
    *(*CHOICES, *SAME_ORDER),
    *("ArrayFeatureExtractor", "ZipMap", "Normalizer", "LabelEncoder", "Concat", "Sub", "TopK"),
    *("Gather", "ReduceMax", "Equal", "Where", "Greater", "Less", "Not", "GreaterOrEqual"),
}
"""Operations that may follow the last layer, where the graph may also branch."""


def read_float(path: Path, model: onnx.ModelProto) -> Model:
    """Return the layers of a float graph.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = FloatWalk(path, model)
    nodes = list(model.graph.node)
    tail = ""
    for place, node in enumerate(nodes):
        running = [name for name in node.input if name and name not in walk.constants]
        if node.op_type == "Shape" and running == [walk.head]:
            walk.fold_shape(node)
        elif not running:
            walk.evaluate(node)
        elif tail or (
            walk.chain.layers
            and not walk.chain.pending
            and (tail := tail_of(walk.head, nodes[place:]))
        ):
            walk.report(node, "after the last layer")
        else:
            _apply(walk, node, running)
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
        nodes=tuple(walk.reports),
    )


def _apply(walk: FloatWalk, node: onnx.NodeProto, running: list[str]) -> None:
    """Fold a node into the chain."""
    if running != [walk.head]:
        rule = "the graph is no chain: it uses a value beside the one before"
        raise walk.refuse(node, rule, "give a model whose layers form one chain")
    handler = BY_DOMAIN.get(node.domain, {}).get(node.op_type)
    if handler is None:
        rule = "is not supported in a chain of dense layers"
        raise walk.refuse(node, rule, "remove it, or replace it by dense layers")
    walk.report(node, handler(walk, node))
    walk.head = node.output[0]


def tail_of(head: str, rest: list[onnx.NodeProto]) -> str:
    """Return the word of `CHOICES` where only the end of a classifier is left, else nothing.

    Parameters
    ----------
    head : str
        Name of what the last layer gives.
    rest : list of onnx.NodeProto
        Nodes that are left, the one in question first.
    """
    if head not in rest[0].input:
        return ""
    reached, kinds = {head}, []
    for node in rest:
        if reached & set(node.input):
            if node.op_type not in TAIL:
                return ""
            reached |= set(node.output)
            kinds.append(node.op_type)
    return next((word for kind, word in CHOICES.items() if kind in kinds), "")

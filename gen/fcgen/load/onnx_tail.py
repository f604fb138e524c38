"""The end of a classifier: what a graph does behind its last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

SAME_ORDER = ("Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
"""Operations that leave all values where they are in memory."""
CHOICES = {"ArgMax": "argmax", "Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}
"""What the end of a classifier is called, by the operation that makes it one."""
TAIL = {
    *(*CHOICES, *SAME_ORDER),
    *("ArrayFeatureExtractor", "ZipMap", "Normalizer", "LabelEncoder", "Concat", "Sub", "TopK"),
    *("Gather", "ReduceMax", "Equal", "Where", "Greater", "Less", "Not", "GreaterOrEqual"),
}
"""Operations that may follow the last layer, where the graph may also branch."""


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

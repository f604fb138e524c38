"""The end of a classifier: what a graph does behind its last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

SAME_ORDER = ("Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
"""Operations that leave all values where they are in memory."""
CHOICES = {
    "ArgMax": "argmax",
    **dict.fromkeys(("Softmax", "LogSoftmax", "QLinearSoftmax"), "softmax"),
    **dict.fromkeys(("Sigmoid", "QLinearSigmoid"), "sigmoid"),
}
"""What the end of a classifier is called, by the operation that makes it one."""
TAIL = {
    *(*CHOICES, *SAME_ORDER),
    *("ArrayFeatureExtractor", "ZipMap", "Normalizer", "LabelEncoder", "Concat", "Sub", "TopK"),
    *("Gather", "ReduceMax", "Equal", "Where", "Greater", "Less", "Not", "GreaterOrEqual"),
    "Binarizer",
}
"""Operations that may follow the last layer, where the graph may also branch."""
QUANTISERS = ("QuantizeLinear", "DequantizeLinear", "Quant", "IntQuant")
"""What quantises the outputs of one of `CHOICES`."""


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
    reached = {head}
    kinds: list[str] = []
    for node in rest:
        if reached & set(node.input):
            chosen = any(kind in CHOICES for kind in kinds)
            if node.op_type not in TAIL and not (chosen and node.op_type in QUANTISERS):
                return ""
            reached |= set(node.output)
            kinds.append(node.op_type)
    return next((word for kind, word in CHOICES.items() if kind in kinds), "")

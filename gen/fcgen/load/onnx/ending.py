"""The nodes behind the last layer: where they begin, and what they make of its outputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.onnx.graph import FLOATS, INTEGERS, SAME_ORDER, OnnxGraph
from fcgen.load.qdq.fusing import CODE_BITS
from fcgen.load.qdq.grid import Grid, grid_of
from fcgen.load.qonnx.quant import quantizer
from fcgen.network.tail import NO_TAIL, OTHER, Tail
from fcgen.numerics.real_map import InputGrid

if TYPE_CHECKING:
    import onnx

CHOICES = ("ArgMax", "Softmax", "LogSoftmax", "QLinearSoftmax", "Sigmoid", "QLinearSigmoid")
"""Operations that make what follows the last layer the end of a classifier."""
TAIL = {
    *(*CHOICES, *SAME_ORDER),
    *("ArrayFeatureExtractor", "ZipMap", "Normalizer", "LabelEncoder", "Concat", "Sub", "TopK"),
    *("Gather", "ReduceMax", "Equal", "Where", "Greater", "Less", "Not", "GreaterOrEqual"),
    "Binarizer",
}
"""Operations that may follow the last layer, where the graph may also branch."""
QUANTISERS = ("QuantizeLinear", "DequantizeLinear", "Quant", "IntQuant")
"""Operations that may quantise the outputs of one of `CHOICES`."""
FUNCTIONS = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}
OF_CODES = {"QLinearSoftmax": "softmax", "QLinearSigmoid": "sigmoid"}
KEEP_ORDER = ("", "softmax", "log_softmax")
"""Tails that keep the index of the largest score."""
SOFTMAX_OF_THE_REST = 13
"""First opset whose softmax is over one axis; before, it is over all axes from its own on."""


def only_ending_left(head: str, rest: list[onnx.NodeProto]) -> bool:
    """Say whether nothing but the end of a classifier follows.

    Parameters
    ----------
    head : str
        Name of the last layer's output.
    rest : list of onnx.NodeProto
        Nodes that are left, the one in question first.
    """
    if head not in rest[0].input:
        return False
    reached = {head}
    chosen = False
    for node in rest:
        if reached & set(node.input):
            if node.op_type not in TAIL and not (chosen and node.op_type in QUANTISERS):
                return False
            reached |= set(node.output)
            chosen |= node.op_type in CHOICES
    return chosen


def ending(graph: OnnxGraph, nodes: list[onnx.NodeProto]) -> Tail:
    """Return the tail: the graph's own output as a function of its last layer's outputs.

    Of several outputs the first one of reals counts, such as the probabilities beside a label.

    Parameters
    ----------
    graph : OnnxGraph
        Walked up to the last layer, whose output is its current value.
    nodes : list of onnx.NodeProto
        Nodes behind the last layer.
    """
    walk = _Ending(graph)
    for node in nodes:
        walk.take(node)
    found = [
        walk.known[value.name] for value in graph.model.graph.output if value.name in walk.known
    ]
    reals = [tail for tail in found if tail.kind not in ("argmax", OTHER)]
    return next(iter([*reals, *(tail for tail in found if tail.kind != OTHER)]), Tail(OTHER))


class _Ending:
    """The tail that each value is, found node by node."""

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.known = {graph.head: NO_TAIL}
        self.shapes = {graph.head: graph.shape}
        self.rests: dict[str, str] = {}  # 1 - x, by x

    def take(self, node: onnx.NodeProto) -> None:
        """Take a node, whose output is a known tail if its input is one."""
        running = [name for name in node.input if name in self.known or name in self.rests]
        if not running:
            return
        source, kind = running[0], node.op_type
        if kind == "Concat":
            self._concatenate(node)
        elif source not in self.known:
            if kind in SAME_ORDER:
                self.rests[node.output[0]] = self.rests[source]
        elif kind == "Sub":
            first = self.graph.constant(node, 0)
            if first is not None and (first == 1).all() and self._is(source, "sigmoid"):
                self.rests[node.output[0]] = source
        else:
            self.known[node.output[0]] = self._of(node, source)
            self.shapes[node.output[0]] = self._shape(node, source)

    def _of(self, node: onnx.NodeProto, source: str) -> Tail:
        before, kind = self.known[source], node.op_type
        if kind in SAME_ORDER or kind == "ZipMap":
            return before if self._keeps(node, before) else Tail(OTHER)
        if kind in FUNCTIONS and self._is(source, "") and self._over_all(node, source):
            return Tail(FUNCTIONS[kind])
        if kind in OF_CODES and self._is(source, "") and self._over_all(node, source):
            return _rounded(OF_CODES[kind], grid_of(self.graph, node, 3))
        if kind == "ArgMax" and before.grid is None and before.kind in KEEP_ORDER:
            first = not self.graph.attribute(node, "select_last_index", 0)
            return Tail("argmax" if first and self._over_all(node, source) else OTHER)
        if kind == "ArrayFeatureExtractor" and before.kind == "argmax":
            return before if self._counts(node) else Tail(OTHER)
        if kind in ("QuantizeLinear", "DequantizeLinear") and before.kind in FUNCTIONS.values():
            return self._quantised(before, grid_of(self.graph, node))
        if kind in ("Quant", "IntQuant") and before.kind in FUNCTIONS.values():
            return self._by_quant(node, before)
        return Tail(OTHER)

    def _is(self, source: str, kind: str) -> bool:
        tail = self.known[source]
        return tail.kind == kind and tail.grid is None

    def _keeps(self, node: onnx.NodeProto, before: Tail) -> bool:
        """Say whether a node leaves values as they are."""
        to = self.graph.attribute(node, "to", 1)
        return (
            node.op_type != "Cast"
            or to == FLOATS[0]
            or (before.kind == "argmax" and to in INTEGERS)
        )

    def _over_all(self, node: onnx.NodeProto, source: str) -> bool:
        """Say whether a node is over all elements of a vector."""
        shape, kind = self.shapes[source], node.op_type
        if kind in ("Sigmoid", "QLinearSigmoid"):
            return True
        opset = next((o.version for o in self.graph.model.opset_import if not o.domain), 1)
        opset = self.graph.attribute(node, "opset", opset)
        old = opset < SOFTMAX_OF_THE_REST and kind != "ArgMax"
        default = 0 if kind == "ArgMax" else 1 if old else -1
        axis = self.graph.attribute(node, "axis", default)
        if not -len(shape) <= axis < len(shape):
            return False
        axis %= len(shape)
        covered = math.prod(shape[axis:]) if old else shape[axis]
        return covered == math.prod(shape)

    def _shape(self, node: onnx.NodeProto, source: str) -> tuple[int, ...]:
        if node.op_type not in SAME_ORDER:
            return self.shapes[source]
        graph = self.graph
        place = graph.head, graph.shape
        graph.head, graph.shape = source, self.shapes[source]
        try:
            return graph.infer(node)
        finally:
            graph.head, graph.shape = place

    def _counts(self, node: onnx.NodeProto) -> bool:
        """Return whether the classes are 0, 1, 2 …, their own indices."""
        classes = self.graph.constant(node, 0)
        if classes is None or classes.dtype.kind not in "iuf":
            return False
        return np.array_equal(classes.reshape(-1), np.arange(classes.size))

    def _concatenate(self, node: onnx.NodeProto) -> None:
        names = list(node.input)
        single = len(names) == 2 and math.prod(self.shapes.get(names[1], (2,))) == 1
        pair = single and self.rests.get(names[0]) == names[1]
        self.known[node.output[0]] = Tail("two_classes" if pair else OTHER)
        self.shapes[node.output[0]] = (1, 2)

    def _quantised(self, before: Tail, grid: Grid) -> Tail:
        own = _rounded(before.kind, grid)
        same = before.grid is None or before.as_fields() == own.as_fields()
        return own if same else Tail(OTHER)

    def _by_quant(self, node: onnx.NodeProto, before: Tail) -> Tail:
        found = quantizer(self.graph, node)
        even = found.rounding in ("ROUND", "HALF_EVEN") and found.scale.size == 1
        if before.grid is not None or not even or found.zero_point:
            return Tail(OTHER)
        return Tail(before.kind, InputGrid(float(found.scale.flat[0]), 0, found.lo, found.hi))


def _rounded(kind: str, grid: Grid) -> Tail:
    """Return a tail from codes to codes, to which onnxruntime fuses Softmax and its quantiser."""
    codes = grid.as_codes()
    own = InputGrid(float(codes.scale), codes.zero_point, codes.lo, codes.hi)
    return Tail(kind, own, whole=kind == "softmax" and codes.form.bits <= CODE_BITS)

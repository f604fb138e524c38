"""Walks over ONNX graphs: node after node, from the input to the last layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.chain import Chain
from fcgen.load.onnx.ending import ending, only_ending_left
from fcgen.load.onnx.graph import FLOATS, SAME_ORDER, OnnxGraph
from fcgen.network.tail import NO_TAIL, Tail

if TYPE_CHECKING:
    import onnx


class OnnxWalk(OnnxGraph, ABC):
    """A graph that is walked node by node; subclasses decide what nodes become."""

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether the nodes taken so far end in a layer."""

    @abstractmethod
    def fold(self, node: onnx.NodeProto) -> None:
        """Take a node of constants."""

    @abstractmethod
    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node of the current value; return what became of it."""

    def through(self) -> Tail:
        """Take all nodes; return the tail behind the last layer, see `ending`.

        Raises
        ------
        InputError
            One line that names the node, for one that is not supported or leaves the chain.
        """
        nodes = list(self.model.graph.node)
        behind: int | None = None  # place of the first node behind the last layer
        for place, node in enumerate(nodes):
            running = [name for name in node.input if name and name not in self.constants]
            if node.op_type == "Shape" and running == [self.head]:
                self.fold_shape(node)
            elif not running:
                self.fold(node)
            elif behind is not None or (
                self.complete and only_ending_left(self.head, nodes[place:])
            ):
                behind = place if behind is None else behind
                self.report(node, "after the last layer")
            elif running != [self.head]:
                rule = "the graph is no chain: it uses a value beside the one before"
                raise self.refuse(node, rule, "give a model whose layers form one chain")
            else:
                self._check_floats(node)
                self.report(node, self.apply(node))
                self.head = node.output[0]
        return NO_TAIL if behind is None else ending(self, nodes[behind:])

    def _check_floats(self, node: onnx.NodeProto) -> None:
        """Refuse arithmetic on the input's own integers, which differs from that of reals."""
        cast = node.op_type == "Cast" and self.attribute(node, "to", 1) in FLOATS
        if cast or node.op_type == "Scaler":
            self.integers = False
        elif self.integers and node.op_type not in (*SAME_ORDER, "Transpose"):
            rule = "computes with an input of integers"
            raise self.refuse(node, rule, "put a Cast to float behind the input")


class FloatWalk(OnnxWalk):
    """A graph whose nodes become layers of reals one by one.

    Attributes
    ----------
    chain : Chain
    """

    def __init__(self, path: Path, model: onnx.ModelProto) -> None:
        super().__init__(path, model)
        self.chain = Chain(int(np.prod(self.shape)))

    @property
    def complete(self) -> bool:
        """See `OnnxWalk.complete`."""
        return bool(self.chain.layers) and not self.chain.pending

    def fold(self, node: onnx.NodeProto) -> None:
        """See `OnnxWalk.fold`."""
        self.evaluate(node)

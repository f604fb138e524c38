"""Functions of codes: the current value of a quantised graph, as one value for each code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.integer_model import TableOrder
from fcgen.load.onnx.functions import Floats, hard_sigmoid, leaky_relu, sigmoid, tanh
from fcgen.load.onnx.graph import OnnxGraph
from fcgen.load.qonnx.operations import OPERATIONS
from fcgen.load.qonnx.state import Codes
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.float_chain import Operations, run_operations
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

Function = Callable[[Floats], Floats]
Functions = tuple[Function, ...]
"""A function, first as computed with fused multiply-add, then as on other processors."""
UNFUSED = "processors without fused multiply-add round otherwise"
ONE_LAYER = (
    "put it between a layer and its quantiser: a MatMul and its Add become one Gemm by "
    "onnxruntime.quantization.quant_pre_process"
)
ORDER = "the order of float operations decides"


@dataclass(frozen=True, eq=False)
class Mapped:
    """Float32 values of a function of codes.

    Attributes
    ----------
    entry : Codes
    values : ndarray of float32, shape (2**bits,)
        Value for every code of the format, from the smallest on.
    others : tuple of (str, ndarray)
        Reason, and values that a runtime may compute instead.
    name : str
        Name of the last function that is more than arithmetic.
    operations : tuple of operations, optional
        Operations that turn the reals of codes into the values; None where a function does.
    """

    entry: Codes
    values: Floats
    others: tuple[tuple[str, Floats], ...] = ()
    name: str = "requantize"
    operations: Operations | None = ()

    @classmethod
    def of(cls, entry: Codes) -> Mapped:
        """Return the reals of codes, as DequantizeLinear or a Quant computes them."""
        return cls(entry, _reals(entry, all_codes(entry.form)))

    def through(self, functions: Functions, reason: str, name: str = "") -> Mapped:
        """Return the values after a further function."""
        first, *more = functions
        # A processor that computes one function in another way does so with the next one too.
        others = [(why, functions[-1](values)) for why, values in self.others]
        others += [(reason, function(self.values)) for function in more]
        return Mapped(self.entry, first(self.values), tuple(others), name or self.name, None)

    def entries_of(
        self, quantize: Callable[[Floats], Int64Array]
    ) -> tuple[Int64Array, tuple[TableOrder, ...]]:
        """Return the quantised values as entries of a table, and the entries in other orders."""
        entries = quantize(self.values)
        others = ((reason, quantize(values)) for reason, values in self.others)
        return entries, tuple(
            TableOrder(reason, other)
            for reason, other in others
            if not np.array_equal(entries, other)
        )

    def on_the_same_grid(self) -> Int64Array | None:
        """Return the codes of the values where all of them lie on the grid of the codes.

        This is so after a ReLU, which may end a graph without a quantiser.
        """
        entry, codes = self.entry, all_codes(self.entry.form)
        nearest = np.rint(self.values.astype(np.float64) / float(entry.scale)) + entry.zero_point
        found: Int64Array = np.clip(nearest, codes[0], codes[-1]).astype(np.int64)
        used = slice(entry.lo - codes[0], entry.hi - codes[0] + 1)
        exact = np.array_equal(_reals(entry, found)[used], self.values[used])
        return found if exact and not self.others else None


def all_codes(form: IntegerFormat) -> Int64Array:
    """Return all codes of a format, the smallest first."""
    return np.arange(form.minimum, form.maximum + 1)


def _reals(entry: Codes, codes: Int64Array) -> Floats:
    values: Floats = (codes - entry.zero_point).astype(np.float32) * entry.scale
    return values


def apply(graph: OnnxGraph, node: onnx.NodeProto, state: Mapped) -> Mapped | None:
    """Return the function of codes after a node; None where the node is not known.

    Raises
    ------
    InputError
        Where it is not the same function for all elements.
    """
    kind = node.op_type
    if kind in FUNCTIONS:
        word, make = FUNCTIONS[kind]
        reason = ORDER if kind == "HardSigmoid" else UNFUSED
        return state.through(make(graph, node), reason, word)
    if kind not in OPERATIONS:
        return None
    functions, ways = [], OPERATIONS[kind](graph, node)
    for way in ways:
        if any(np.size(value) > 1 and (value != value.flat[0]).any() for _, value in way):
            rule = "differs between the elements of codes, and a table is one for all of them"
            raise graph.refuse(node, rule, ONE_LAYER)
        scalars = tuple((name, np.asarray(value).flat[0]) for name, value in way)
        functions.append(lambda values, way=scalars: run_operations(way, values))
    made = state.through(tuple(functions), ORDER)
    if state.operations is None:
        return made
    first = tuple((name, np.asarray(value, np.float32)) for name, value in ways[0])
    return replace(made, operations=(*state.operations, *first))


def _sigmoid(graph: OnnxGraph, node: onnx.NodeProto) -> Functions:
    return sigmoid, lambda x: sigmoid(x, fused=False)


def _tanh(graph: OnnxGraph, node: onnx.NodeProto) -> Functions:
    return tanh, lambda x: tanh(x, fused=False)


def _leaky_relu(graph: OnnxGraph, node: onnx.NodeProto) -> Functions:
    slope = float(graph.attribute(node, "alpha", 0.01))
    return (lambda x: leaky_relu(x, slope),)


def _hard_sigmoid(graph: OnnxGraph, node: onnx.NodeProto) -> Functions:
    slope, offset = (
        float(graph.attribute(node, name, default))
        for name, default in (("alpha", 0.2), ("beta", 0.5))
    )
    return (
        lambda x: hard_sigmoid(x, slope, offset, fused=False),
        lambda x: hard_sigmoid(x, slope, offset),
    )


FUNCTIONS: dict[str, tuple[str, Callable[[OnnxGraph, onnx.NodeProto], Functions]]] = {
    "Sigmoid": ("sigmoid", _sigmoid),
    "Tanh": ("tanh", _tanh),
    "LeakyRelu": ("leaky_relu", _leaky_relu),
    "HardSigmoid": ("hard_sigmoid", _hard_sigmoid),
}
"""By operation: the name of the table, and the maker of its function from a node."""

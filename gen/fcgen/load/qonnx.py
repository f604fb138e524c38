"""QONNX graphs: dense layers between Quant nodes, as qonnx's executor computes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import bad_input, shown
from fcgen.fixed import IntegerFormat, signed_width
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.load.onnx_graph import Array
from fcgen.load.onnx_tail import SAME_ORDER
from fcgen.load.onnx_walk import OnnxWalk
from fcgen.load.qonnx_quant import QUANT, quantizer
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.real_map import OPERATIONS as REAL
from fcgen.real_map import InputGrid, RealMap
from fcgen.source_step import Int64Array

if TYPE_CHECKING:
    import onnx

TARGET = "qonnx"
DEFAULT_ENTRY = InputGrid(2.0**-10, 0, -(1 << 13), (1 << 13) - 1)
"""Of a graph that does not quantise its input: 14 bits, from -8 to 8."""
MOVING = ("Transpose", *SAME_ORDER)


class QuantWalk(OnnxWalk):
    """A graph whose nodes become integer layers one by one.

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
        self.notes: list[str] = []
        self.input: InputGrid | None = None
        self.before: list[tuple[str, Array]] = []
        self.state: Codes | Sums | None = None
        self.layers: list[IntegerLayer] = []
        # Codes, the step of each, and their format, of constants that were quantised.
        self.weights: dict[str, tuple[Int64Array, Array, IntegerFormat]] = {}

    @property
    def complete(self) -> bool:
        """See `OnnxWalk.complete`."""
        return self.state is not None

    def fold(self, node: onnx.NodeProto) -> None:
        """See `OnnxWalk.fold`."""
        if node.op_type in QUANT:
            found = quantizer(self, node)
            values = self.constants[node.input[0]]
            codes = found.codes(values) - found.zero_point
            steps = np.broadcast_to(found.scale, values.shape)
            form = found.form
            if found.zero_point:
                form = IntegerFormat(signed_width(int(np.abs(codes).max(initial=1))), signed=True)
            self.weights[node.output[0]] = codes, steps, form
            self.constants[node.output[0]] = (codes * steps).astype(np.float32)
            self.report(node, f"a constant of {found.form.name}")
            return
        self.evaluate(node)
        if node.op_type in MOVING and node.input[0] in self.weights:
            codes, steps, form = self.weights[node.input[0]]
            moved = [self._moved(node, array) for array in (codes, steps)]
            self.weights[node.output[0]] = moved[0], moved[1], form

    def _moved(self, node: onnx.NodeProto, array: Array) -> Array:
        others = {name: self.constants[name] for name in node.input[1:] if name}
        given = {node.input[0]: array, **others}
        return self._run(node, given, [node.output[0]], "cannot be applied to codes")[0]

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node that runs; return what became of it."""
        kind = node.op_type
        if kind in SAME_ORDER:
            self.shape = self.infer(node)
            return "a new shape, the same order"
        if kind in QUANT:
            return self._quantise(node)
        if kind in ("MatMul", "Gemm"):
            return self._dense(node)
        handler = OPERATIONS.get(kind)
        if handler is None or isinstance(self.state, Codes):
            rule = "is not supported in a chain of quantised dense layers"
            raise self.refuse(node, rule, "remove it, or put it between a layer and its Quant")
        ways = handler(self, node)
        if isinstance(self.state, Sums):
            self.state.add(*ways)
            return f"a part of layer {len(self.layers) + 1}"
        self.before += ways[0]
        if any(name not in REAL for name, _ in self.before):
            rule = "must follow a dense layer"
            raise self.refuse(node, rule, "quantise the input before it")
        return "before the input is quantised"

    def _quantise(self, node: onnx.NodeProto) -> str:
        found = quantizer(self, node)
        if found.scale.size != 1:
            rule = "scales of activations must be one number"
            raise self.refuse(node, rule, "quantise them by tensor")
        codes = Codes(found.scale.reshape(-1)[0], found.zero_point, found.lo, found.hi, found.form)
        if isinstance(self.state, Codes):
            rule = "quantises what is quantised already"
            raise self.refuse(node, rule, "remove one of the two")
        if self.state is None:
            if found.rounding not in ("ROUND", "HALF_EVEN"):
                rule = "inputs are rounded half to even"
                raise self.refuse(node, rule, "use the rounding mode ROUND")
            before = RealMap(tuple((name, np.asarray(value)) for name, value in self.before))
            if self.entry is not None:
                rule = "quantises the input itself"
                raise self.refuse(node, rule, "leave --input-format out")
            self.input = InputGrid(float(codes.scale), codes.zero_point, codes.lo, codes.hi, before)
            self.state = codes
            return "the grid of the input"
        self.layers.append(self.state.layer(found))
        self.state = codes
        return f"the outputs of layer {len(self.layers)}, {found.form.name}"

    def _dense(self, node: onnx.NodeProto) -> str:
        if isinstance(self.state, Sums):
            rule = "its inputs are not quantised"
            raise self.refuse(node, rule, "put a Quant between the layers")
        if self.state is None:
            if self.before:
                rule = "its inputs are not quantised"
                raise self.refuse(node, rule, "put a Quant before it")
            grid = self.input = self._assumed()
            width = signed_width(max(-grid.lo - 1, grid.hi))
            form = IntegerFormat(width, signed=True)
            self.state = Codes(np.float32(grid.scale), grid.zero_point, grid.lo, grid.hi, form)
        if node.input[1] not in self.weights:
            rule = "its weights are no quantised constant on the right"
            raise self.refuse(node, rule, "quantise them by a Quant node")
        codes, steps, form = self.weights[node.input[1]]
        plain = all(self.attribute(node, name, 1.0) == 1.0 for name in ("alpha", "beta"))
        turned = self.attribute(node, "transB", 0) if node.op_type == "Gemm" else 0
        matrix, scales = (codes, steps) if turned else (codes.T, steps.T)
        rows = int(np.prod(self.shape[:-1]))
        if not plain or matrix.ndim != 2 or rows != 1 or matrix.shape[1] != self.shape[-1]:
            rule = f"weights of shape {codes.shape} on {self.shape} are no plain dense layer"
            raise self.refuse(node, rule, "flatten the input before it")
        if (scales != scales[:, :1]).any():
            rule = "scales of weights must not change along the inputs"
            raise self.refuse(node, rule, "quantise them by output or by tensor")
        scale = np.asarray(scales[:, 0] * self.state.scale, np.float32)
        self.state = Sums(
            name=node.name or node.output[0],
            weight=matrix,
            form=form,
            entry=self.state,
            scale=scale,
            chains=[[("multiply", scale)]],
            bias=np.zeros(len(matrix), np.int64),
        )
        if len(node.input) > 2 and node.input[2]:
            bias = self.constant(node, 2)
            if bias is None:
                raise self.refuse(node, "its C must be a constant", "correct the model")
            self.state.add([("add", np.broadcast_to(bias.reshape(-1), scale.shape))])
        self.shape = (*self.shape[:-1], len(matrix))
        return f"layer {len(self.layers) + 1}, {matrix.shape[1]} → {matrix.shape[0]}"

    def _assumed(self) -> InputGrid:
        """Return the grid of inputs that the graph does not quantise, and say what is assumed."""
        if self.entry is not None:
            return self.entry
        self.notes.append(
            f"the file does not quantise its input {shown(self.input_name)}: taken as int14 with a "
            "step of 1/1024, -8 to 8; give --input-format for another grid"
        )
        return DEFAULT_ENTRY

    def finish(self) -> RealMap | None:
        """End the last layer; return what its outputs are worth."""
        if isinstance(self.state, Codes):
            return RealMap.scaled(self.state.scale, self.state.zero_point)
        if self.state is None:
            return None
        self.layers.append(self.state.layer(None))
        chain = self.state.chains[0]
        if any(name not in REAL for name, _ in chain):
            rule = "the last layer ends in an activation that is not quantised"
            raise bad_input(self.path, self.state.name, rule, "put a Quant behind it")
        return RealMap(tuple(chain))

    def result(self, name: str, target: str, tail: str) -> IntegerModel:
        """End the last layer; return the model, of a format of this name."""
        output = self.finish()
        return IntegerModel(
            name=self.path.stem,
            format=name,
            input_name=self.input_name,
            input_shape=self.input_shape,
            layers=tuple(self.layers),
            target=target,
            input=self.input,
            output=output,
            tail=tail,
            nodes=tuple(self.reports),
            notes=tuple(self.notes),
        )


def read_qonnx(path: Path, model: onnx.ModelProto, entry: InputGrid | None = None) -> IntegerModel:
    """Return the layers of a QONNX graph.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise; default `DEFAULT_ENTRY`.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = QuantWalk(path, model, entry)
    return walk.result("QONNX", TARGET, walk.through())


Ways = list[list[tuple[str, Array]]]
"""Operations that compute something, and further operations that compute the same."""


def _elementwise(walk: QuantWalk, node: onnx.NodeProto) -> tuple[Array, bool]:
    """Return the constant operand, and whether it stands on the left."""
    right, left = walk.constant(node, 1), walk.constant(node, 0)
    constant = left if right is None else right
    assert constant is not None
    value = np.asarray(constant, np.float32)
    spread = value.reshape(()) if value.size == 1 else walk.spread(node, value).astype(np.float32)
    return spread, right is None


def _add(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    return [[("add", _elementwise(walk, node)[0])]]


def _subtract(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    value, left = _elementwise(walk, node)
    # c - x and (-x) + c are the same in float32.
    return [
        [("multiply", np.asarray(-1, np.float32)), ("add", value)]
        if left
        else [("subtract", value)]
    ]


def _multiply(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    return [[("multiply", _elementwise(walk, node)[0])]]


def _divide(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    value, left = _elementwise(walk, node)
    if left or not value.all():
        rule = "divides by zero" if not left else "divides a constant by the values"
        raise walk.refuse(node, rule, "correct the model")
    return [[("divide", value)]]


def _negate(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    return [[("multiply", np.asarray(-1, np.float32))]]


def _relu(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    return [[("maximum", np.asarray(0, np.float32))]]


def _clip(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    way: list[tuple[str, Array]] = []
    for place, name, operation in ((1, "min", "maximum"), (2, "max", "minimum")):
        value = walk.constant(node, place)
        given = walk.attribute(node, name, None) if value is None else value
        if given is not None:
            way.append((operation, np.asarray(given, np.float32).reshape(-1)[:1].reshape(())))
    return [way]


def _batch_normalization(walk: QuantWalk, node: onnx.NodeProto) -> Ways:
    """Give the ways in which runtimes compute it: in two steps, fused, or as it is written."""
    found = [walk.constant(node, place) for place in range(1, 5)]
    if any(value is None or value.size != walk.shape[1] for value in found):
        rule = f"needs four constants of {walk.shape[1]} values"
        raise walk.refuse(node, rule, "export the model for inference")
    gamma, beta, mean, variance = (np.asarray(v, np.float32).reshape(-1) for v in found)
    epsilon = np.float32(walk.attribute(node, "epsilon", 1e-5))
    deviation = np.sqrt(variance + epsilon)
    gain = gamma * (np.float32(1) / deviation)
    offset = beta - mean * gain
    return [
        [("multiply", gain), ("add", offset)],
        [("multiply_add", np.stack([gain, offset]))],
        [("subtract", mean), ("divide", deviation), ("multiply", gamma), ("add", beta)],
    ]


OPERATIONS: dict[str, Callable[[QuantWalk, onnx.NodeProto], Ways]] = {
    "Add": _add,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "Neg": _negate,
    "Relu": _relu,
    "Clip": _clip,
    "BatchNormalization": _batch_normalization,
}

"""TFLite files of int8 fully connected layers.

A layer's sums are integers. Its outputs are those of LiteRT's reference kernel or of XNNPACK, which
computes in float32 like onnxruntime. Functions between the layers become tables.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.load.integer_model import IntegerLayer, IntegerModel, TableOrder, with_table
from fcgen.load.model import NodeReport
from fcgen.load.model_file import content
from fcgen.load.tflite.dense import INT8, check_bound, dense
from fcgen.load.tflite.graph import AGAIN, UNSIGNED_ZERO, Tensor, TfliteGraph
from fcgen.load.tflite.unary import BLOCK, BOUNDS, CURVES, NAMES, PLACE, Scaled, function_entries
from fcgen.network.tail import OTHER, Tail
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.roundings import HALF_AWAY

IDENTIFIER = b"TFL3"
TARGETS = ("litert-reference", "litert-xnnpack")
DENSE = "FULLY_CONNECTED"
SAME_ORDER = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
TAIL = {"SOFTMAX": "softmax", "ARG_MAX": "argmax", "LOGISTIC": "sigmoid", "DEQUANTIZE": ""}
CODES = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-(1 << 15), (1 << 15) - 1)}
"""Least and largest code of a tail's output types."""
UINT8 = IntegerFormat(8, signed=False)
FACTOR_MAX = 2.0**15
"""Most output codes per input code; LiteRT's behaviour beyond is not known."""
BROKEN = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError)
"""Errors of the package's readers for a file with wrong offsets or types."""


def read_tflite(path: Path, target: str = TARGETS[0]) -> IntegerModel:
    """Read a model.

    Parameters
    ----------
    path : Path
    target : str
        One of `TARGETS`: the kernels whose integers the network gives.

    Raises
    ------
    InputError
        One line with the file and the operator, for whatever is wrong or not supported.
    ToolError
        Where the package ``tflite`` is missing.
    """
    try:
        import tflite
    except ImportError:
        raise ToolError(
            "tflite: not installed: it reads TFLite files; pip install 'fcgen[tflite]'"
        ) from None
    data = content(path)
    if data[4:8] != IDENTIFIER:
        raise bad_input(path, "no identifier TFL3", "is no TFLite model", AGAIN)
    try:
        return _Walk(TfliteGraph(path, tflite, data), target).read()
    except InputError:
        raise
    except BROKEN as error:
        raise bad_input(path, error, "is no whole TFLite model", AGAIN) from None


class _Walk:
    """Walks the operators of the graph, which must form one chain."""

    def __init__(self, graph: TfliteGraph, target: str) -> None:
        self.graph, self.path, self.target = graph, graph.path, target
        self.layers: list[IntegerLayer] = []
        self.reports: list[NodeReport] = []
        self.tail = ""
        self.tail_grid: InputGrid | None = None
        self.ends: set[int] = set()
        self.entry: Tensor | None = None
        self.result: Tensor | None = None

    def read(self) -> IntegerModel:
        """Return the model."""
        graph = self.graph
        operators = list(graph.operators())
        denses = [place for place, (kind, _) in enumerate(operators) if kind == DENSE]
        head, ended = int(graph.graph.Inputs(0)), False
        for place, (kind, operator) in enumerate(operators):
            inputs = [int(operator.Inputs(i)) for i in range(operator.InputsLength())]
            output = graph.tensor(int(operator.Outputs(0)))
            runs, behind = inputs[:1] == [head], bool(denses) and place > denses[-1]
            if ended or (behind and runs and self._ends(kind, output)):
                self._check_end(kind, inputs, head)
                self.ends.add(int(operator.Outputs(0)))
                self._end(kind, operator, output)
                ended = True
                self._report(kind, "after the last layer")
                continue
            if not runs:
                raise self._refuse(kind, inputs, head)
            if kind == "QUANTIZE" and not self.layers:
                self._check_entry(kind, graph.tensor(head), output)
                self._report(kind, "the grid of the input")
            elif kind in SAME_ORDER:
                self._check_same(kind, graph.tensor(head), output)
                self._report(kind, "a new shape, the same order")
            elif kind == DENSE:
                self._dense(operator, inputs)
            elif kind in NAMES and self.layers:
                self._unary(kind, operator, graph.tensor(head), output)
            else:
                raise self._refuse(kind, inputs, head)
            head = int(operator.Outputs(0))
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.path, "TFLite", rule, "give a model with at least one")
        self._check_outputs(head, int(operators[-1][1].Outputs(0)))
        return self._model(graph.tensor(int(graph.graph.Inputs(0))))

    def _ends(self, kind: str, output: Tensor) -> bool:
        """Say whether an operator behind the last layer belongs to the end of a classifier."""
        return kind in TAIL or (kind == "QUANTIZE" and not (output.quantised or output.unsigned))

    def _check_entry(self, kind: str, before: Tensor, after: Tensor) -> None:
        """Refuse codes that become those of another grid before the first layer."""
        if before.kind != "FLOAT32" and not before.keeps(after):
            rule = f"makes codes of {before.kind} those of another grid before the first layer"
            raise self._wrong(kind, rule, "give the input the grid of the first layer")

    def _check_same(self, kind: str, before: Tensor, after: Tensor) -> None:
        """Refuse a new shape whose codes are worth something else than before."""
        grids = [(t.kind, t.scales.tolist(), t.zero_points.tolist()) for t in (before, after)]
        if grids[0] != grids[1]:
            raise self._wrong(kind, "gives its codes another scale, zero point or type", AGAIN)

    def _check_end(self, kind: str, inputs: list[int], head: int) -> None:
        """Refuse what the end of a classifier cannot be."""
        if kind not in (*TAIL, *SAME_ORDER, "QUANTIZE"):
            raise self._refuse(kind, inputs, head)
        if inputs[0] not in {head, *self.ends}:
            raise self._refuse(kind, inputs, head)
        if kind == "QUANTIZE" and not self.tail:
            rule = "quantises the outputs of the last layer anew, or to more than 8 bits"
            raise self._wrong(kind, rule, "leave them as the last layer gives them")
        if kind in ("SOFTMAX", "ARG_MAX"):
            shape, outputs = self.graph.tensor(inputs[0]).shape, self.layers[-1].outputs
            last = True
            if kind == "ARG_MAX":
                axes = self.graph.tensor(inputs[1])
                wide = axes.kind == "INT64"
                (axis,) = axes.values(np.int64 if wide else np.int32).reshape(-1)
                last = axis in (-1, len(shape) - 1)
            if shape[-1:] != (outputs,) or not last:
                rule = f"is not one of the {outputs} outputs of the last layer"
                raise self._wrong(kind, rule, "give it the outputs of the last layer as they are")

    def _check_outputs(self, head: int, last: int) -> None:
        """Refuse a graph that gives something else than the end of its chain."""
        given = set(self.graph.outputs)
        if not given <= {head, *self.ends} or last not in given:
            names = ", ".join(self.graph.tensor(number).name for number in self.graph.outputs)
            rule = "outputs must be those of the last operators, the last one's among them"
            remedy = "give a model whose layers form one chain"
            raise bad_input(self.path, names or "no output", rule, remedy)

    def _end(self, kind: str, operator: Any, output: Tensor) -> None:
        """Take an operator behind the last layer."""
        found, before = TAIL.get(kind, ""), self.tail
        if kind == "SOFTMAX":
            options = self.graph.options(operator, "SoftmaxOptions")
            if options is not None and options.Beta() != 1.0:
                found = OTHER
        if found:
            known = not before or (found == "argmax" and before == "softmax" and not self.tail_grid)
            self.tail = found if known else OTHER
        if output.scales.size and self.tail and self.tail != "argmax":
            grid = InputGrid(
                float(output.scales[0]), int(output.zero_points[0]), *CODES[output.kind]
            )
            if self.tail_grid is not None and self.tail_grid.scale != grid.scale:
                self.tail = OTHER  # rounded twice
            self.tail_grid = grid

    def _dense(self, operator: Any, inputs: list[int]) -> None:
        xnnpack = self.target == TARGETS[1]
        layer = dense(self.graph, operator, inputs, len(self.layers) + 1, xnnpack)
        if not self.layers:
            self.entry = self.graph.tensor(inputs[0])
        elif layer.inputs != self.layers[-1].outputs:
            rule = f"takes {layer.inputs} of the {self.layers[-1].outputs} outputs before it a time"
            raise self._wrong(DENSE, rule, "give each layer all outputs of the one before")
        self.layers.append(layer)
        self.result = self.graph.tensor(int(operator.Outputs(0)))
        self._report(DENSE, f"layer {len(self.layers)}, {layer.inputs} → {layer.outputs}")

    def _unary(self, kind: str, operator: Any, before: Tensor, after: Tensor) -> None:
        """Take a function of the last layer's outputs."""
        ends = kind == "QUANTIZE" and after.unsigned
        self.graph.check_codes(before)
        self.graph.check_codes(after, unsigned=ends)
        zero_point = int(after.zero_points[0]) - ends * UNSIGNED_ZERO
        grids = Scaled(before.scales[0], int(before.zero_points[0]), after.scales[0], zero_point)
        if kind not in CURVES and float(grids.scale) / float(grids.output_scale) > FACTOR_MAX:
            rule = f"gives more than {FACTOR_MAX:,.0f} codes a code that goes in"
            raise self._wrong(kind, rule, "give its outputs a larger scale")
        for bound in BOUNDS.get(kind, ()):
            if bound is not None:
                check_bound(f"{self.path}: {after.name}", bound, float(grids.output_scale))
        slope = 1.0
        if kind == "LEAKY_RELU":
            options = self.graph.options(operator, "LeakyReluOptions")
            slope = 0.0 if options is None else float(options.Alpha())
        xnnpack, elements = self.target == TARGETS[1], int(np.prod(after.shape))
        entries, orders = function_entries(
            kind, grids, slope, xnnpack, typed=ends, elements=elements
        )
        if any(order.reason == PLACE for order in orders):
            rule = f"LiteRT rounds codes behind the last whole {BLOCK} in another way"
            raise self._wrong(kind, rule, "use --target litert-reference")
        if not (ends and after.keeps(before)):
            self.layers[-1] = with_table(self.layers[-1], NAMES[kind], INT8, entries, orders)
        if ends:
            self.layers[-1] = _unsigned_outputs(self.layers[-1])
        self.result = after
        made = self.layers[-1].table
        layer = f"layer {len(self.layers)}"
        self._report(kind, f"the bounds of {layer}" if made is None else f"{layer}: {made.line()}")

    def _model(self, entry: Tensor) -> IntegerModel:
        first = self.layers[0]
        assert self.entry is not None
        assert self.result is not None
        features = entry.shape[1:] if len(entry.shape) > 1 else entry.shape
        shape = features if len(features) == 3 else (int(np.prod(features)),)
        if int(np.prod(features)) != first.inputs:
            rule = f"the first layer takes {first.inputs} values at a time"
            remedy = f"give the model inputs of {first.inputs} values"
            raise bad_input(f"{self.path}: {entry.name}", f"shape {entry.shape}", rule, remedy)
        low, high, zero_point = -128, 127, first.input_zero_point
        if entry.unsigned:
            low, high, zero_point = 0, 255, zero_point + UNSIGNED_ZERO
            self.layers[0] = replace(
                first,
                activation_format=UINT8,
                input_zero_point=zero_point,
                input_lo=low,
                input_hi=high,
            )
        return IntegerModel(
            name=self.path.stem,
            format="TFLite, int8",
            input_name=entry.name,
            input_shape=shape,
            layers=tuple(self.layers),
            target=self.target,
            input=self._grid(float(self.entry.scales[0]), zero_point, low, high, entry.kind),
            output=RealMap.scaled(self.result.scales[0], int(self.result.zero_points[0])),
            tail=Tail(self.tail, self.tail_grid),
            nodes=tuple(self.reports),
            takes_codes=entry.kind != "FLOAT32",
            shape=features if len(features) not in (1, 3) else (),
        )

    def _grid(self, scale: float, zero_point: int, low: int, high: int, kind: str) -> InputGrid:
        """Return the grid of the input: of reals as the runtime's QUANTIZE rounds them."""
        grid = InputGrid(scale, zero_point, low, high)
        if kind != "FLOAT32":
            return grid
        if self.target == TARGETS[1]:
            return replace(grid, reciprocal=True)
        return replace(grid, rounding=HALF_AWAY)

    def _report(self, kind: str, became: str) -> None:
        self.reports.append(NodeReport(kind, str(len(self.reports)), became))

    def _refuse(self, kind: str, inputs: list[int], head: int) -> InputError:
        if inputs[:1] != [head] and inputs[:1] != [max(self.ends, default=head)]:
            rule = "the graph is no chain: it uses a value beside the one before"
            return self._wrong(kind, rule, "give a model whose layers form one chain")
        rule = "is not supported in a chain of dense layers"
        return self._wrong(kind, rule, "remove it, or replace it by dense layers")

    def _wrong(self, kind: str, rule: str, remedy: str) -> InputError:
        """Return the error that names the operator that is next."""
        return bad_input(f"{self.path}: operator {len(self.reports)}", kind, rule, remedy)


def _unsigned_outputs(layer: IntegerLayer) -> IntegerLayer:
    """Return a layer with int8 outputs as one whose codes are those of uint8, 128 larger."""
    if layer.table is not None:
        table = replace(layer.table, output=UINT8, entries=layer.table.entries + UNSIGNED_ZERO)
        orders = [TableOrder(o.reason, o.entries + UNSIGNED_ZERO) for o in layer.orders]
        return replace(layer, table=table, orders=tuple(orders))
    step: Any = layer.step
    moved = {name: getattr(step, name) + UNSIGNED_ZERO for name in ("zero_point", "lo", "hi")}
    return replace(layer, step=replace(step, output=UINT8, **moved))

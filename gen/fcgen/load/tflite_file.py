"""TFLite files of int8 fully connected layers.

A layer's sums are those of integers; its outputs are LiteRT's, by its reference kernel or by
XNNPACK, which computes in float32 as onnxruntime does. Functions between the layers are tables.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.fixed import IntegerFormat
from fcgen.integer_model import IntegerLayer, IntegerModel, TableOrder
from fcgen.load.layer_table import with_table
from fcgen.load.model_file import content
from fcgen.load.tflite_dense import INT8, dense
from fcgen.load.tflite_graph import AGAIN, UNSIGNED_ZERO, Tensor, TfliteGraph
from fcgen.load.tflite_unary import NAMES, Scaled, table
from fcgen.model import NodeReport
from fcgen.real_map import InputGrid, RealMap

IDENTIFIER = b"TFL3"
TARGETS = ("litert-reference", "litert-xnnpack")
DENSE = "FULLY_CONNECTED"
SAME_ORDER = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
TAIL = {"SOFTMAX": "softmax", "ARG_MAX": "argmax", "LOGISTIC": "sigmoid", "DEQUANTIZE": ""}
UINT8 = IntegerFormat(8, signed=False)
FACTOR_MAX = 2.0**15
"""Largest quotient of the scales on the two sides of a function."""
BROKEN = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError)
"""What a file with wrong offsets or types raises in the package's readers."""


def read_tflite(path: Path, target: str = TARGETS[0]) -> IntegerModel:
    """Read a model.

    Parameters
    ----------
    path : Path
    target : str
        One of `TARGETS`: whose integers the network is to give.

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
                if kind not in (*TAIL, "QUANTIZE"):
                    raise self._refuse(kind, inputs, head)
                self.tail, ended = self.tail or TAIL.get(kind, ""), True
                self._report(kind, "after the last layer")
                continue
            if not runs:
                raise self._refuse(kind, inputs, head)
            if kind == "QUANTIZE" and not self.layers:
                self._check_entry(kind, graph.tensor(head), output)
                self._report(kind, "the grid of the input")
            elif kind in SAME_ORDER:
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
        return self._model(graph.tensor(int(graph.graph.Inputs(0))))

    def _ends(self, kind: str, output: Tensor) -> bool:
        """Say whether an operator behind the last layer belongs to the end of a classifier."""
        return kind in TAIL or (kind == "QUANTIZE" and not (output.quantised or output.unsigned))

    def _check_entry(self, kind: str, before: Tensor, after: Tensor) -> None:
        """Refuse codes that become those of another grid before the first layer."""
        if before.kind != "FLOAT32" and not (before.unsigned and before.is_moved(after)):
            subject = f"{self.path}: operator {len(self.reports)}"
            rule = f"makes codes of {before.kind} those of another grid before the first layer"
            raise bad_input(subject, kind, rule, "give the input the grid of the first layer")

    def _dense(self, operator: Any, inputs: list[int]) -> None:
        xnnpack = self.target == TARGETS[1]
        layer = dense(self.graph, operator, inputs, len(self.layers) + 1, xnnpack)
        if not self.layers:
            self.entry = self.graph.tensor(inputs[0])
        self.layers.append(layer)
        self.result = self.graph.tensor(int(operator.Outputs(0)))
        self._report(DENSE, f"layer {len(self.layers)}, {layer.inputs} → {layer.outputs}")

    def _unary(self, kind: str, operator: Any, before: Tensor, after: Tensor) -> None:
        """Take a function of the last layer's outputs."""
        ends = kind == "QUANTIZE" and after.unsigned
        if not (before.quantised and (after.quantised or ends)):
            wrong = after if before.quantised else before
            rule = "must be int8 with a scale"
            raise bad_input(f"{self.path}: {wrong.name}", wrong.kind, rule, AGAIN)
        zero_point = int(after.zero_points[0]) - ends * UNSIGNED_ZERO
        grids = Scaled(before.scales[0], int(before.zero_points[0]), after.scales[0], zero_point)
        if float(grids.scale) / float(grids.output_scale) > FACTOR_MAX:
            rule = f"has scales further apart than {FACTOR_MAX:,.0f}"
            raise bad_input(f"{self.path}: {after.name}", kind, rule, AGAIN)
        slope = 1.0
        if kind == "LEAKY_RELU":
            options = self.graph.options(operator, "LeakyReluOptions")
            slope = 0.0 if options is None else float(options.Alpha())
        # XNNPACK has no requantisation to another type.
        entries, orders = table(kind, grids, slope, self.target == TARGETS[1] and not ends)
        if not (ends and after.is_moved(before)):
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
        features = entry.shape[1:]
        shape = features if len(features) == 3 else (int(np.prod(features)),)
        if int(np.prod(features)) != first.inputs:
            rule = f"the first layer takes {first.inputs}"
            raise bad_input(f"{self.path}: {entry.name}", f"shape {entry.shape}", rule, AGAIN)
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
            input=InputGrid(float(self.entry.scales[0]), zero_point, low, high),
            output=RealMap.scaled(self.result.scales[0], int(self.result.zero_points[0])),
            tail=self.tail,
            nodes=tuple(self.reports),
        )

    def _report(self, kind: str, became: str) -> None:
        self.reports.append(NodeReport(kind, str(len(self.reports)), became))

    def _refuse(self, kind: str, inputs: list[int], head: int) -> InputError:
        subject = f"{self.path}: operator {len(self.reports)}"
        if inputs[:1] != [head]:
            rule = "the graph is no chain: it uses a value beside the one before"
            return bad_input(subject, kind, rule, "give a model whose layers form one chain")
        rule = "is not supported in a chain of dense layers"
        return bad_input(subject, kind, rule, "remove it, or replace it by dense layers")


def _unsigned_outputs(layer: IntegerLayer) -> IntegerLayer:
    """Return a layer with int8 outputs as one whose codes are those of uint8, 128 larger."""
    if layer.table is not None:
        table = replace(layer.table, output=UINT8, entries=layer.table.entries + UNSIGNED_ZERO)
        orders = [TableOrder(o.reason, o.entries + UNSIGNED_ZERO) for o in layer.orders]
        return replace(layer, table=table, orders=tuple(orders))
    step: Any = layer.step
    moved = {name: getattr(step, name) + UNSIGNED_ZERO for name in ("zero_point", "lo", "hi")}
    return replace(layer, step=replace(step, output=UINT8, **moved))

"""TFLite files of int8 fully connected layers.

A layer's sums are those of integers; its outputs are LiteRT's, by its reference kernel or by
XNNPACK, which computes in float32 as onnxruntime does. Functions between the layers are tables.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.load.layer_table import with_table
from fcgen.load.model_file import content
from fcgen.load.tflite_dense import INT8, dense
from fcgen.load.tflite_graph import AGAIN, Tensor, TfliteGraph
from fcgen.load.tflite_unary import NAMES, Scaled, table
from fcgen.model import NodeReport
from fcgen.real_map import InputGrid, RealMap
from fcgen.tail import OTHER, Tail

IDENTIFIER = b"TFL3"
TARGETS = ("litert-reference", "litert-xnnpack")
DENSE = "FULLY_CONNECTED"
SAME_ORDER = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
TAIL = {"SOFTMAX": "softmax", "ARG_MAX": "argmax", "LOGISTIC": "sigmoid", "DEQUANTIZE": ""}
CODES = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-(1 << 15), (1 << 15) - 1)}
"""Of what a tail gives: the least and the largest."""
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
        self.tail_grid: InputGrid | None = None
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
                self._end(kind, operator, output)
                ended = True
                self._report(kind, "after the last layer")
                continue
            if not runs:
                raise self._refuse(kind, inputs, head)
            if kind == "QUANTIZE" and not self.layers:
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
        return kind in TAIL or (kind == "QUANTIZE" and not output.quantised)

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
        self.layers.append(layer)
        self.result = self.graph.tensor(int(operator.Outputs(0)))
        self._report(DENSE, f"layer {len(self.layers)}, {layer.inputs} → {layer.outputs}")

    def _unary(self, kind: str, operator: Any, before: Tensor, after: Tensor) -> None:
        """Take a function of the last layer's outputs."""
        for tensor in (before, after):
            if not tensor.quantised:
                rule = "must be int8 with a scale"
                raise bad_input(f"{self.path}: {tensor.name}", tensor.kind, rule, AGAIN)
        grids = Scaled(
            before.scales[0], int(before.zero_points[0]), after.scales[0], int(after.zero_points[0])
        )
        if float(grids.scale) / float(grids.output_scale) > FACTOR_MAX:
            rule = f"has scales further apart than {FACTOR_MAX:,.0f}"
            raise bad_input(f"{self.path}: {after.name}", kind, rule, AGAIN)
        slope = 1.0
        if kind == "LEAKY_RELU":
            options = self.graph.options(operator, "LeakyReluOptions")
            slope = 0.0 if options is None else float(options.Alpha())
        entries, orders = table(kind, grids, slope, self.target == TARGETS[1])
        self.layers[-1] = with_table(self.layers[-1], NAMES[kind], INT8, entries, orders)
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
        return IntegerModel(
            name=self.path.stem,
            format="TFLite, int8",
            input_name=entry.name,
            input_shape=shape,
            layers=tuple(self.layers),
            target=self.target,
            input=InputGrid(float(self.entry.scales[0]), first.input_zero_point, -128, 127),
            output=RealMap.scaled(self.result.scales[0], int(self.result.zero_points[0])),
            tail=Tail(self.tail, self.tail_grid),
            nodes=tuple(self.reports),
            takes_codes=entry.kind != "FLOAT32",
            shape=features if len(features) not in (1, 3) else (),
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

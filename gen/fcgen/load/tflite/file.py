"""TFLite files of int8 layers: fully connected ones, convolutions, average pooling, sums.

A layer's sums are integers. Its outputs are those of LiteRT's reference kernel or of XNNPACK, which
computes in float32 like onnxruntime. Functions between the layers become tables.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.load.integer_model import IntegerLayer, IntegerModel, TableOrder, with_table
from fcgen.load.integer_sum import IntegerSum
from fcgen.load.model import NodeReport
from fcgen.load.model_file import content
from fcgen.load.tflite.dense import INT8, check_bound, dense
from fcgen.load.tflite.graph import AGAIN, UNSIGNED_ZERO, Tensor, TfliteGraph
from fcgen.load.tflite.sums import sum_of
from fcgen.load.tflite.unary import BLOCK, BOUNDS, CURVES, NAMES, PLACE, Scaled, function_entries
from fcgen.load.tflite.windowed import KINDS, windowed
from fcgen.network.sources import INPUT, chain_sources
from fcgen.network.tail import OTHER, Tail
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.roundings import HALF_AWAY

IDENTIFIER = b"TFL3"
TARGETS = ("litert-reference", "litert-xnnpack")
DENSE = "FULLY_CONNECTED"
SUM, CONCATENATION = "ADD", "CONCATENATION"
LAYERS = (DENSE, *KINDS, SUM)
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
    """Walks the operators of the graph, in their order; every layer takes what those before give.

    ``given`` holds, of each tensor that was met, the layers whose outputs it is, joined pixel by
    pixel; ``pads`` the rows and columns that an operator has added around it.
    """

    def __init__(self, graph: TfliteGraph, target: str) -> None:
        self.graph, self.path, self.target = graph, graph.path, target
        self.layers: list[IntegerLayer | IntegerSum] = []
        self.sources: list[tuple[int, ...]] = []
        self.given: dict[int, tuple[int, ...]] = {}
        self.pads: dict[int, tuple[int, int, int, int]] = {}
        self.uses: Counter[int] = Counter()
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
        denses = [place for place, (kind, _) in enumerate(operators) if kind in LAYERS]
        head, ended = int(graph.graph.Inputs(0)), False
        self.given[head] = (INPUT,)
        for _, operator in operators:
            self.uses.update({int(operator.Inputs(i)) for i in range(operator.InputsLength())})
        for place, (kind, operator) in enumerate(operators):
            inputs = [int(operator.Inputs(i)) for i in range(operator.InputsLength())]
            made = int(operator.Outputs(0))
            output = graph.tensor(made)
            runs, behind = inputs[:1] == [head], bool(denses) and place > denses[-1]
            if ended or (behind and runs and self._ends(kind, output)):
                self._check_end(kind, inputs, head)
                self.ends.add(int(operator.Outputs(0)))
                self._end(kind, operator, output)
                ended = True
                self._report(kind, "after the last layer")
                continue
            if not inputs or inputs[0] not in self.given:
                raise self._refuse(kind, inputs, head)
            before = graph.tensor(inputs[0])
            if inputs[0] in self.pads and kind not in KINDS:
                raise self._wrong(kind, "takes a padded map", "pad maps before a convolution alone")
            self.given[made] = self.given[inputs[0]]
            if kind == "QUANTIZE" and self.given[made] == (INPUT,):
                self._check_entry(kind, before, output)
                self._report(kind, "the grid of the input")
            elif kind in SAME_ORDER:
                self._check_same(kind, before, output)
                self._report(kind, "a new shape, the same order")
            elif kind in LAYERS:
                self._layer(kind, operator, inputs)
            elif kind == "PAD":
                self._pad(operator, inputs, output)
            elif kind == CONCATENATION:
                self._concatenation(operator, inputs, output)
            elif kind in NAMES and self._alone(inputs[0]):
                self._unary(kind, operator, before, output, self.given[made][0])
            else:
                raise self._refuse(kind, inputs, head)
            head = made
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.path, "TFLite", rule, "give a model with at least one")
        self._check_outputs(head, int(operators[-1][1].Outputs(0)))
        return self._model(graph.tensor(int(graph.graph.Inputs(0))))

    def _alone(self, number: int) -> bool:
        """Say whether a tensor is what one layer gives, and one operator alone takes it."""
        sources = self.given[number]
        return len(sources) == 1 and sources != (INPUT,) and self.uses[number] == 1

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

    def _layer(self, kind: str, operator: Any, inputs: list[int]) -> None:
        xnnpack, number = self.target == TARGETS[1], len(self.layers) + 1
        layer: IntegerLayer | IntegerSum
        sources = self.given[inputs[0]]
        if kind == DENSE:
            layer = dense(self.graph, operator, inputs, number, xnnpack)
        elif kind == SUM:
            if inputs[1] not in self.given or inputs[1] in self.pads:
                raise self._refuse(kind, inputs, inputs[0])
            layer = sum_of(self.graph, operator, inputs, number, xnnpack)
            sources = (*sources, *self.given[inputs[1]])
        else:
            pad = self.pads.get(inputs[0], (0, 0, 0, 0))
            layer = windowed(self.graph, kind, operator, inputs, number, pad, xnnpack)
        if INPUT in sources:
            if len(sources) > 1:
                raise self._refuse(kind, inputs, inputs[0])
            self.entry = self.graph.tensor(inputs[0])
        else:
            given = sum(self.layers[source].frame_outputs for source in sources)
            if layer.frame_inputs != given:
                rule = f"takes {layer.frame_inputs} of the {given} outputs before it a time"
                raise self._wrong(kind, rule, "give each layer all outputs of the one before")
        self.given[int(operator.Outputs(0))] = (len(self.layers),)
        self.layers.append(layer)
        self.sources.append(sources)
        self.result = self.graph.tensor(int(operator.Outputs(0)))
        self._report(kind, f"layer {number}, {_size(layer)}")

    def _pad(self, operator: Any, inputs: list[int], output: Tensor) -> None:
        """Take rows and columns of the zero point around a map; the next layer has them."""
        self._check_same("PAD", self.graph.tensor(inputs[0]), output)
        sides = self.graph.tensor(inputs[1])
        wide = sides.kind == "INT64"
        counts = sides.values(np.int64 if wide else np.int32)
        if counts.shape != (4, 2) or counts[[0, 3]].any() or (counts < 0).any():
            rule = "adds to something else than the height and the width of a map"
            raise self._wrong("PAD", rule, "pad height and width alone")
        (above, below), (left, right) = counts[1:3].tolist()
        self.pads[int(operator.Outputs(0))] = (above, below, left, right)
        self._report("PAD", "the padding of the next layer")

    def _concatenation(self, operator: Any, inputs: list[int], output: Tensor) -> None:
        """Take maps side by side: their channels, of codes of one grid."""
        options = self.graph.options(operator, "ConcatenationOptions")
        axis = 0 if options is None else options.Axis()
        if axis not in (-1, len(output.shape) - 1):
            rule = "joins maps along something else than their channels"
            raise self._wrong(CONCATENATION, rule, "join channels")
        parts: tuple[int, ...] = ()
        for number in inputs:
            if number not in self.given or INPUT in self.given[number] or number in self.pads:
                raise self._refuse(CONCATENATION, inputs, inputs[0])
            self._check_same(CONCATENATION, self.graph.tensor(number), output)
            parts += self.given[number]
        if options is not None and options.FusedActivationFunction():
            rule = "has an activation"
            raise self._wrong(CONCATENATION, rule, "put it behind, as an operator of its own")
        self.given[int(operator.Outputs(0))] = parts
        self._report(CONCATENATION, f"the channels of {len(parts)} layers, side by side")

    def _unary(self, kind: str, operator: Any, before: Tensor, after: Tensor, place: int) -> None:
        """Take a function of a layer's outputs."""
        found = self.layers[place]
        if isinstance(found, IntegerSum):
            raise self._refuse(kind, [place], place)
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
            found = with_table(found, NAMES[kind], INT8, entries, orders)
        if ends:
            found = _unsigned_outputs(found)
        self.layers[place] = found
        self.result = after
        made = found.table
        layer = f"layer {place + 1}"
        self._report(kind, f"the bounds of {layer}" if made is None else f"{layer}: {made.line()}")

    def _model(self, entry: Tensor) -> IntegerModel:
        first = self.layers[0]
        assert isinstance(first, IntegerLayer)
        assert self.entry is not None
        assert self.result is not None
        edges = tuple(self.sources)
        features = entry.shape[1:] if len(entry.shape) > 1 else entry.shape
        shape = features if len(features) == 3 else (int(np.prod(features)),)
        if int(np.prod(features)) != first.frame_inputs:
            rule = f"the first layer takes {first.frame_inputs} values at a time"
            remedy = f"give the model inputs of {first.frame_inputs} values"
            raise bad_input(f"{self.path}: {entry.name}", f"shape {entry.shape}", rule, remedy)
        low, high, zero_point = -128, 127, first.input_zero_point
        if entry.unsigned:
            low, high, zero_point = 0, 255, zero_point + UNSIGNED_ZERO
            for place, sources in enumerate(self.sources):
                layer = self.layers[place]
                if sources == (INPUT,) and isinstance(layer, IntegerLayer):
                    self.layers[place] = replace(
                        layer,
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
            sources=() if edges == chain_sources(len(self.layers)) else edges,
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
            rule = "uses a value beside the one before, which this operator cannot"
            return self._wrong(kind, rule, "give it the value before")
        rule = "is not supported in a network of dense layers and convolutions"
        return self._wrong(kind, rule, "remove it, or replace it by such layers")

    def _wrong(self, kind: str, rule: str, remedy: str) -> InputError:
        """Return the error that names the operator that is next."""
        return bad_input(f"{self.path}: operator {len(self.reports)}", kind, rule, remedy)


def _size(layer: IntegerLayer | IntegerSum) -> str:
    """Return what goes in and what leaves, for people."""
    if isinstance(layer, IntegerSum):
        size = f"{layer.height}×{layer.width}×{layer.channels}"
        return f"{size} + {size}"
    window = layer.window
    if window is None:
        return f"{layer.inputs} → {layer.outputs}"
    before = f"{window.height}×{window.width}×{window.channels}"
    return f"{before} → {window.rows}×{window.columns}×{layer.outputs}"


def _unsigned_outputs(layer: IntegerLayer) -> IntegerLayer:
    """Return a layer with int8 outputs as one whose codes are those of uint8, 128 larger."""
    if layer.table is not None:
        table = replace(layer.table, output=UINT8, entries=layer.table.entries + UNSIGNED_ZERO)
        orders = [TableOrder(o.reason, o.entries + UNSIGNED_ZERO) for o in layer.orders]
        return replace(layer, table=table, orders=tuple(orders))
    step: Any = layer.step
    moved = {name: getattr(step, name) + UNSIGNED_ZERO for name in ("zero_point", "lo", "hi")}
    return replace(layer, step=replace(step, output=UINT8, **moved))

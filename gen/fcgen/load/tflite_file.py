"""TFLite files of int8 fully connected layers.

A layer's sums are those of integers; its outputs are LiteRT's, by its reference kernel or by
XNNPACK, which computes in float32 as onnxruntime does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.fixed import IntegerFormat
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.load.model_file import content
from fcgen.model import NodeReport
from fcgen.real_map import InputGrid, RealMap
from fcgen.source_step import DoubleProduct, FloatProduct, Step

IDENTIFIER = b"TFL3"
INT8 = IntegerFormat(8, signed=True)
TARGETS = ("litert-reference", "litert-xnnpack")
ACTIVATIONS = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Bounds of the fused activations: none, ReLU, ReLU -1 to 1, ReLU6."""
SAME_ORDER = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
TAIL = {"SOFTMAX": "softmax", "ARG_MAX": "argmax", "LOGISTIC": "sigmoid", "DEQUANTIZE": ""}
BROKEN = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError)
"""What a file with wrong offsets or types raises in the package's readers."""
_AGAIN = "convert the model again"


@dataclass(frozen=True, eq=False)
class _Tensor:
    """A tensor of the graph: shape, type, quantisation, and its values where it is a constant."""

    name: str
    shape: tuple[int, ...]
    kind: str
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    data: bytes

    def values(self, dtype: type) -> npt.NDArray[Any]:
        """Return the constant's values."""
        array = np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"))
        if array.size != int(np.prod(self.shape, dtype=np.int64)):
            rule = f"its {len(self.data)} bytes are not a tensor of shape {self.shape}"
            raise bad_input(f"tensor {self.name}", self.kind, rule, _AGAIN)
        return array.reshape(self.shape)


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
        raise bad_input(path, "no identifier TFL3", "is no TFLite model", _AGAIN)
    try:
        return _Graph(path, tflite, data).read(target)
    except InputError:
        raise
    except BROKEN as error:
        raise bad_input(path, error, "is no whole TFLite model", _AGAIN) from None


class _Graph:
    """Walks the operators of the one subgraph."""

    def __init__(self, path: Path, package: Any, data: bytes) -> None:
        self.path, self.package = path, package
        self.model = package.Model.GetRootAsModel(data, 0)
        if self.model.SubgraphsLength() != 1:
            rule = "one subgraph is supported"
            raise bad_input(path, f"{self.model.SubgraphsLength()} subgraphs", rule, _AGAIN)
        self.graph = self.model.Subgraphs(0)
        if self.graph.InputsLength() != 1:
            rule = "one input is supported"
            raise bad_input(path, f"{self.graph.InputsLength()} inputs", rule, _AGAIN)
        self.names = {
            value: name
            for name, value in vars(package.BuiltinOperator).items()
            if isinstance(value, int)
        }
        self.kinds = {
            value: name
            for name, value in vars(package.TensorType).items()
            if isinstance(value, int)
        }
        self.layers: list[IntegerLayer] = []
        self.reports: list[NodeReport] = []
        self.tail = ""

    def read(self, target: str) -> IntegerModel:
        """Return the model."""
        head = int(self.graph.Inputs(0))
        entry = self._tensor(head)
        ended = False
        for kind, operator in self._operators():
            inputs = [int(operator.Inputs(i)) for i in range(operator.InputsLength())]
            if not ended and kind == "QUANTIZE" and not self.layers and inputs == [head]:
                self._report(kind, "the grid of the input")
            elif not ended and kind in SAME_ORDER and inputs[:1] == [head]:
                self._report(kind, "a new shape, the same order")
            elif not ended and kind == "FULLY_CONNECTED" and inputs[:1] == [head]:
                self.layers.append(self._layer(operator, inputs, target))
                layer = self.layers[-1]
                what = f"layer {len(self.layers)}, {layer.inputs} → {layer.outputs}"
                self._report(kind, what)
            elif self.layers and kind in TAIL and (ended or inputs[:1] == [head]):
                self.tail, ended = self.tail or TAIL[kind], True
                self._report(kind, "after the last layer")
                continue
            else:
                raise self._refuse(kind, inputs, head)
            head = int(operator.Outputs(0))
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.path, "TFLite", rule, "give a model with at least one")
        return self._model(entry, target)

    def _model(self, entry: _Tensor, target: str) -> IntegerModel:
        first, last = self.layers[0], self.layers[-1]
        assert last.step is not None
        features = entry.shape[1:]
        shape = features if len(features) == 3 else (int(np.prod(features)),)
        if int(np.prod(features)) != first.inputs:
            rule = f"the first layer takes {first.inputs}"
            raise bad_input(f"{self.path}: {entry.name}", f"shape {entry.shape}", rule, _AGAIN)
        return IntegerModel(
            name=self.path.stem,
            format="TFLite, int8",
            input_name=entry.name,
            input_shape=shape,
            layers=tuple(self.layers),
            target=target,
            input=InputGrid(float(self.entry_scale), first.input_zero_point, -128, 127),
            output=RealMap.scaled(self.scale, last.step.zero_point),
            tail=self.tail,
            nodes=tuple(self.reports),
        )

    def _operators(self) -> Iterator[tuple[str, Any]]:
        for i in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(i)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            yield self.names.get(number, f"operator {number}"), operator

    def _report(self, kind: str, became: str) -> None:
        self.reports.append(NodeReport(kind, str(len(self.reports)), became))

    def _refuse(self, kind: str, inputs: list[int], head: int) -> InputError:
        subject = f"{self.path}: operator {len(self.reports)}"
        if inputs[:1] != [head]:
            rule = "the graph is no chain: it uses a value beside the one before"
            return bad_input(subject, kind, rule, "give a model whose layers form one chain")
        rule = "is not supported in a chain of dense layers"
        return bad_input(subject, kind, rule, "remove it, or replace it by dense layers")

    def _tensor(self, number: int) -> _Tensor:
        tensor = self.graph.Tensors(number)
        quantization = tensor.Quantization()
        scales, zeros = np.zeros(0, np.float32), np.zeros(0, np.int64)
        if quantization is not None and quantization.ScaleLength():
            scales = np.asarray(quantization.ScaleAsNumpy(), np.float32)
            zeros = np.zeros(len(scales), np.int64)
            if quantization.ZeroPointLength():
                zeros = np.asarray(quantization.ZeroPointAsNumpy(), np.int64)
        name = (tensor.Name() or b"").decode(errors="replace")
        if scales.size and not (np.isfinite(scales).all() and (scales > 0).all()):
            rule = "scales must be positive and finite"
            raise bad_input(f"{self.path}: {name}", scales[0], rule, _AGAIN)
        buffer = self.model.Buffers(tensor.Buffer())
        data = buffer.DataAsNumpy() if buffer is not None and buffer.DataLength() else b""
        return _Tensor(
            name,
            tuple(int(size) for size in np.atleast_1d(tensor.ShapeAsNumpy())),
            self.kinds.get(tensor.Type(), "unknown"),
            scales,
            zeros,
            bytes(data),
        )

    def _layer(self, operator: Any, inputs: list[int], target: str) -> IntegerLayer:
        entry, weight = self._tensor(inputs[0]), self._tensor(inputs[1])
        result = self._tensor(int(operator.Outputs(0)))
        for tensor in (entry, weight, result):
            if tensor.kind != "INT8" or not tensor.scales.size:
                rule = "must be int8 with a scale"
                raise bad_input(f"{self.path}: {tensor.name}", tensor.kind, rule, _AGAIN)
        if weight.zero_points.any():
            rule = "weights must have no zero point"
            raise bad_input(f"{self.path}: {weight.name}", "zero point", rule, _AGAIN)
        matrix = weight.values(np.int8).astype(np.int64)
        if matrix.ndim != 2 or len(weight.scales) not in (1, len(matrix)):
            rule = "weights must be a matrix with one scale, or one for each row"
            raise bad_input(f"{self.path}: {weight.name}", weight.shape, rule, _AGAIN)
        bias = np.zeros(len(matrix), np.int64)
        if len(inputs) > 2 and inputs[2] >= 0:
            bias = self._tensor(inputs[2]).values(np.int32).astype(np.int64).reshape(-1)
            if len(bias) != len(matrix):
                rule = f"the layer has {len(matrix)} outputs"
                raise bad_input(f"{self.path}: {weight.name}", f"{len(bias)} biases", rule, _AGAIN)
        if not self.layers:
            self.entry_scale = entry.scales[0]
        self.scale = result.scales[0]
        return IntegerLayer(
            name=_short(result.name, len(self.layers) + 1),
            weight=matrix,
            bias=bias,
            weight_format=INT8,
            activation_format=INT8,
            input_zero_point=int(entry.zero_points[0]),
            input_lo=-128,
            input_hi=127,
            step=self._step(operator, entry, weight, result, target),
        )

    def _step(
        self, operator: Any, entry: _Tensor, weight: _Tensor, result: _Tensor, target: str
    ) -> Step:
        options = self.package.FullyConnectedOptions()
        table = operator.BuiltinOptions()
        fused = 0
        if table is not None:
            options.Init(table.Bytes, table.Pos)
            fused = options.FusedActivationFunction()
        if fused not in ACTIVATIONS:
            rule = "is no bound, and needs a table"
            raise bad_input(f"{self.path}: {result.name}", f"activation {fused}", rule, _AGAIN)
        zero_point, scale = int(result.zero_points[0]), float(result.scales[0])
        ends = [-128, 127]
        for place, bound in enumerate(ACTIVATIONS[fused]):
            if bound is not None:
                code = zero_point + int(np.copysign(np.floor(abs(bound / scale) + 0.5), bound))
                ends[place] = min(max(code, -128), 127)
        outputs = weight.shape[0]
        if target == TARGETS[1]:
            factors = (entry.scales[0] * weight.scales) / result.scales[0]
            return FloatProduct(np.broadcast_to(factors, (outputs,)), INT8, zero_point, *ends)
        exact = entry.scales[0].astype(np.float64) * weight.scales.astype(np.float64) / scale
        return DoubleProduct(np.broadcast_to(exact, (outputs,)), INT8, zero_point, *ends)


def _short(name: str, number: int) -> str:
    """Return the part of a converter's long name that tells a layer."""
    parts = [part for part in name.split(";")[-1].split("/") if part]
    known = [part for part in parts if part not in ("BiasAdd", "MatMul", "Relu")]
    return known[-1] if known else f"layer_{number}"

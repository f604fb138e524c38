"""A TFLite file's one graph: its operators and tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input

AGAIN = "convert the model again"
UNSIGNED_ZERO = 128
"""How much larger a uint8 code is than the int8 code of the same real."""
NEW_CODE_FIELD = 10
"""Place of the 32-bit ``builtin_code`` in the table of an operator code."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the graph: shape, type, quantisation, and its values where it is a constant."""

    name: str
    shape: tuple[int, ...]
    kind: str
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    data: bytes

    @property
    def quantised(self) -> bool:
        """Whether it holds int8 with a scale."""
        return self.kind == "INT8" and bool(self.scales.size)

    @property
    def unsigned(self) -> bool:
        """Whether it holds uint8 with a scale."""
        return self.kind == "UINT8" and bool(self.scales.size)

    def is_moved(self, other: Tensor) -> bool:
        """Say whether it has the reals of another grid, with codes that are 128 larger."""
        alike = (self.scales[:1] == other.scales[:1]).all()
        return bool(alike and self.zero_points[0] == other.zero_points[0] + UNSIGNED_ZERO)

    def values(self, dtype: type) -> npt.NDArray[Any]:
        """Return the constant's values."""
        array = np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"))
        if array.size != int(np.prod(self.shape, dtype=np.int64)):
            rule = f"its {len(self.data)} bytes are not a tensor of shape {self.shape}"
            raise bad_input(f"tensor {self.name}", self.kind, rule, AGAIN)
        return array.reshape(self.shape)


class TfliteGraph:
    """The operators and tensors of a file with one subgraph and one input.

    Parameters
    ----------
    path : Path
        For messages.
    package : module
        ``tflite``.
    data : bytes
    """

    def __init__(self, path: Path, package: Any, data: bytes) -> None:
        self.path, self.package = path, package
        self.model = package.Model.GetRootAsModel(data, 0)
        if self.model.SubgraphsLength() != 1:
            rule = "one subgraph is supported"
            raise bad_input(path, f"{self.model.SubgraphsLength()} subgraphs", rule, AGAIN)
        self.graph = self.model.Subgraphs(0)
        if self.graph.InputsLength() != 1:
            rule = "one input is supported"
            raise bad_input(path, f"{self.graph.InputsLength()} inputs", rule, AGAIN)
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

    def operators(self) -> Iterator[tuple[str, Any]]:
        """Give the kind of each operator, and the operator."""
        for i in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(i)
            number = _operator_number(self.model.OperatorCodes(operator.OpcodeIndex()))
            yield self.names.get(number, f"operator {number}"), operator

    def options(self, operator: Any, kind: str) -> Any:
        """Return the options of an operator, ``kind`` of the package; None where it has none."""
        table = operator.BuiltinOptions()
        if table is None:
            return None
        options = getattr(self.package, kind)()
        options.Init(table.Bytes, table.Pos)
        return options

    def tensor(self, number: int) -> Tensor:
        """Return a tensor by its number."""
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
            raise bad_input(f"{self.path}: {name}", scales[0], rule, AGAIN)
        buffer = self.model.Buffers(tensor.Buffer())
        data = buffer.DataAsNumpy() if buffer is not None and buffer.DataLength() else b""
        return Tensor(
            name,
            tuple(int(size) for size in np.atleast_1d(tensor.ShapeAsNumpy())),
            self.kinds.get(tensor.Type(), "unknown"),
            scales,
            zeros,
            bytes(data),
        )


def _operator_number(code: Any) -> int:
    """Return the larger of the two numbers of an operator code, as runtimes do.

    Writers may leave the older one, of 8 bits, at its default, which the package answers for both.
    """
    from flatbuffers.number_types import Int32Flags

    place = code._tab.Offset(NEW_CODE_FIELD)
    number = code._tab.Get(Int32Flags, code._tab.Pos + place) if place else 0
    return max(int(number), int(code.DeprecatedBuiltinCode()))

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
"""A uint8 code less the int8 code of the same real."""
NEW_CODE_FIELD = 10
"""Place of the 32-bit ``builtin_code`` in the table of an operator code."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the graph: shape, type, quantisation, and its values where it is a constant.

    ``axis`` is the dimension along which it has several scales.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    data: bytes
    axis: int = 0

    @property
    def quantised(self) -> bool:
        """Whether it holds int8 with a scale."""
        return self.kind == "INT8" and bool(self.scales.size)

    @property
    def unsigned(self) -> bool:
        """Whether it holds uint8 with a scale."""
        return self.kind == "UINT8" and bool(self.scales.size)

    def keeps(self, other: Tensor) -> bool:
        """Return whether the codes stand for the same reals; uint8 is 128 above int8."""
        if not all(tensor.quantised or tensor.unsigned for tensor in (self, other)):
            return False
        first, second = (
            (tensor.scales.tolist(), int(tensor.zero_points[0]) - tensor.unsigned * UNSIGNED_ZERO)
            for tensor in (self, other)
        )
        return first == second

    def values(self, dtype: type) -> npt.NDArray[Any]:
        """Return the constant's values."""
        array = np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"))
        if array.size != int(np.prod(self.shape, dtype=np.int64)):
            rule = f"its {len(self.data)} bytes are not a tensor of shape {self.shape}"
            raise bad_input(f"tensor {self.name}", self.kind, rule, AGAIN)
        return array.reshape(self.shape)


class TfliteGraph:
    """The operators and tensors of a file with one subgraph and one input.

    Fields that a file leaves at their defaults are absent from it, and readers differ in what they
    answer for them: here as the schema says, and as LiteRT takes it.

    Parameters
    ----------
    path : Path
        For messages.
    package : module
        ``tflite``.
    data : bytes
    """

    def __init__(self, path: Path, package: Any, data: bytes) -> None:
        self.path, self.package, self.bytes = path, package, data
        self.model = package.Model.GetRootAsModel(data, 0)
        if self.model.SubgraphsLength() != 1:
            rule = "one subgraph is supported"
            raise bad_input(path, f"{self.model.SubgraphsLength()} subgraphs", rule, AGAIN)
        self.graph = self.model.Subgraphs(0)
        if self.graph.InputsLength() != 1:
            rule = "one input is supported"
            raise bad_input(path, f"{self.graph.InputsLength()} inputs", rule, AGAIN)
        self.outputs = [int(self.graph.Outputs(i)) for i in range(self.graph.OutputsLength())]
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
        """Yield the kind of each operator, and the operator."""
        for i in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(i)
            number = _operator_number(self.model.OperatorCodes(operator.OpcodeIndex()))
            yield self.names.get(number, f"operator {number}"), operator

    def options(self, operator: Any, kind: str) -> Any:
        """Return the options of an operator, ``kind`` of the package; None where it has none.

        Options of another kind are none to LiteRT either.
        """
        table = operator.BuiltinOptions()
        wanted = getattr(self.package.BuiltinOptions, kind)
        if table is None or operator.BuiltinOptionsType() != wanted:
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
        if tensor.Sparsity() is not None:
            rule = "keeps the values that are not zero alone, which is not supported"
            raise bad_input(f"{self.path}: {name}", "a sparse tensor", rule, AGAIN)
        return Tensor(
            name,
            tuple(int(size) for size in np.atleast_1d(tensor.ShapeAsNumpy())),
            self.kinds.get(tensor.Type(), f"type {tensor.Type()}"),
            scales,
            zeros,
            self._data(tensor.Buffer()),
            0 if quantization is None else int(quantization.QuantizedDimension()),
        )

    def _data(self, number: int) -> bytes:
        """Return a buffer's bytes; large files have them behind the FlatBuffer."""
        buffer = self.model.Buffers(number)
        if buffer is None:
            return b""
        if buffer.DataLength():
            return bytes(buffer.DataAsNumpy())
        # An offset of 1 is the schema's word for one that was never filled in.
        start = buffer.Offset()
        return self.bytes[start : start + buffer.Size()] if start > 1 else b""

    def check_codes(self, tensor: Tensor, *, unsigned: bool = False) -> None:
        """Refuse activations that are no int8, or uint8 if it may be, with one scale.

        Raises
        ------
        InputError
            One line with the tensor.
        """
        subject = f"{self.path}: {tensor.name}"
        if not (tensor.quantised or (unsigned and tensor.unsigned)):
            raise bad_input(subject, tensor.kind, "must be int8 with a scale", AGAIN)
        if len(tensor.scales) != 1:
            rule = "the outputs of a layer have one scale"
            raise bad_input(subject, f"{len(tensor.scales)} scales", rule, AGAIN)
        least = 0 if tensor.unsigned else -UNSIGNED_ZERO
        zero_point = int(tensor.zero_points[0])
        if not least <= zero_point <= least + 255:
            rule = f"must be {least} to {least + 255}"
            raise bad_input(subject, f"zero point {zero_point}", rule, AGAIN)


def _operator_number(code: Any) -> int:
    """Return the larger of the two numbers of an operator code, as runtimes do.

    Writers may leave the older one, of 8 bits, at its default, which the package answers for both.
    """
    from flatbuffers.number_types import Int32Flags

    place = code._tab.Offset(NEW_CODE_FIELD)
    number = code._tab.Get(Int32Flags, code._tab.Pos + place) if place else 0
    return max(int(number), int(code.DeprecatedBuiltinCode()))

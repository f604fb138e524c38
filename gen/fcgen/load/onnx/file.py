"""ONNX files: read without trust, external data only from inside the model's folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcgen.errors import InputError, ToolError, bad_input
from fcgen.load.model_file import ELEMENTS_MAX, content

if TYPE_CHECKING:
    import onnx

_EXPORT_AGAIN = "export the model again"
CONSTANTS_SINCE = 4
"""First IR version whose constants need not be inputs as well."""


def require_onnx() -> Any:
    """Return the package ``onnx``.

    Raises
    ------
    ToolError
        Where it is not installed.
    """
    try:
        import onnx
        import onnx.checker
        import onnx.numpy_helper
        import onnx.reference
    except ImportError:
        raise ToolError(
            "onnx: not installed: it reads ONNX files; pip install 'fcgen[onnx]'"
        ) from None
    return onnx


def read_onnx(path: Path) -> Any:
    """Read a model, an ``onnx.ModelProto`` with its external data.

    Raises
    ------
    InputError
        One line with the file, for one that is no ONNX model, whatever is wrong with it.
    ToolError
        Where the package ``onnx`` is missing.
    """
    onnx = require_onnx()
    try:
        model = onnx.ModelProto.FromString(content(path))
    except InputError:
        raise
    except Exception as error:  # DecodeError, which protobuf keeps in another place each version
        raise bad_input(path, error, "is no whole ONNX file", _EXPORT_AGAIN) from None
    if not model.graph.node:
        raise bad_input(path, "no nodes", "is no ONNX model", _EXPORT_AGAIN)
    for tensor in _tensors(model.graph):
        _check_tensor(path, tensor)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _take_in(path, tensor)
    try:
        onnx.checker.check_model(_completed(model))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise bad_input(path, first, "is no valid ONNX model", _EXPORT_AGAIN) from None
    return model


def _tensors(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    """Return all tensors of a graph that have values."""
    found = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                found.append(attribute.t)
            found += attribute.tensors
    return found


def _check_tensor(path: Path, tensor: onnx.TensorProto) -> None:
    """Check the declared size before anything is allocated for it."""
    if any(size < 0 for size in tensor.dims) or math.prod(tensor.dims) > ELEMENTS_MAX:
        rule = f"must have at most {ELEMENTS_MAX:,} elements"
        raise bad_input(f"{path}: {tensor.name}", list(tensor.dims), rule, _EXPORT_AGAIN)


def _take_in(path: Path, tensor: onnx.TensorProto) -> None:
    """Put a tensor's external data into the tensor."""
    onnx = require_onnx()
    entries = {entry.key: entry.value for entry in tensor.external_data}
    subject, location = f"{path}: {tensor.name}", entries.get("location", "")
    folder = path.resolve().parent
    file = (folder / location).resolve()
    if not location or Path(location).is_absolute() or not file.is_relative_to(folder):
        rule = "external data must be inside the model's folder"
        raise bad_input(subject, location, rule, "put the data beside the model")
    if not file.is_file():
        raise bad_input(subject, location, "no such file", "put the data beside the model")
    try:
        offset, length = (int(entries.get(key, "-1")) for key in ("offset", "length"))
    except ValueError:
        rule = "offset and length must be numbers"
        raise bad_input(subject, location, rule, _EXPORT_AGAIN) from None
    size = file.stat().st_size
    offset = max(offset, 0)
    length = size - offset if length < 0 else length
    element = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    wanted = math.prod(tensor.dims) * element.itemsize
    if length != wanted or offset + length > size:
        rule = f"the tensor needs {wanted} bytes, the file has {size} and {length} are named"
        raise bad_input(subject, location, rule, _EXPORT_AGAIN)
    with file.open("rb") as stream:
        stream.seek(offset)
        tensor.raw_data = stream.read(length)
    tensor.data_location = onnx.TensorProto.DEFAULT
    del tensor.external_data[:]


def _completed(model: onnx.ModelProto) -> Any:
    """Return a copy with what some exporters leave out and runtimes do not need.

    The domains of all nodes, the shapes of inputs and outputs, and constants among the inputs,
    where IR versions before 4 have them.
    """
    onnx = require_onnx()
    complete = onnx.ModelProto()
    complete.CopyFrom(model)
    named = {opset.domain for opset in model.opset_import}
    missing = sorted({node.domain for node in model.graph.node} - named)
    complete.opset_import.extend(onnx.helper.make_opsetid(domain, 1) for domain in missing)
    inputs = {value.name for value in complete.graph.input}
    if complete.ir_version < CONSTANTS_SINCE:
        complete.graph.input.extend(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in complete.graph.initializer
            if tensor.name not in inputs
        )
    for value in (*complete.graph.input, *complete.graph.output):
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.shape.SetInParent()
    return complete

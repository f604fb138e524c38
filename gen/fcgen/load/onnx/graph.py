"""An ONNX graph during a walk: its constants, and the shape of the current value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, bad_input
from fcgen.load.model import NodeReport
from fcgen.load.onnx.file import require_onnx

if TYPE_CHECKING:
    import onnx

EVALUATED_MAX = 1 << 26
"""Most elements of a constant that a node makes of a small one."""
GROWING = ("ConstantOfShape", "Expand", "Tile", "Range", "RandomNormal", "RandomUniform")
FLOATS = (1, 10, 11)
"""Element types: float, half and double."""
INTEGERS = (2, 3, 4, 5, 6, 7, 12, 13)
"""Element types of integers of 8 to 64 bits."""
SAME_ORDER = ("Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
"""Operations that leave all values where they are in memory."""
Array = npt.NDArray[Any]


class OnnxGraph:
    """A graph with one input, from which it is walked.

    The batch is one, so that every shape is a constant. The current value is the output of the last
    node that was taken.

    Parameters
    ----------
    path : Path
        For messages.
    model : onnx.ModelProto

    Attributes
    ----------
    constants : dict of str to ndarray
    shape : tuple of int
        Shape of the current value, the batch of one included.
    head : str
        Name of the current value.
    declared : tuple of int
        Shape of the input without its batch, where it has another rank than 1 and 3.
    reports : list of NodeReport
    integers : bool
        The current value is of the input's own integers, not yet cast to floats.
    """

    def __init__(self, path: Path, model: onnx.ModelProto) -> None:
        self.onnx = require_onnx()
        self.path = path
        self.model = model
        self.constants: dict[str, Array] = {
            tensor.name: self.onnx.numpy_helper.to_array(tensor)
            for tensor in model.graph.initializer
        }
        self.reports: list[NodeReport] = []
        entry = self._entry()
        self.shape = self._shape(entry)
        self.input_name = self.head = entry.name
        features = self.shape[1:]
        self.input_shape = features if len(features) == 3 else (int(np.prod(features)),)
        self.declared = features if len(features) not in (1, 3) else ()

    def _entry(self) -> Any:
        """Return the one input that is no constant, an ``onnx.ValueInfoProto``."""
        inputs = [value for value in self.model.graph.input if value.name not in self.constants]
        if len(inputs) != 1:
            found = ", ".join(value.name for value in inputs) or "none"
            rule = "one input is supported"
            raise bad_input(f"{self.path}: inputs", found, rule, "export a model with one input")
        return inputs[0]

    def _shape(self, entry: onnx.ValueInfoProto) -> tuple[int, ...]:
        """Return the input's shape with a batch of one, whatever the file calls the batch."""
        tensor = entry.type.tensor_type
        self.integers = tensor.elem_type in INTEGERS
        if tensor.elem_type not in (*FLOATS, *INTEGERS):
            kind = self.onnx.TensorProto.DataType.Name(tensor.elem_type)
            rule = "the input must be of numbers"
            raise bad_input(f"{self.path}: {entry.name}", kind, rule, "export it with float inputs")
        sizes = [size.dim_value for size in tensor.shape.dim]
        self.batch = sizes[0] if len(sizes) > 1 else 1
        if len(sizes) == 1:
            sizes = [1, *sizes]
        if len(sizes) < 2 or any(size < 1 for size in sizes[1:]) or np.prod(sizes[1:]) > 65_535:
            rule = "all sizes but the batch must be known, with at most 65,535 inputs in all"
            raise bad_input(f"{self.path}: {entry.name}", sizes, rule, "export it with fixed sizes")
        return (1, *sizes[1:])

    def report(self, node: onnx.NodeProto, became: str) -> None:
        """Say what became of a node."""
        self.reports.append(NodeReport(node.op_type, node.name, became))

    def attribute(self, node: onnx.NodeProto, name: str, default: Any) -> Any:
        """Return the value of an attribute, or the default where the node has none."""
        for attribute in node.attribute:
            if attribute.name == name:
                return self.onnx.helper.get_attribute_value(attribute)
        return default

    def given(self, node: onnx.NodeProto, place: int) -> bool:
        """Say whether a node has an operand, which may be left out."""
        return place < len(node.input) and bool(node.input[place])

    @property
    def opset(self) -> int:
        """Version of ONNX's own operators."""
        own = [each.version for each in self.model.opset_import if each.domain in ("", "ai.onnx")]
        return int(max(own, default=1))

    def constant(self, node: onnx.NodeProto, place: int) -> Array | None:
        """Return a constant operand; None where it is no constant or is left out."""
        if not self.given(node, place):
            return None
        return self.constants.get(node.input[place])

    def refuse(self, node: onnx.NodeProto, why: str, remedy: str) -> InputError:
        """Return the error that names a node."""
        name = node.name or (node.output[0] if node.output else "")
        return bad_input(f"{self.path}: node {name}", node.op_type, why, remedy)

    def fold_shape(self, node: onnx.NodeProto) -> None:
        """Take the shape of the current value as a constant."""
        self.constants[node.output[0]] = np.array(self.shape, np.int64)
        self.report(node, "the shape, a constant")

    def evaluate(self, node: onnx.NodeProto) -> None:
        """Fold a node of constants, whatever it does, by ONNX's own reference."""
        given = {name: self.constants[name] for name in node.input if name}
        if node.op_type in GROWING:
            self._check_growth(node, given)
        outputs = [name for name in node.output if name]
        values = self._run(node, given, outputs, "its constants could not be computed")
        self.constants |= zip(outputs, values, strict=True)
        self.report(node, "a constant")

    def infer(self, node: onnx.NodeProto) -> tuple[int, ...]:
        """Return the shape of a node's output, by running it on zeros."""
        given: dict[str, Array] = {self.head: np.zeros(self.shape, np.float32)}
        given |= {name: self.constants[name] for name in node.input if name in self.constants}
        if node.op_type == "Reshape" and self.batch > 1:
            # A shape that names the batch of the file, where one runs.
            sizes = given.get(node.input[1])
            if sizes is not None and sizes.size > 1 and sizes.reshape(-1)[0] == self.batch:
                given[node.input[1]] = np.array([1, *sizes.reshape(-1)[1:]], np.int64)
        why = f"does not fit its input of shape {self.shape}"
        return self._run(node, given, [node.output[0]], why)[0].shape

    def _run(
        self, node: onnx.NodeProto, given: dict[str, Array], outputs: list[str], why: str
    ) -> list[Array]:
        """Run one node by itself."""
        onnx = self.onnx
        untyped = onnx.TypeProto()
        graph = onnx.helper.make_graph(
            [node],
            "node",
            [onnx.helper.make_value_info(name, untyped) for name in given],
            [onnx.helper.make_value_info(name, untyped) for name in outputs],
        )
        try:
            single = onnx.helper.make_model(graph, opset_imports=list(self.model.opset_import))
            results = onnx.reference.ReferenceEvaluator(single).run(None, given)
        except Exception as error:  # of the package's own kinds and of NumPy's, for any bad node
            raise self.refuse(node, f"{why}: {error}", "correct the model") from None
        return [np.asarray(result) for result in results]

    def _check_growth(self, node: onnx.NodeProto, given: dict[str, Array]) -> None:
        """Refuse constants that are made much larger than the file that holds them."""
        sizes = [value for value in given.values() if value.dtype.kind in "iu" and value.size < 64]
        largest = max((float(np.prod(np.abs(value) + 1.0)) for value in sizes), default=1.0)
        if largest > EVALUATED_MAX:
            rule = f"makes a constant of more than {EVALUATED_MAX:,} elements"
            raise self.refuse(node, rule, "fold the constants before")

    def spread(self, node: onnx.NodeProto, constant: Array) -> Array:
        """Return a constant with one value for each feature of the current value."""
        try:
            spread = np.broadcast_to(constant.astype(np.float64), self.shape)
        except ValueError:
            rule = f"a constant of shape {constant.shape} does not fit {self.shape}"
            raise self.refuse(node, rule, "correct the model") from None
        return spread.reshape(-1)

"""The network as a quantised ONNX file of onnxruntime's integer operations: the twin.

The file holds the float32 operations that the host applies to inputs before it quantises them. Each
layer is one ``com.microsoft.QGemm``: sums in int32, then
``clip(rint(f32(acc) · f32(f32(xs·ws)/ys)) + zero_point)``. In a layer with a table, QGemm gives the
sums. The file then rounds and clips them to the index, which can have more than 8 bits, and gathers
the entries: the twin has the table of the hardware, not the function. Where
`fcgen.quantization.float32_claim.claims` holds, its integers are those of the hardware.

All codes and weights in the file are unsigned, the hardware's plus 128: the kernels for these are
exact on every processor and in every session. Kernels for unsigned codes and signed weights
saturate without VNNI, and a session with the entry ``session.x64quantprecision`` of 1 does not open
products of signed codes and weights outside of -64 to 64.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.onnx.file import require_onnx
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.requantization import Requantization
from fcgen.quantization.quantization import Quantization

OPSET = 13
BITS_MAX = 8
REAL_OPERATIONS = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div"}
QUANTIZED_DOMAIN = "com.microsoft"
SHIFT = 128
"""Codes of the file less those of the hardware."""
CODES, VALUES = "codes", "values"
"""Outputs of the file: the last layer's integers, and the reals that they stand for."""


@dataclass
class _Graph:
    """Nodes and constants under construction."""

    onnx: Any
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def code_constant(self, name: str, value: Any) -> str:
        """Add signed codes of the hardware as a constant of the file."""
        return self.constant(name, (np.asarray(value, np.int64) + SHIFT).astype(np.uint8))

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        node = self.onnx.helper.make_node(kind, inputs, [output], name=f"make_{output}", **options)
        self.nodes.append(node)
        return output


def export_onnx(quantization: Quantization, input_name: str, path: Path) -> tuple[str, ...]:
    """Write the file, and return the layers of which nothing is claimed.

    Parameters
    ----------
    quantization : Quantization
    input_name : str
        Of the source's input, which is float32 here too.
    path : Path

    Raises
    ------
    InputError
        When these operations cannot express a layer, or the file cannot be written.
    ToolError
        Where the package ``onnx`` is missing.
    """
    from fcgen.load.arrays.vector_file import write_whole

    model = twin(quantization, input_name)
    write_whole(path, lambda stream: stream.write(model.SerializeToString()), "--export-onnx")
    return tuple(report.name for report in quantization.layers if not report.claimed)


def twin(quantization: Quantization, input_name: str) -> Any:
    """Return the ``onnx.ModelProto`` of a network; see `export_onnx`."""
    onnx = require_onnx()
    network, grid = quantization.network, quantization.network.input
    assert grid is not None, "the quantiser knows what inputs are worth"
    for layer in network.layers:
        _check(layer)
    graph = _Graph(onnx)
    shape = network.shape or network.input_shape
    entry = onnx.helper.make_tensor_value_info(input_name, onnx.TensorProto.FLOAT, [None, *shape])
    running = input_name
    if len(shape) > 1:
        running = graph.add("Flatten", [running], "flat", axis=1)
    for place, (name, operand) in enumerate(grid.before.steps, 1):
        value = graph.constant(f"scaler_{place}_operand", operand)
        running = graph.add(REAL_OPERATIONS[name], [running, value], f"scaler_{place}")
    step = graph.constant("input_scale", np.array(grid.scale, np.float32))
    zero = graph.code_constant("input_zero_point", grid.zero_point)
    running = graph.add("QuantizeLinear", [running, step, zero], "input_codes")
    running = _clipped(graph, running, "input", grid.lo, grid.hi)
    for place in range(len(network.layers)):
        running, step, zero = _layer(graph, place, quantization, (running, step, zero))
    graph.add("DequantizeLinear", [running, step, zero], VALUES)
    wide = graph.add("Cast", [running], "shifted_codes", to=onnx.TensorProto.INT32)
    shift = graph.constant("shift", np.array(SHIFT, np.int32))
    signed = graph.add("Sub", [wide, shift], "signed_codes")
    graph.add("Cast", [signed], CODES, to=onnx.TensorProto.INT8)
    outputs = [
        onnx.helper.make_tensor_value_info(name, kind, [None, network.layers[-1].outputs])
        for name, kind in ((VALUES, onnx.TensorProto.FLOAT), (CODES, onnx.TensorProto.INT8))
    ]
    made = onnx.helper.make_graph(graph.nodes, network.name, [entry], outputs, graph.constants)
    opsets = [onnx.helper.make_opsetid(*o) for o in (("", OPSET), (QUANTIZED_DOMAIN, 1))]
    return onnx.helper.make_model(made, opset_imports=opsets, ir_version=8, producer_name="fcgen")


def _check(layer: DenseLayer) -> None:
    """Refuse a layer that these operations cannot express."""
    bits = (layer.weight_format.bits, layer.activation_format.bits, layer.output_format.bits)
    if not isinstance(layer.requantization, Requantization) or max(bits) > BITS_MAX:
        rule = f"only layers of at most {BITS_MAX} bits can be said in ONNX"
        raise bad_input("--export-onnx", layer.name, rule, f"use at most {BITS_MAX} bits")


def _layer(
    graph: _Graph, place: int, quantization: Quantization, running: tuple[str, str, str]
) -> tuple[str, str, str]:
    """Add a layer; return the names of its codes, their scale and their zero point."""
    layer, name = quantization.network.layers[place], f"layer_{place + 1}"
    scheme, index_scale = layer.requantization, quantization.index_scales[place]
    before, after = quantization.scales[place : place + 2]
    assert isinstance(scheme, Requantization)
    factors = np.ldexp(scheme.multiplier.astype(np.float64), -scheme.shift)
    scales = (factors * (index_scale or after) / before).astype(np.float32)
    operands = [
        graph.code_constant(f"{name}_weight", np.ascontiguousarray(layer.weight.T)),
        graph.constant(f"{name}_weight_scale", scales),
        graph.code_constant(f"{name}_weight_zero_point", np.zeros(layer.outputs)),
        graph.constant(f"{name}_bias", layer.bias.astype(np.int32)),
        graph.constant(f"{name}_scale", np.array(after, np.float32)),
        graph.code_constant(f"{name}_zero_point", quantization.zero_points[place + 1]),
    ]
    inputs = [*running, *operands]
    if layer.table is not None and index_scale is not None:
        sums = graph.add("QGemm", inputs[:-2], f"{name}_sums", domain=QUANTIZED_DOMAIN)
        codes = _looked_up(graph, sums, name, layer.table, index_scale)
        return codes, operands[-2], operands[-1]
    codes = graph.add("QGemm", inputs, f"{name}_codes", domain=QUANTIZED_DOMAIN)
    codes = _clipped(graph, codes, name, int(scheme.lo.max()), int(scheme.hi.min()))
    return codes, operands[-2], operands[-1]


def _looked_up(
    graph: _Graph, running: str, name: str, table: ActivationTable, index_scale: float
) -> str:
    """Add the rounding of sums to a table's index, and the table."""
    index = table.index
    values: dict[str, np.ndarray] = {
        "index_scale": np.array(index_scale, np.float32),
        "index_lowest": np.array(index.minimum, np.float32),
        "index_highest": np.array(index.maximum, np.float32),
    }
    step, lowest, highest = (
        graph.constant(f"{name}_{part}", value) for part, value in values.items()
    )
    entries = graph.code_constant(f"{name}_entries", table.entries)
    steps = graph.add("Div", [running, step], f"{name}_steps")
    rounded = graph.add("Round", [steps], f"{name}_rounded")
    clipped = graph.add("Clip", [rounded, lowest, highest], f"{name}_index")
    place = graph.add("Sub", [clipped, lowest], f"{name}_place")
    whole = graph.add("Cast", [place], f"{name}_entry", to=graph.onnx.TensorProto.INT64)
    return graph.add("Gather", [entries, whole], f"{name}_codes", axis=0)


def _clipped(graph: _Graph, running: str, name: str, lo: int, hi: int) -> str:
    """Add a clip of codes, unless their range is that of int8."""
    if (lo, hi) == (-128, 127):
        return running
    bounds = [
        graph.code_constant(f"{name}_{end}", value)
        for end, value in (("lowest", lo), ("highest", hi))
    ]
    return graph.add("Clip", [running, *bounds], f"{name}_clipped")

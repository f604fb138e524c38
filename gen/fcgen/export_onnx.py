"""The network as a quantised ONNX file, of integer operations that onnxruntime has.

Each layer is one ``com.microsoft.QGemm``: sums in int32, then
``clip(rint(f32(acc) · f32(f32(xs·ws)/ys)) + zero_point)``. Where `fcgen.quantize_model.claims`
holds, these are the integers of the hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.dense_layer import DenseLayer
from fcgen.errors import bad_input
from fcgen.load.onnx_file import require_onnx
from fcgen.quantize_model import Quantization

OPSET = 13
BITS_MAX = 8
QUANTIZED_DOMAIN = "com.microsoft"
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
        When a layer cannot be said in these operations, or the file cannot be written.
    ToolError
        Where the package ``onnx`` is missing.
    """
    from fcgen.load.vector_file import write_whole

    model = twin(quantization, input_name)
    write_whole(path, lambda stream: stream.write(model.SerializeToString()), "--export-onnx")
    return tuple(report.name for report in quantization.layers if not report.claimed)


def twin(quantization: Quantization, input_name: str) -> Any:
    """Return the ``onnx.ModelProto`` of a network; see `export_onnx`."""
    onnx = require_onnx()
    network, grid = quantization.network, quantization.network.input
    assert grid is not None, "the quantiser knows what inputs are worth"
    graph = _Graph(onnx)
    shape = [None, *network.input_shape]
    entry = onnx.helper.make_tensor_value_info(input_name, onnx.TensorProto.FLOAT, shape)
    running = input_name
    if len(network.input_shape) > 1:
        running = graph.add("Flatten", [running], "flat", axis=1)
    step = graph.constant("input_scale", np.array(grid.scale, np.float32))
    zero = graph.constant("input_zero_point", np.array(grid.zero_point, np.int8))
    running = graph.add("QuantizeLinear", [running, step, zero], "input_codes")
    running = _clipped(graph, running, "input", grid.lo, grid.hi)
    for number, layer in enumerate(network.layers):
        scales = quantization.scales[number : number + 2]
        running, step, zero = _layer(graph, number + 1, layer, scales, (running, step, zero))
    running = graph.add("Identity", [running], CODES)
    graph.add("DequantizeLinear", [running, step, zero], VALUES)
    outputs = [
        onnx.helper.make_tensor_value_info(name, kind, [None, network.layers[-1].outputs])
        for name, kind in ((VALUES, onnx.TensorProto.FLOAT), (CODES, onnx.TensorProto.INT8))
    ]
    made = onnx.helper.make_graph(graph.nodes, network.name, [entry], outputs, graph.constants)
    opsets = [onnx.helper.make_opsetid(*o) for o in (("", OPSET), (QUANTIZED_DOMAIN, 1))]
    return onnx.helper.make_model(made, opset_imports=opsets, ir_version=8, producer_name="fcgen")


def _layer(
    graph: _Graph,
    number: int,
    layer: DenseLayer,
    scales: Sequence[float],
    running: tuple[str, str, str],
) -> tuple[str, str, str]:
    """Add a layer; return the names of its codes, their scale and their zero point.

    ``scales`` are those of its inputs and its outputs, powers of two.
    """
    scheme, name = layer.requantization, f"layer_{number}"
    bits = (layer.weight_format.bits, layer.activation_format.bits, layer.output_format.bits)
    if scheme is None or max(bits) > BITS_MAX:
        rule = f"only layers of at most {BITS_MAX} bits can be said in ONNX"
        raise bad_input("--export-onnx", layer.name, rule, f"use at most {BITS_MAX} bits")
    factors = np.ldexp(scheme.multiplier.astype(np.float64), -scheme.shift)
    values = {
        "weight": np.ascontiguousarray(layer.weight.astype(np.int8).T),
        "weight_scale": (factors * scales[1] / scales[0]).astype(np.float32),
        "weight_zero_point": np.zeros(layer.outputs, np.int8),
        "bias": layer.bias.astype(np.int32),
        "scale": np.array(scales[1], np.float32),
        "zero_point": np.array(scheme.zero_point[0], np.int8),
    }
    operands = [graph.constant(f"{name}_{part}", value) for part, value in values.items()]
    inputs = [*running, *operands]
    codes = graph.add("QGemm", inputs, f"{name}_codes", domain=QUANTIZED_DOMAIN)
    codes = _clipped(graph, codes, name, int(scheme.lo.max()), int(scheme.hi.min()))
    return codes, operands[-2], operands[-1]


def _clipped(graph: _Graph, running: str, name: str, lo: int, hi: int) -> str:
    """Clip codes, where the range is not that of int8 itself."""
    if (lo, hi) == (-128, 127):
        return running
    bounds = [
        graph.constant(f"{name}_{end}", np.array(value, np.int8))
        for end, value in (("lowest", lo), ("highest", hi))
    ]
    return graph.add("Clip", [running, *bounds], f"{name}_clipped")

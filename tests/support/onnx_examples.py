"""Small ONNX graphs that several tests use."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def onnx_model(nodes, constants, inputs=(1, 4), output="y", opset=13, domains=()):
    """An ONNX model from its nodes; the output's shape is left open."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(inputs))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def mlp(*widths, seed=0, activation="Relu", tail=()):
    """An ONNX model of Gemm layers with an activation between them."""
    random = np.random.default_rng(seed)
    nodes, constants, running = [], {}, "x"
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        weight = random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        constants |= {f"w{number}": weight}
        constants |= {f"b{number}": random.normal(0, 0.1, outputs).astype(np.float32)}
        operands = [running, f"w{number}", f"b{number}"]
        running = f"z{number}"
        nodes.append(helper.make_node("Gemm", operands, [running], name=f"fc{number}", transB=1))
        if number < len(widths) - 1:
            nodes.append(helper.make_node(activation, [running], [f"a{number}"]))
            running = f"a{number}"
    for kind in tail:
        nodes.append(helper.make_node(kind, [running], [f"{running}_{kind}"], axis=1))
        running = f"{running}_{kind}"
    nodes.append(helper.make_node("Identity", [running], ["y"]))
    return onnx_model(nodes, constants, ("batch", widths[0]))


def save(model, path: Path) -> Path:
    """Write a model."""
    onnx.save(model, str(path))
    return path

"""QONNX graphs, and an executor of them in NumPy, node by node, as the format says."""

from itertools import pairwise

import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator

from onnx_examples import onnx_model

DOMAIN = "qonnx.custom_op.general"
ROUNDINGS = {
    "ROUND": np.rint,
    "FLOOR": np.floor,
    "CEIL": np.ceil,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5),
}


class Graph:
    """Collects nodes and constants."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value, dtype=np.float32):
        """Add a constant; return its name."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def add(self, kind, inputs, domain="", **attributes):
        """Add a node; return the name of its output."""
        output = f"t{len(self.nodes)}"
        node = helper.make_node(
            kind, inputs, [output], name=f"n_{output}", domain=domain, **attributes
        )
        self.nodes.append(node)
        return output

    def quant(self, value, scale, bits, zero_point=0.0, signed=1, narrow=0, mode="ROUND"):
        """Add a Quant."""
        parameters = [self.constant(scale), self.constant(zero_point), self.constant(bits)]
        words = {"signed": signed, "narrow": narrow, "rounding_mode": mode}
        return self.add("Quant", [value, *parameters], DOMAIN, **words)

    def model(self, output, shape):
        """Return the ONNX model."""
        self.nodes.append(helper.make_node("Identity", [output], ["y"]))
        return onnx_model(self.nodes, self.constants, shape, opset=15, domains=[DOMAIN])


def execute(model, x, upto="y"):
    """Run vectors through a graph one by one; return what ``upto`` holds, (V, …)."""
    found = []
    for vector in x:
        values = {t.name: _array(t) for t in model.graph.initializer}
        values["x"] = vector[None].astype(np.float32)
        for node in model.graph.node:
            values[node.output[0]] = _run(model, node, values)
        found.append(values[upto].reshape(-1))
    return np.array(found)


def _array(tensor):
    from onnx.numpy_helper import to_array

    return to_array(tensor)


def _run(model, node, values):
    given = [values[name] for name in node.input if name]
    if node.op_type == "BipolarQuant":
        return np.where(given[0] >= 0, np.float32(1), np.float32(-1)) * given[1]
    if node.op_type in ("Quant", "IntQuant"):
        options = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        x, scale, zero, bits = given
        signed, narrow = options["signed"], options["narrow"]
        high = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1 - narrow
        low = -(2.0 ** (bits - 1)) + narrow if signed else 0.0
        codes = ((x / scale).astype(np.float32) + zero).astype(np.float32)
        codes = ROUNDINGS[options["rounding_mode"].decode()](np.clip(codes, low, high))
        return ((codes - zero) * scale).astype(np.float32)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_value_info(name, helper.make_empty_tensor_value_info("").type)
         for name in node.input],
        [helper.make_value_info(node.output[0], helper.make_empty_tensor_value_info("").type)],
    )  # fmt: skip
    one = helper.make_model(graph, opset_imports=list(model.opset_import))
    if node.op_type in ("Sigmoid", "Tanh"):
        # As qonnx does, which has onnxruntime compute whatever is not its own.
        return onnxruntime_on_floats(node, given[0])
    feeds = dict(zip(node.input, given, strict=True))
    return ReferenceEvaluator(one).run(None, feeds)[0]


def onnxruntime_on_floats(node, x):
    """Run a node with one operand."""
    import onnxruntime

    alone = helper.make_node(node.op_type, ["x"], ["y"])
    one = onnx_model([alone], {}, x.shape)
    return onnxruntime.InferenceSession(one.SerializeToString()).run(None, {"x": x})[0]


def mlp(widths, seed=0, *, bits=4, activation_bits=4, power=True, norm=True, bias=False, **words):
    """A graph of quantised layers with a BatchNormalization between them."""
    random, graph = np.random.default_rng(seed), Graph()
    power_scale = (lambda: 2.0 ** -int(random.integers(1, 4))) if power else (
        lambda: float(random.uniform(0.1, 0.5)))  # fmt: skip
    running = graph.quant("x", 0.25, 6)
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        scale = power_scale()
        weight = graph.constant(random.normal(0, scale * 2**bits / 4, (inputs, outputs)))
        quantized = graph.quant(weight, scale, bits, narrow=1)
        running = graph.add("MatMul", [running, quantized])
        if bias:
            values = graph.quant(graph.constant(random.normal(0, 1, outputs)), 2.0**-6, 8)
            running = graph.add("Add", [running, values])
        if number == len(widths) - 1:
            break
        if norm:
            parameters = (
                random.normal(0.3, 0.5, outputs),
                random.normal(0, 1, outputs),
                random.normal(0, 2, outputs),
                random.uniform(1, 40, outputs),
            )
            constants = [graph.constant(values) for values in parameters]
            running = graph.add("BatchNormalization", [running, *constants])
        if number % 2:
            running = graph.add("Relu", [running])
        running = graph.quant(running, power_scale(), activation_bits, **words)
    return graph.model(running, (1, widths[0]))

"""QONNX graphs that several tests use."""

from itertools import pairwise

import numpy as np
from onnx import helper

from onnx_examples import onnx_model

DOMAIN = "qonnx.custom_op.general"


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

"""Quantised ONNX graphs as exporters write them, and onnxruntime on them."""

from itertools import pairwise

import numpy as np
import onnxruntime
from onnx import helper

from onnx_examples import onnx_model


class Graph:
    """Collects nodes and constants."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value, dtype):
        """Add a constant; return its name."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def add(self, kind, inputs, **attributes):
        """Add a node; return the name of its output."""
        output = f"t{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=f"n_{output}", **attributes)
        )
        return output

    def grid(self, scale, zero_point, dtype):
        """Add a scale and a zero point."""
        scale = np.asarray(scale, np.float32)
        zeros = np.broadcast_to(np.asarray(zero_point), scale.shape)
        return [self.constant(scale, np.float32), self.constant(zeros, dtype)]


def mlp(widths, seed=0, style="gemm", *, unsigned=False, per_channel=False, relu="", narrow=False):
    """A quantised graph.

    ``style``: gemm, matmul or matmul+add between DequantizeLinear and QuantizeLinear, or qgemm and
    qlinearmatmul. ``relu``: between the layers, ``needless`` where the zero point clips as well.
    Weights are below 64, so that no kernel saturates.
    """
    random, graph = np.random.default_rng(seed), Graph()
    dtype = np.uint8 if unsigned else np.int8
    lowest = 0 if unsigned else -128
    scale, zero = 0.05, lowest + int(random.integers(20, 200))
    entry = graph.grid(scale, zero, dtype)
    running = graph.add("QuantizeLinear", ["x", *entry])
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        weight = random.integers(-63, 64, (inputs, outputs))
        steps = random.uniform(0.002, 0.02, outputs if per_channel else ()).astype(np.float32)
        bias = random.integers(-3000, 3000, outputs)
        sums = (np.float32(scale) * steps).astype(np.float32)
        spread = float(np.abs(weight).sum(0).max()) * scale * 128 * float(np.max(steps))
        after, zero = spread / 300, lowest + int(random.integers(30, 200))
        last = number == len(widths) - 1
        if relu == "needless" and not last:
            zero = lowest
        following = graph.grid(after, zero, dtype)
        axis = {"axis": 1} if per_channel else {}
        w = [graph.constant(weight, np.int8), *graph.grid(steps, 0, np.int8)]
        if style == "qgemm":
            b = graph.constant(bias, np.int32)
            running = graph.add(
                "QGemm", [running, *entry, *w, b, *following], domain="com.microsoft"
            )
        elif style == "qlinearmatmul":
            running = graph.add("QLinearMatMul", [running, *entry, *w, *following])
        else:
            real = graph.add("DequantizeLinear", [running, *entry])
            w = graph.add("DequantizeLinear", w, **axis)
            if style == "gemm":
                b = [graph.constant(bias, np.int32), *graph.grid(sums, 0, np.int32)]
                b = graph.add("DequantizeLinear", b, **({"axis": 0} if per_channel else {}))
                running = graph.add("Gemm", [real, w, b])
            else:
                running = graph.add("MatMul", [real, w])
                if style == "matmul+add":
                    added = graph.constant(bias * sums, np.float32)
                    running = graph.add("Add", [running, added])
            if relu and not (last and len(widths) > 2):
                running = graph.add("Relu", [running])
            running = graph.add("QuantizeLinear", [running, *following])
        if narrow:
            bounds = [graph.constant(value, dtype) for value in (lowest + 8, lowest + 247)]
            running = graph.add("Clip", [running, *bounds])
        entry, scale = following, after
    result = graph.add("DequantizeLinear", [running, *entry])
    graph.nodes.append(helper.make_node("Identity", [result], ["y"]))
    return onnx_model(graph.nodes, graph.constants, ("batch", widths[0]), domains=["com.microsoft"])


def onnxruntime_on(model, x, *, full_range=True):
    """Run a model as onnxruntime does by default, but for kernels that saturate.

    These are none where all weights are below 64. Then they should not be replaced: that turns int8
    into uint8 up to the first Clip, where layers are left as floats.
    """
    options = onnxruntime.SessionOptions()
    if full_range:
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {"x": x})[0]

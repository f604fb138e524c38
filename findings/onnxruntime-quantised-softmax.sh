#!/bin/sh
# onnxruntime 1.32.0, onnx 1.23.0, Python 3.11, Linux x86-64.
#
# Expected: DequantizeLinear, Softmax, QuantizeLinear with a scale of 1/255 (so that code 255 is 1.0)
#   give code 255 for a probability of 1, in every session.
# Seen: a default session fuses the three to QLinearSoftmax, which multiplies by floor(1/scale). The
#   float32 1/(1/255) is 254.99998, so that this is 254: a probability of 1 becomes code 254, and
#   every code is up to one too small. With 1/256 the codes are right.
#
# Output seen:
#   scale 1/255: basic [255, 0, 0] [170, 62, 23], default [254, 0, 0] [169, 62, 23]
#   scale 1/256: basic [255, 0, 0] [170, 63, 23], default [255, 0, 0] [170, 63, 23]
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq onnxruntime==1.32.0 onnx==1.23.0 numpy==2.4.6
cat > "$folder/softmax.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def codes(scale, level):
    """Codes of the softmax of two vectors, by a session of this level of optimisation."""
    make = helper.make_node
    nodes = [
        make("DequantizeLinear", ["x", "a", "zero"], ["r"]),
        make("Softmax", ["r"], ["p"], axis=1),
        make("QuantizeLinear", ["p", "b", "zero"], ["y"]),
    ]
    constants = {"a": np.float32(0.1), "b": np.float32(scale), "zero": np.uint8(0)}
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, [2, 3])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 13)]
    content = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(content, options)
    x = np.array([[255, 0, 0], [200, 190, 180]], np.uint8)
    return session.run(None, {"x": x})[0].tolist()


levels = onnxruntime.GraphOptimizationLevel
seen = {}
for parts in (255, 256):
    basic, default = (
        codes(1 / parts, level) for level in (levels.ORT_ENABLE_BASIC, levels.ORT_ENABLE_ALL)
    )
    print(f"scale 1/{parts}: basic", *basic[:1], f"{basic[1]}, default", *default)
    seen[parts] = basic, default
assert seen[255] == ([[255, 0, 0], [170, 62, 23]], [[254, 0, 0], [169, 62, 23]])
assert seen[256] == ([[255, 0, 0], [170, 63, 23]], [[255, 0, 0], [170, 63, 23]])
PYTHON
"$folder/venv/bin/python" "$folder/softmax.py"

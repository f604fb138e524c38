#!/bin/sh
# onnxruntime 1.32.0, onnx 1.23.2, Python 3.11, Linux x86-64.
#
# Expected: a Gemm between DequantizeLinear and QuantizeLinear adds what its bias is worth, the int32
# of a DequantizeLinear times that one's own scale; and a session that optimises gives what one gives
# that does not.
# Seen: the default session makes a QGemm of it, which adds the integers of the bias to the sums, and
# never reads the scale of the bias. 40 steps of 0.5 are added as 40 steps of 1 x 0.25.
#
# Output seen:
#   not optimised: DequantizeLinear QuantizeLinear Gemm, answers 20 23 21
#   default: QGemm, answers 10 13 11
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
cat > "$folder/try.py" <<'PYTHON'
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

make = helper.make_node
nodes = [
    make("QuantizeLinear", ["x", "one", "z"], ["xq"]),
    make("DequantizeLinear", ["xq", "one", "z"], ["xd"]),
    make("DequantizeLinear", ["w", "ws", "z"], ["wd"]),
    make("DequantizeLinear", ["b", "bs"], ["bd"]),
    make("Gemm", ["xd", "wd", "bd"], ["g"], transB=1),
    make("QuantizeLinear", ["g", "one", "z"], ["yq"]),
    make("DequantizeLinear", ["yq", "one", "z"], ["y"]),
]
values = {"one": np.float32(1), "z": np.int8(0), "w": np.array([[3, -5]], np.int8),
          "ws": np.float32(0.25), "b": np.array([40], np.int32), "bs": np.float32(0.5)}
graph = helper.make_graph(
    nodes, "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
    [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
onnx.checker.check_model(model, full_check=True)
x = np.array([[0, 0], [4, 0], [8, 4]], np.float32)
found = {}
for name, level in (("not optimised", "ORT_DISABLE_ALL"), ("default", "ORT_ENABLE_ALL")):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = os.path.join(sys.argv[1], "made.onnx")
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    kinds = [node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node]
    product = kinds if "QGemm" not in kinds else ["QGemm"]
    found[name] = session.run(None, {"x": x})[0].reshape(-1).astype(int).tolist()
    print(f"{name}: {' '.join(dict.fromkeys(product))}, answers", *found[name])
assert found == {"not optimised": [20, 23, 21], "default": [10, 13, 11]}
PYTHON
"$folder/venv/bin/python" "$folder/try.py" "$folder"

#!/bin/sh
# onnxruntime 1.32.0, onnx 1.23.2, Python 3.11, Linux x86-64.
#
# Expected: a Gemm of dequantised inputs and dequantised int4 weights adds its float32 bias as it is;
# onnxruntime has no product of integers for int4, and computes the Gemm in float32.
# Seen: all sessions but those without optimisation (from ORT_ENABLE_BASIC on) first round the bias to
# whole steps of the input's scale times the weights' scale, as if the Gemm were one of integers, and
# then keep the float32 Gemm. A bias of 0.9 beside steps of 2 becomes 0. In opset 10 the same rewrite
# uses Round, which opset 11 brought, and the valid graph does not open at all.
#
# Output seen:
#   ORT_DISABLE_ALL: bias as it is, answer 1
#   ORT_ENABLE_BASIC: int32 bias, answer 0
#   ORT_ENABLE_ALL: int32 bias, answer 0
#   opset 10, ORT_DISABLE_ALL: opens
#   opset 10, ORT_ENABLE_ALL: INVALID_GRAPH
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


def built(opset, kind):
    nodes = [
        make("QuantizeLinear", ["x", "one", "z"], ["xq"]),
        make("DequantizeLinear", ["xq", "one", "z"], ["xd"]),
        make("DequantizeLinear", ["w", "ws", "wz"], ["wd"]),
        make("Gemm", ["xd", "wd", "b"], ["g"], transB=1),
        make("QuantizeLinear", ["g", "one", "z"], ["yq"]),
        make("DequantizeLinear", ["yq", "one", "z"], ["y"]),
    ]
    values = {"one": np.float32(1), "z": np.int8(0), "ws": np.float32(2),
              "b": np.array([0.9], np.float32)}
    made = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    made += [helper.make_tensor("w", kind, [1, 2], [3, -5]), helper.make_tensor("wz", kind, [], [0])]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
        made,
    )
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10 if opset > 20 else 5)
    onnx.checker.check_model(model, full_check=True)
    return model


def opened(model, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = os.path.join(sys.argv[1], "made.onnx")
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


x, found = np.zeros((1, 2), np.float32), []
for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_ALL"):
    answer = int(opened(built(21, TensorProto.INT4), level).run(None, {"x": x})[0][0, 0])
    kinds = {t.data_type for t in onnx.load(os.path.join(sys.argv[1], "made.onnx")).graph.initializer}
    what = "int32 bias" if TensorProto.INT32 in kinds else "bias as it is"
    found.append((what, answer))
    print(f"{level}: {what}, answer {answer}")
assert found == [("bias as it is", 1), ("int32 bias", 0), ("int32 bias", 0)]
old = built(10, TensorProto.INT8)
opened(old, "ORT_DISABLE_ALL")
print("opset 10, ORT_DISABLE_ALL: opens")
try:
    opened(old, "ORT_ENABLE_ALL")
except Exception as error:
    assert "INVALID_GRAPH" in str(error) and "Round" in str(error), error
    print("opset 10, ORT_ENABLE_ALL: INVALID_GRAPH")
else:
    sys.exit("opset 10 opens now")
PYTHON
"$folder/venv/bin/python" "$folder/try.py" "$folder"

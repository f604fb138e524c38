#!/bin/sh
# Expected: a quantised product has the same codes in every session. ONNX defines QuantizeLinear as
#   the rounded quotient plus the zero point, and an optimiser keeps what a graph computes.
# Seen: the default session replaces DequantizeLinear, Mul and QuantizeLinear by QLinearMul, which
#   adds the zero point before it rounds half to even. With an odd zero point every half goes the
#   other way: 0.5 is code 1 without optimisation (0 + 1) and code 2 with it (1.5 rounded).
# Versions: onnxruntime 1.32.0, onnx 1.23.2 on x86-64 Linux.
# Output:
#   operators by default: QLinearMul
#   real value      0.5 1.5 2.5 3.5
#   not optimised   1 3 3 5
#   default         2 2 4 4
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > try.py <<'EOF'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

CODES = [helper.make_tensor_value_info(name, TensorProto.UINT8, [4]) for name in "aby"]
graph = helper.make_graph(
    [
        helper.make_node("DequantizeLinear", ["a", "half", "zero"], ["real_a"]),
        helper.make_node("DequantizeLinear", ["b", "one", "zero"], ["real_b"]),
        helper.make_node("Mul", ["real_a", "real_b"], ["product"]),
        helper.make_node("QuantizeLinear", ["product", "one", "odd"], ["y"]),
    ],
    "product", CODES[:2], CODES[2:],
    [
        helper.make_tensor("half", TensorProto.FLOAT, [], [0.5]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("zero", TensorProto.UINT8, [], [0]),
        helper.make_tensor("odd", TensorProto.UINT8, [], [1]),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model, full_check=True)


def codes(level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level, options.log_severity_level = level, 3
    options.optimized_model_filepath = "optimised.onnx"
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    inputs = {"a": np.array([1, 3, 5, 7], np.uint8), "b": np.ones(4, np.uint8)}
    return session.run(None, inputs)[0]


plain = codes(onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
default = codes(onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
operators = [node.op_type for node in onnx.load("optimised.onnx").graph.node]
print("operators by default:", *operators)
print("real value      0.5 1.5 2.5 3.5")
print("not optimised  ", *plain)
print("default        ", *default)
EOF
expect "$(python try.py)" "\
operators by default: QLinearMul
real value      0.5 1.5 2.5 3.5
not optimised   1 3 3 5
default         2 2 4 4"

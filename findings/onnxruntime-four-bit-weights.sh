#!/bin/sh
# Expected: DequantizeLinear of int4 weights and MatMul with float32 inputs is computed in float32.
# Seen: the default session makes MatMulNBits of the two, at accuracy level 4, which quantises the
#   float32 *inputs* to 8 bits in blocks. 127 times 0 plus 0.25 times 1 is then 0 instead of 0.25:
#   beside 127, a quarter is less than half a step. Nothing is said. The session entry
#   session.qdq_matmulnbits_accuracy_level of 1 keeps the inputs in float32.
# Versions: onnxruntime 1.32.0, onnx 1.23.2 on x86-64 Linux with AVX2. The graph is rewritten on
#   every processor, but the kernel of 8 bits is written for AVX2 and later.
# Output:
#   not optimised: DequantizeLinear MatMul, answer 0.25
#   default: MatMulNBits at accuracy level 4, answer 0.0
#   entry of 1: MatMulNBits at accuracy level 1, answer 0.25
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
grep -qw avx2 /proc/cpuinfo || {
    echo "not tried: the kernel of 8 bits needs a processor with AVX2" >&2
    exit 3
}
environment onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > try.py <<'EOF'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

INPUTS = 32
graph = helper.make_graph(
    [
        helper.make_node("DequantizeLinear", ["weights", "scale", "zero"], ["real"]),
        helper.make_node("MatMul", ["x", "real"], ["y"]),
    ],
    "layer",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, INPUTS])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
    [
        helper.make_tensor("weights", TensorProto.INT4, [INPUTS, 1], [0, 1] + [0] * (INPUTS - 2)),
        helper.make_tensor("scale", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("zero", TensorProto.INT4, [], [0]),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
onnx.checker.check_model(model, full_check=True)
x = np.zeros((1, INPUTS), np.float32)
x[0, :2] = 127, 0.25


def show(name, entry=None, optimised=True):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = "optimised.onnx"
    if entry:
        options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", entry)
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    answer = session.run(None, {"x": x})[0]
    made = []
    for node in onnx.load("optimised.onnx").graph.node:
        level = [f" at accuracy level {a.i}" for a in node.attribute if a.name == "accuracy_level"]
        made.append(node.op_type + "".join(level))
    print(f"{name}: {' '.join(made)}, answer {answer.item()}")


show("not optimised", optimised=False)
show("default")
show("entry of 1", entry="1")
EOF
expect "$(python try.py)" "\
not optimised: DequantizeLinear MatMul, answer 0.25
default: MatMulNBits at accuracy level 4, answer 0.0
entry of 1: MatMulNBits at accuracy level 1, answer 0.25"

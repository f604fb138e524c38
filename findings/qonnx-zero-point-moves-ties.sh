#!/bin/sh
# Expected: QONNX's Quant and ONNX's QuantizeLinear and DequantizeLinear give the same reals for the
#   same scale and zero point, both with rounding of halves to even. A zero point names the code of
#   zero; it does not move the grid of reals.
# Seen: qonnx's executor adds the zero point before it rounds. With an odd zero point each half goes
#   to the other neighbour: 0.5 becomes 1 by qonnx and 0 by ONNX's reference.
# Versions: qonnx 1.0.0, onnx 1.23.2.
# Output:
#   x                        -1.5 -0.5 0.5 1.5 2.5
#   qonnx, zero point 0      -2 0 0 2 2
#   ONNX, zero point 0       -2 0 0 2 2
#   qonnx, zero point 1      -1 -1 1 1 3
#   ONNX, zero point 1       -2 0 0 2 2
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment qonnx==1.0.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > try.py <<'EOF'
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx

X = np.array([-1.5, -0.5, 0.5, 1.5, 2.5], np.float32)


def graph(nodes, constants):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [len(X)]) for name in "xy")
    made = [helper.make_tensor(name, kind, [], [value]) for name, kind, value in constants]
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("qonnx.custom_op.general", 1)]
    made = helper.make_graph(nodes, "grid", [x], [y], made)
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def qonnx(zero_point):
    node = helper.make_node("Quant", ["x", "scale", "zero", "bits"], ["y"], signed=1, narrow=0,
                            domain="qonnx.custom_op.general", rounding_mode="ROUND")
    constants = ("scale", 1.0), ("zero", float(zero_point)), ("bits", 8.0)
    model = graph([node], [(name, TensorProto.FLOAT, value) for name, value in constants])
    return execute_onnx(ModelWrapper(model), {"x": X})["y"]


def onnx(zero_point):
    nodes = [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["code"]),
             helper.make_node("DequantizeLinear", ["code", "scale", "zero"], ["y"])]
    constants = [("scale", TensorProto.FLOAT, 1.0), ("zero", TensorProto.INT8, zero_point)]
    return ReferenceEvaluator(graph(nodes, constants)).run(None, {"x": X})[0]


print("x".ljust(24), *X)
for zero_point in 0, 1:
    print(f"qonnx, zero point {zero_point}".ljust(24), *qonnx(zero_point).astype(int))
    print(f"ONNX, zero point {zero_point}".ljust(24), *onnx(zero_point).astype(int))
EOF
expect "$(python try.py)" "\
x                        -1.5 -0.5 0.5 1.5 2.5
qonnx, zero point 0      -2 0 0 2 2
ONNX, zero point 0       -2 0 0 2 2
qonnx, zero point 1      -1 -1 1 1 3
ONNX, zero point 1       -2 0 0 2 2"

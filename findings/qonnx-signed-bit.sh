#!/bin/sh
# Expected: a signed Quant of n bits gives -2^(n-1) to 2^(n-1) - 1, so -1 and 0 for one bit, and 0
#   stays 0, as it does for every other width. Those are the bounds that qonnx's own min_int and
#   max_int return.
# Seen: qonnx's executor gives -1 and +1 for one bit. 0 becomes +1, and +1 is above max_int.
# Versions: qonnx 1.0.0, onnx 1.23.2.
# Output:
#   x                      -2.0 -0.25 0.0 0.25 2.0
#   two bits, -2 to 1      -2 0 0 0 1
#   one bit, -1 to 0       -1 -1 1 1 1
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment qonnx==1.0.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > try.py <<'EOF'
import numpy as np
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.custom_op.general.quant import max_int, min_int

X = np.array([-2.0, -0.25, 0.0, 0.25, 2.0], np.float32)
print("x".ljust(22), *X)
for width, bits in ("two bits", 2), ("one bit", 1):
    node = helper.make_node("Quant", ["x", "scale", "zero", "bits"], ["y"], signed=1, narrow=0,
                            domain="qonnx.custom_op.general", rounding_mode="ROUND")
    x, y = (helper.make_tensor_value_info(end, TensorProto.FLOAT, [len(X)]) for end in "xy")
    constants = ("scale", 1.0), ("zero", 0.0), ("bits", float(bits))
    graph = helper.make_graph([node], "grid", [x], [y], [
        helper.make_tensor(name, TensorProto.FLOAT, [], [value]) for name, value in constants
    ])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("qonnx.custom_op.general", 1)]
    model = ModelWrapper(helper.make_model(graph, opset_imports=opsets, ir_version=9))
    bounds = f"{int(min_int(True, False, bits))} to {int(max_int(True, False, bits))}"
    print(f"{width}, {bounds}".ljust(22), *execute_onnx(model, {"x": X})["y"].astype(int))
EOF
expect "$(python try.py)" "\
x                      -2.0 -0.25 0.0 0.25 2.0
two bits, -2 to 1      -2 0 0 0 1
one bit, -1 to 0       -1 -1 1 1 1"

#!/bin/sh
# onnxruntime 1.32.0, onnx 1.23.2, Python 3.11, Linux x86-64, with VNNI and without (under qemu).
#
# Expected: the session entry session.x64quantprecision of 1, which asks for products that do not
# saturate, opens what a session without it opens.
# Seen: it makes uint8 of int8 weights that pass -64..64, also where the codes they are multiplied
# with are int8, and there is no product of int8 by uint8: QGemm and QLinearMatMul of int8 codes do
# not open ("NOT_IMPLEMENTED"). With weights inside of -64..64, or uint8 codes, they do.
#
# Output seen:
#   int8 codes, weights to 63: default opens, entry of 1 opens
#   int8 codes, weights to 127: default opens, entry of 1 NOT_IMPLEMENTED
#   uint8 codes, weights to 127: default opens, entry of 1 opens
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
cat > "$folder/try.py" <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def tried(codes, most, entry):
    kind = {"int8": TensorProto.INT8, "uint8": TensorProto.UINT8}[codes]
    zero = np.asarray(0 if codes == "int8" else 128, codes)
    values = {"s": np.float32(1), "z": zero, "w": np.array([[most], [-most]], np.int8),
              "wz": np.int8(0)}
    nodes = [helper.make_node("QLinearMatMul", ["x", "s", "z", "w", "s", "wz", "s", "z"], ["y"])]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", kind, ["n", 2])],
        [helper.make_tensor_value_info("y", kind, ["n", 1])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.x64quantprecision", entry)
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), options)
    except Exception as error:
        return "NOT_IMPLEMENTED" if "NOT_IMPLEMENTED" in str(error) else str(error)
    return "opens"


for codes, most, right in (("int8", 63, "opens"), ("int8", 127, "NOT_IMPLEMENTED"),
                           ("uint8", 127, "opens")):
    found = [tried(codes, most, entry) for entry in ("0", "1")]
    print(f"{codes} codes, weights to {most}: default {found[0]}, entry of 1 {found[1]}")
    assert found == ["opens", right]
PYTHON
"$folder/venv/bin/python" "$folder/try.py"

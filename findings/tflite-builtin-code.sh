#!/bin/sh
# Expected: OperatorCode.BuiltinCode() of the package tflite returns what the file has in the field
#   builtin_code.
# Seen: for every code below 127 it returns the field deprecated_builtin_code instead. That field is
#   0 where a writer leaves it out, so a file whose builtin_code is 19 (RELU) is said to hold ADD.
#   LiteRT takes the larger of the two fields and runs RELU.
# Versions: tflite 2.18.0, ai-edge-litert 2.3.0.
# Output:
#   LiteRT computes 0 0 0 1 2 of -2 -1 0 1 2
#   the file holds RELU (19)
#   BuiltinCode() returns ADD (0)
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment tflite==2.18.0 ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cp "$here/one_operator.py" .
cat > try.py <<'EOF'
import flatbuffers
import tflite
from ai_edge_litert import schema_py_generated as schema
from one_operator import model, run, tensor

made = schema.ModelT.InitFromPackedBuf(
    model("RELU", 2, [tensor("x", (1, 5), 1.0), tensor("y", (1, 5), 1.0)])
)
made.operatorCodes[0].deprecatedBuiltinCode = 0
builder = flatbuffers.Builder(0)
builder.Finish(made.Pack(builder), b"TFL3")
content = bytes(builder.Output())
print("LiteRT computes", *run(content, [-2, -1, 0, 1, 2], True), "of -2 -1 0 1 2")
for text, codes in (
    ("the file holds", schema.Model.GetRootAs(content).OperatorCodes(0)),
    ("BuiltinCode() returns", tflite.Model.GetRootAs(content).OperatorCodes(0)),
):
    print(text, f"{tflite.opcode2name(codes.BuiltinCode())} ({codes.BuiltinCode()})")
EOF
expect "$(python try.py)" "\
LiteRT computes 0 0 0 1 2 of -2 -1 0 1 2
the file holds RELU (19)
BuiltinCode() returns ADD (0)"

#!/bin/sh
# ai-edge-litert 2.3.0, Linux x86-64 (one thread, default kernels).
#
# Expected: QUANTIZE from int8 to uint8 is a function of a code: equal codes of one tensor become
#   equal codes.
# Seen: of a tensor of n elements the first n - n % 16 are computed together, and there a half goes
#   upwards; the others go away from zero. With a step of 1/8, -12 (exactly -1.5) becomes -1 in the
#   first 16 of 20 elements and -2 in the last four. All round twice, to fourths first, so that -13
#   (-1.625) becomes -1.5 and then -1 in front; the last four go to -1.75 and -2. The reference
#   kernels give -2 for all.
#
# Output seen:
#   -12 of 1/8, default: -1 x 16, -2 x 4; reference: -2 x 20
#   -13 of 1/8, default: -1 x 16, -2 x 4; reference: -2 x 20
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat > "$folder/quantize.py" <<'PYTHON'
from itertools import groupby

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

SIZE = 20


def tensor(name, kind, scale, zero_point):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, [1, SIZE], kind, 0
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale = np.array([scale], np.float32)
    made.quantization.zeroPoint = np.array([zero_point], np.int64)
    return made


def model():
    """A file of one QUANTIZE, from int8 codes of 1/8 to uint8 codes of 1."""
    graph, made, operator = schema.SubGraphT(), schema.ModelT(), schema.OperatorT()
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.QUANTIZE
    code.version = 2
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    kinds = schema.TensorType
    graph.tensors = [tensor("x", kinds.INT8, 0.125, 0), tensor("y", kinds.UINT8, 1.0, 128)]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [operator]
    made.version, made.operatorCodes, made.subgraphs = 3, [code], [graph]
    made.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(0)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(code, kernels):
    interpreter = Interpreter(
        model_content=model(), experimental_op_resolver_type=kernels, num_threads=1
    )
    interpreter.allocate_tensors()
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(entry["index"], np.full((1, SIZE), code, np.int8))
    interpreter.invoke()
    codes = interpreter.get_tensor(result["index"])[0].astype(int) - 128
    return ", ".join(f"{value} x {len(list(same))}" for value, same in groupby(codes.tolist()))


for code in (-12, -13):
    default, reference = run(code, OpResolverType.AUTO), run(code, OpResolverType.BUILTIN_REF)
    print(f"{code} of 1/8, default: {default}; reference: {reference}")
PYTHON
seen=$("$folder/venv/bin/python" "$folder/quantize.py" 2>/dev/null)
printf '%s\n' "$seen"
[ "$seen" = "\
-12 of 1/8, default: -1 x 16, -2 x 4; reference: -2 x 20
-13 of 1/8, default: -1 x 16, -2 x 4; reference: -2 x 20" ]

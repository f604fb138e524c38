#!/bin/sh
# ai-edge-litert 2.3.0, Linux x86-64.
#
# Expected: QUANTIZE from float32 to int8 saturates: what is far above the largest code becomes 127,
#   what is far below the smallest becomes -128. The default kernels (XNNPACK) do so.
# Seen: the reference kernels (OpResolverType.BUILTIN_REF) convert the rounded quotient to a 32-bit
#   integer before they clamp it. From 2^31 steps on the sign is lost: 1e10 and infinity become -128,
#   and with a negative zero point -1e10 becomes 127.
#
# Output seen:
#   zero point 5, default: 127 127 -128 127; reference: 127 -128 -128 -128
#   zero point -5, default: 127 127 -128 127; reference: 127 127 127 127
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6
cat > "$folder/quantize.py" <<'PYTHON'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

REALS = np.array([[1e9, 1e10, -1e10, np.inf]], np.float32)


def model(zero_point):
    """A file of one QUANTIZE, from float32 to int8 codes of 1."""
    graph, made, operator = schema.SubGraphT(), schema.ModelT(), schema.OperatorT()
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.QUANTIZE
    code.version = 2
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    entry, result = schema.TensorT(), schema.TensorT()
    for tensor, name, kind in ((entry, "x", "FLOAT32"), (result, "y", "INT8")):
        tensor.name, tensor.shape, tensor.buffer = name, [1, 4], 0
        tensor.type = getattr(schema.TensorType, kind)
    result.quantization = schema.QuantizationParametersT()
    result.quantization.scale = np.array([1], np.float32)
    result.quantization.zeroPoint = np.array([zero_point], np.int64)
    graph.tensors, graph.operators = [entry, result], [operator]
    graph.inputs, graph.outputs = [0], [1]
    made.version, made.operatorCodes, made.subgraphs = 3, [code], [graph]
    made.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(0)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(zero_point, kernels):
    interpreter = Interpreter(
        model_content=model(zero_point), experimental_op_resolver_type=kernels, num_threads=1
    )
    interpreter.allocate_tensors()
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(entry["index"], REALS)
    interpreter.invoke()
    return " ".join(map(str, interpreter.get_tensor(result["index"])[0].tolist()))


for zero_point in (5, -5):
    default = run(zero_point, OpResolverType.AUTO)
    reference = run(zero_point, OpResolverType.BUILTIN_REF)
    print(f"zero point {zero_point}, default: {default}; reference: {reference}")
PYTHON
seen=$("$folder/venv/bin/python" "$folder/quantize.py" 2>/dev/null)
printf '%s\n' "$seen"
[ "$seen" = "\
zero point 5, default: 127 127 -128 127; reference: 127 -128 -128 -128
zero point -5, default: 127 127 -128 127; reference: 127 127 127 127" ]

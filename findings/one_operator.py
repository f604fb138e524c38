"""TFLite files of one int8 operator, run by LiteRT: for the findings about its kernels."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def tensor(name, shape, scale, zero_point=0, values=None):
    """Describe a quantised tensor: a constant where it has values."""
    made = schema.TensorT()
    made.name, made.shape, made.buffer = name, list(shape), 0
    whole = values is None or values.dtype == np.int8
    made.type = schema.TensorType.INT8 if whole else schema.TensorType.INT32
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale = np.array([scale], np.float32)
    made.quantization.zeroPoint = np.array([zero_point], np.int64)
    return made, values


def model(kind, version, tensors, options=None):
    """Return a file of one operator; it reads all tensors but the last one, which it writes."""
    graph, made, operator = schema.SubGraphT(), schema.ModelT(), schema.OperatorT()
    code = schema.OperatorCodeT()
    made.buffers = [schema.BufferT()]
    for described, values in tensors:
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            described.buffer = len(made.buffers)
            made.buffers.append(buffer)
    last = len(tensors) - 1
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, kind)
    code.version = version
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, list(range(last)), [last]
    if options is not None:
        name = type(options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        operator.builtinOptions = options
    graph.tensors, graph.operators = [described for described, _ in tensors], [operator]
    graph.inputs, graph.outputs = [0], [last]
    made.version, made.operatorCodes, made.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(content, codes, reference):
    """Return the output codes; by the reference kernels, or as LiteRT runs by default (XNNPACK)."""
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=kernels, num_threads=1
    )
    interpreter.allocate_tensors()
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(entry["index"], np.asarray(codes, np.int8).reshape(entry["shape"]))
    interpreter.invoke()
    return interpreter.get_tensor(result["index"]).ravel().astype(int)

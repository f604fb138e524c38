"""Small TFLite models, built by the runtime's own schema."""

import warnings
from itertools import pairwise

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

OPERATORS = schema.BuiltinOperator
INT8, UINT8, INT32, FLOAT = (
    getattr(schema.TensorType, kind) for kind in ("INT8", "UINT8", "INT32", "FLOAT32")
)
KERNELS = {
    "litert-reference": OpResolverType.BUILTIN_REF,
    "litert-xnnpack": OpResolverType.AUTO,
}


class Builder:
    """Collects tensors, operators and buffers of one graph."""

    def __init__(self) -> None:
        self.buffers = [schema.BufferT()]
        self.tensors, self.operators, self.codes = [], [], []

    def tensor(self, name, shape, kind, scale=(), zero_point=(), values=None, axis=0):
        """Add a tensor; return its number."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kind, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        if len(scale):
            quantization = schema.QuantizationParametersT()
            quantization.scale = np.asarray(scale, np.float32)
            quantization.zeroPoint = np.asarray(zero_point, np.int64)
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def operator(self, kind, inputs, output, options_type=0, options=None, version=1):
        """Add an operator."""
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = kind, version
        code.deprecatedBuiltinCode = min(kind, 127)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self.codes), inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self.codes.append(code)
        self.operators.append(operator)

    def build(self, entry, *results):
        """Return the file."""
        graph = schema.SubGraphT()
        graph.name, graph.tensors, graph.operators = "main", self.tensors, self.operators
        graph.inputs, graph.outputs = [entry], list(results)
        model = schema.ModelT()
        model.version, model.description = 3, "test"
        model.operatorCodes, model.subgraphs, model.buffers = self.codes, [graph], self.buffers
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def mlp(*widths, seed=0, per_channel=False, activation=1, resized=False):
    """An int8 model of dense layers; ``activation`` is that of all but the last one."""
    random, made = np.random.default_rng(seed), Builder()
    scale, zero_point = 0.05, int(random.integers(-20, 20))
    head = entry = made.tensor("x", (1, widths[0]), INT8, [scale], [zero_point])
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        weight = random.integers(-127, 128, (outputs, inputs)).astype(np.int8)
        bias = random.integers(-3000, 3000, outputs).astype(np.int32)
        steps = random.uniform(0.002, 0.02, outputs if per_channel else 1).astype(np.float32)
        spread = float(np.abs(weight.astype(int)).sum(1).max()) * 40 * scale * float(steps.max())
        last = number == len(widths) - 1
        next_scale, next_zero = spread / 128, int(random.integers(-128, 60))
        zeros = np.zeros(len(steps), np.int64)
        w = made.tensor(f"w{number}", weight.shape, INT8, steps, zeros, weight)
        b = made.tensor(f"b{number}", bias.shape, INT32, steps * np.float32(scale), zeros, bias)
        y = made.tensor(f"net/fc{number}/MatMul", (1, outputs), INT8, [next_scale], [next_zero])
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = 0 if last else activation
        kind = schema.BuiltinOperator.FULLY_CONNECTED
        version = 12 if per_channel else 4
        table = schema.BuiltinOptions.FullyConnectedOptions
        made.operator(kind, [head, w, b], y, table, options, version)
        head, scale = y, next_scale
    if resized:
        y = made.tensor("resized", (1, widths[-1]), INT8, [scale], [0])
        made.operator(schema.BuiltinOperator.RESIZE_BILINEAR, [head, w, b], y)
        head = y
    return made.build(entry, head)


def litert(content, x, target="litert-reference"):
    """Run a model on its own codes, or on reals; return its first output."""
    return litert_outputs(content, x, target)[0].astype(np.int64)


def litert_outputs(content, x, target, *, single=False):
    """Run a model on its own codes, or on reals; return all its outputs as they are.

    ``single``: one vector after the other, as a file of one vector is run.
    """
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=KERNELS[target], num_threads=1
    )
    entry, results = interpreter.get_input_details()[0], interpreter.get_output_details()
    if not single:
        interpreter.resize_tensor_input(entry["index"], (len(x), *entry["shape"][1:]))
    interpreter.allocate_tensors()
    shaped = x.reshape(-1, 1 if single else len(x), *entry["shape"][1:]).astype(entry["dtype"])
    found = []
    for vectors in shaped:
        interpreter.set_tensor(entry["index"], vectors)
        interpreter.invoke()
        found.append([interpreter.get_tensor(result["index"]) for result in results])
    return [np.concatenate(outputs) for outputs in zip(*found, strict=True)]


def last_dense(content, x, target):
    """Return the outputs of the last fully connected layer, one frame after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tensors are kept for this purpose
        interpreter = Interpreter(
            model_content=content,
            experimental_op_resolver_type=KERNELS[target],
            experimental_preserve_all_tensors=True,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    names = [(one["op_name"], one["outputs"]) for one in interpreter._get_ops_details()]
    (output,) = [outputs for name, outputs in names if name == "FULLY_CONNECTED"][-1]
    found = []
    for frame in x.reshape(-1, *entry["shape"]).astype(entry["dtype"]):
        interpreter.set_tensor(entry["index"], frame)
        interpreter.invoke()
        found.append(interpreter.get_tensor(output).reshape(-1).astype(np.int64))
    return np.stack(found)

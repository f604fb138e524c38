"""TFLite files of dense layers drawn by chance, built without TensorFlow."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from tflite_examples import FLOAT, INT8, INT32, OPERATORS, UINT8, Builder, schema

OPTIONS = schema.BuiltinOptions
FUNCTIONS = ("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "QUANTIZE", "TANH", "LOGISTIC")
FIXED = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
"""Grids that LiteRT asks for behind a function."""
CODES = ("both", "new", "old")
ENTRIES = (*("int8", "uint8", "float") * 4, "float by uint8", "float by uint8", "uint8 anew",
           "int8 anew")  # fmt: skip
EXITS = ("int8", "int8", "uint8", "uint8", "uint8 anew", "float", "SOFTMAX", "LOGISTIC", "ARG_MAX")
SOFTMAX_LEAST = 1e-6
"""With much smaller scales LiteRT's softmax ends the process."""
SLOPES = (1.0, 1.0, 1.0, 8.0, 0.1, 64.0, 1e-6)
"""How much steeper a layer is than one that uses its codes well."""


@dataclass
class Layer:
    """What makes codes of one layer's sums.

    Attributes
    ----------
    before : tuple
        Scale and zero point of what goes in.
    steps : ndarray of float32, shape (M,) or (1,)
        Scales of the weights.
    after : tuple
        Grid of the sums' codes.
    fused : int
    functions : list
        Arguments of the operators behind it: kind, type, grid, and the rest.
    """

    before: tuple
    steps: np.ndarray
    after: tuple
    fused: int
    functions: list = field(default_factory=list)


@dataclass(frozen=True)
class Drawn:
    """A file, and the same graph with an output behind every layer.

    Attributes
    ----------
    content, opened : bytes
        The outputs of the second: the codes that the first layer takes, and those of each layer.
    layers : list of Layer
    entry : str
        Of `ENTRIES`.
    exit : str
        Of `EXITS`.
    words : str
        What was drawn, for people.
    """

    content: bytes
    opened: bytes
    layers: list
    entry: str
    exit: str
    words: str


class Draw:
    """A graph that grows operator by operator.

    Attributes
    ----------
    head : int
        The tensor that runs.
    shape, grid : tuple
        Its own; scale and zero point.
    ends : list of int
        What goes into the first layer, and what leaves each.
    """

    def __init__(self, random):
        self.random, self.made, self.words, self.ends = random, Builder(), [], []
        self.codes, self.layers = str(random.choice(CODES)), []

    def zero_point(self):
        """Return a zero point, at an end of the codes often."""
        return int(self.random.choice([-128, 127, 0, int(self.random.integers(-128, 128))]))

    def scale(self, nominal):
        """Return a scale near a number; often one that makes ties of sums or of bounds."""
        twice = int(self.random.choice([2, 12]))
        if self.random.random() < 0.15 and nominal < twice:
            return float(np.float32(twice / (2 * np.rint(twice / nominal / 2) + 1)))
        if self.random.random() < 0.25:
            return float(np.exp2(np.rint(np.log2(nominal))))
        return float(np.float32(nominal))

    def near_tie(self, nominal):
        """Return a scale with which some product is a half up to float32's rounding."""
        distance = int(self.random.integers(1, 256))
        steps = np.floor(distance * self.grid[0] / nominal) + 0.5
        return float(np.float32(self.grid[0] * distance / steps))

    def operator(self, kind, inputs, shape, kind_of=INT8, grid=None, name=None, **more):
        """Add an operator; its output runs."""
        given = () if grid is None else ([grid[0]], [grid[1]])
        output = self.made.tensor(name or f"t{len(self.made.tensors)}", shape, kind_of, *given)
        self.made.operator(getattr(OPERATORS, kind), inputs, output, **more)
        code = self.made.codes[-1]
        if self.codes == "new":
            code.deprecatedBuiltinCode = 0
        elif self.codes == "old" and code.builtinCode < 127:
            code.builtinCode = 0
        self.head, self.grid, self.shape = output, grid, shape

    def entry(self, kind, inputs):
        """Add the input."""
        self.words.append(f"{kind} input")
        grid = self.scale(self.random.uniform(0.004, 0.2)), self.zero_point()
        image = inputs % 4 == 0 and self.random.random() < 0.5
        shape = (1, 2, 2, inputs // 4) if image else (1, inputs)
        given = grid if not kind.endswith("anew") else (grid[0] * 1.3, self.zero_point())
        moved = given[0], given[1] + 128
        if kind.startswith("float"):
            self.head = self.made.tensor("x", shape, FLOAT)
            if kind == "float by uint8":
                self.operator("QUANTIZE", [self.head], shape, UINT8, moved)
        elif kind.startswith("uint8"):
            self.head = self.made.tensor("x", shape, UINT8, [moved[0]], [moved[1]])
        else:
            self.head = self.made.tensor("x", shape, INT8, [given[0]], [given[1]])
        if kind != "int8":
            self.operator("QUANTIZE", [self.head], shape, grid=grid)
        self.grid, self.shape = grid, shape
        if image and self.random.random() < 0.7:
            self.reshape((1, inputs))
        self.ends.append(self.head)

    def reshape(self, shape):
        """Add a new shape, for any number of vectors."""
        sizes = np.array((-1, *shape[1:]), np.int32)
        target = self.made.tensor(f"s{len(self.made.tensors)}", sizes.shape, INT32, values=sizes)
        options = schema.ReshapeOptionsT()
        options.newShape = sizes.tolist()
        self.operator("RESHAPE", [self.head, target], shape, grid=self.grid,
                      options_type=OPTIONS.ReshapeOptions, options=options)  # fmt: skip

    def squeeze(self):
        """Undo a new shape with an axis of one."""
        options = schema.SqueezeOptionsT()
        options.squeezeDims = [1]
        self.operator("SQUEEZE", [self.head], (1, self.shape[-1]), grid=self.grid,
                      options_type=OPTIONS.SqueezeOptions, options=options)  # fmt: skip

    def dense(self, inputs, outputs, number):
        """Draw a dense layer."""
        random = self.random
        largest = int(random.choice([127, 127, 128, 128, 20, 1, 0]))
        weight = random.integers(-largest, min(largest, 127) + 1, (outputs, inputs))
        if random.random() < 0.1:
            weight = np.abs(weight)
        weight = np.clip(weight, -128, 127).astype(np.int8)
        channels = outputs if random.random() < 0.5 else 1
        steps = np.array([self.scale(s) for s in random.uniform(0.002, 0.02, channels)], np.float32)
        spread = float(np.sqrt((weight.astype(float) ** 2).sum(1)).mean()) * 70 + 1
        slope = float(random.choice(SLOPES)) * float(np.exp2(random.uniform(-1, 1)))
        after = self.scale(spread * self.grid[0] * steps.max() / 64 / slope), self.zero_point()
        zeros = np.zeros(channels, np.int64)
        w = self.made.tensor(f"w{number}", weight.shape, INT8, steps, zeros, weight)
        inputs_of = [self.head, w]
        if random.random() < 0.8:
            bias = random.integers(-int(spread) - 1, int(spread) + 2, outputs).astype(np.int32)
            scales = (steps * np.float32(self.grid[0])).astype(np.float32)
            inputs_of.append(self.made.tensor(f"b{number}", bias.shape, INT32, scales, zeros, bias))
        elif random.random() < 0.5:
            inputs_of.append(-1)
        fused = int(random.integers(0, 4))
        keep = self.shape[-1] == inputs and random.random() < 0.5
        options = fully_connected(fused, keep=keep)
        shape = (*self.shape[:-1], outputs) if keep else (1, outputs)
        rise = self.grid[0] * float(steps.max()) / after[0]
        self.words.append(f"{inputs}→{outputs} {rise:.3g} codes a step, activation {fused}")
        self.layers.append(Layer(self.grid, steps, after, fused))
        self.operator("FULLY_CONNECTED", inputs_of, shape, grid=after,
                      name=f"net/fc{number}/MatMul", options=options,
                      options_type=OPTIONS.FullyConnectedOptions,
                      version=12 if channels > 1 else 4)  # fmt: skip

    def function(self, last):
        """Draw a function of codes; the host has a logistic one behind the last layer."""
        kind = str(self.random.choice(FUNCTIONS[: -1 if last else None]))
        scale = self.grid[0] * float(np.exp2(self.random.uniform(-1, 1)))
        if self.random.random() < 0.1:
            scale *= float(np.exp2(self.random.integers(-9, 10)))
        drawn = self.near_tie(scale) if self.random.random() < 0.3 else self.scale(scale)
        after = FIXED.get(kind, (drawn, self.zero_point()))
        self.words.append(kind)
        more = {}
        if kind == "LEAKY_RELU":
            options = schema.LeakyReluOptionsT()
            options.alpha = float(self.random.choice([0.1, 0.25, 0.01, -0.3, -2, 1, 0]))
            more = {"options": options, "options_type": OPTIONS.LeakyReluOptions}
        self.layers[-1].functions.append((kind, INT8, after, more))
        self.operator(kind, [self.head], self.shape, grid=after, **more)

    def exit(self, kind):
        """Add what the graph does behind its last layer; return what it is."""
        if kind == "SOFTMAX" and self.grid[0] < SOFTMAX_LEAST:
            kind = "int8"
        self.words.append(f"{kind} output")
        scale, zero = self.grid
        if kind.startswith("uint8"):
            if kind == "uint8 anew":
                scale *= float(np.exp2(self.random.choice([self.random.uniform(-1, 1), -3, 2, 9])))
                zero = self.zero_point()
            grid = scale, zero + 128
            self.layers[-1].functions.append(("QUANTIZE", UINT8, grid, {}))
            self.operator("QUANTIZE", [self.head], self.shape, UINT8, grid)
            self.ends[-1] = self.head
        elif kind == "float":
            self.operator("DEQUANTIZE", [self.head], self.shape, FLOAT)
        elif kind == "ARG_MAX":
            axis = self.made.tensor("axis", (1,), INT32, values=np.array([-1], np.int32))
            options = schema.ArgMaxOptionsT()
            options.outputType = INT32
            self.operator(kind, [self.head, axis], self.shape[:-1], INT32, options=options,
                          options_type=OPTIONS.ArgMaxOptions)  # fmt: skip
        elif kind == "SOFTMAX":
            options = schema.SoftmaxOptionsT()
            options.beta = 1.0
            self.operator(kind, [self.head], self.shape, grid=FIXED["LOGISTIC"], options=options,
                          options_type=OPTIONS.SoftmaxOptions)  # fmt: skip
        elif kind == "LOGISTIC":
            self.operator(kind, [self.head], self.shape, grid=FIXED[kind], version=2)
        return kind


def fully_connected(fused, *, keep=False):
    """Return the options of a layer."""
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction, options.keepNumDims = fused, keep
    return options


def draw(seed: int, number: int) -> Drawn:
    """Return file ``number`` of the sequence that ``seed`` names."""
    random = np.random.default_rng([seed, number])
    drawn = Draw(random)
    widths = [int(width) for width in random.integers(1, 48, int(random.integers(2, 5)))]
    if random.random() < 0.05:
        widths[0] = int(random.integers(500, 2500))
    entry, end = str(random.choice(ENTRIES)), str(random.choice(EXITS))
    drawn.entry(entry, widths[0])
    for layer, (inputs, outputs) in enumerate(pairwise(widths), 1):
        drawn.dense(inputs, outputs, layer)
        while random.random() < 0.3:
            drawn.function(layer == len(widths) - 1)
        drawn.ends.append(drawn.head)
        if random.random() < 0.2:
            drawn.reshape((1, 1, outputs))
            if random.random() < 0.5:
                drawn.squeeze()
    end = drawn.exit(end)
    content = drawn.made.build(0, drawn.head)
    opened = drawn.made.build(0, *drawn.ends)
    words = f"{drawn.codes} codes, {', '.join(drawn.words)}"
    return Drawn(content, opened, drawn.layers, entry, end, words)


def staircase(layer: Layer, outputs: np.ndarray, sums: np.ndarray) -> bytes:
    """Return a file of one layer whose outputs have given sums, whatever goes in.

    Parameters
    ----------
    layer : Layer
    outputs : ndarray of int64, shape (K,)
        Which output's scale each takes.
    sums : ndarray of int64, shape (K,)
    """
    made, size = Draw(np.random.default_rng(0)), len(sums)
    made.codes, (scale, zero) = "both", layer.before
    made.head = made.made.tensor("x", (1, 1), INT8, [scale], [zero])
    steps = layer.steps[outputs] if len(layer.steps) > 1 else layer.steps
    zeros = np.zeros(len(steps), np.int64)
    w = made.made.tensor("w", (size, 1), INT8, steps, zeros, np.zeros((size, 1), np.int8))
    scales = (steps * np.float32(scale)).astype(np.float32)
    b = made.made.tensor("b", (size,), INT32, scales, zeros, sums.astype(np.int32))
    made.operator("FULLY_CONNECTED", [made.head, w, b], (1, size), grid=layer.after,
                  options=fully_connected(layer.fused), options_type=OPTIONS.FullyConnectedOptions,
                  version=12 if len(steps) > 1 else 4)  # fmt: skip
    for kind, kind_of, grid, more in layer.functions:
        made.operator(kind, [made.head], (1, size), kind_of, grid, **more)
    return made.made.build(0, made.head)

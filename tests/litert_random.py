"""TFLite files of dense layers drawn by chance, built without TensorFlow."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tflite_examples import FLOAT, INT8, INT32, OPERATORS, UINT8, Builder, schema

FUNCTIONS = ("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "QUANTIZE", "TANH", "LOGISTIC")
FIXED = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
"""Grids that LiteRT asks for behind a function."""
CODES = ("both", "new", "old")


@dataclass(frozen=True)
class Drawn:
    """A file, and the same graph with an output behind every layer.

    Attributes
    ----------
    content, opened : bytes
    words : str
        What was drawn, for people.
    """

    content: bytes
    opened: bytes
    words: str


class Draw:
    """A graph that grows operator by operator.

    Attributes
    ----------
    head : int
        The tensor that runs.
    grid : tuple
        Its scale and its zero point.
    ends : list of int
        What leaves each layer.
    """

    def __init__(self, random):
        self.random, self.made, self.words, self.ends = random, Builder(), [], []
        self.codes = str(random.choice(CODES))

    def zero_point(self):
        """Return a zero point, at an end of the codes often."""
        return int(self.random.choice([-128, 127, 0, int(self.random.integers(-128, 128))]))

    def scale(self, nominal):
        """Return a scale near a number, a power of two often."""
        if self.random.random() < 0.25:
            return float(np.exp2(np.rint(np.log2(nominal))))
        return float(np.float32(nominal))

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
        self.head, self.grid = output, grid

    def entry(self, inputs):
        """Draw the input."""
        kind = str(self.random.choice(["int8", "uint8", "float"]))
        self.words.append(f"{kind} input")
        grid = self.scale(self.random.uniform(0.004, 0.2)), self.zero_point()
        image = inputs % 4 == 0 and self.random.random() < 0.5
        shape = (1, 2, 2, inputs // 4) if image else (1, inputs)
        if kind == "int8":
            self.head, self.grid = self.made.tensor("x", shape, INT8, [grid[0]], [grid[1]]), grid
        elif kind == "uint8":
            self.head = self.made.tensor("x", shape, UINT8, [grid[0]], [grid[1] + 128])
            self.operator("QUANTIZE", [self.head], shape, grid=grid)
        else:
            self.head = self.made.tensor("x", shape, FLOAT)
            self.operator("QUANTIZE", [self.head], shape, grid=grid)
        self.first = 0
        if image:
            self.reshape((1, inputs))

    def reshape(self, shape):
        """Add a new shape, for any number of vectors."""
        sizes = np.array((-1, *shape[1:]), np.int32)
        target = self.made.tensor(f"s{len(self.made.tensors)}", sizes.shape, INT32, values=sizes)
        options = schema.ReshapeOptionsT()
        options.newShape = sizes.tolist()
        table = schema.BuiltinOptions.ReshapeOptions
        self.operator("RESHAPE", [self.head, target], shape, grid=self.grid, options_type=table,
                      options=options)  # fmt: skip

    def dense(self, inputs, outputs, number):
        """Draw a dense layer."""
        random = self.random
        largest = int(random.choice([127, 127, 20, 1]))
        weight = random.integers(-largest, largest + 1, (outputs, inputs)).astype(np.int8)
        channels = outputs if random.random() < 0.5 else 1
        steps = np.array([self.scale(s) for s in random.uniform(0.002, 0.02, channels)], np.float32)
        spread = np.sqrt((weight.astype(float) ** 2).sum(1)).mean() * 70 + 1
        slope = float(np.exp2(random.uniform(-3, 4))) if random.random() < 0.4 else 1.0
        reals = spread * self.grid[0] * float(steps.max())
        after = self.scale(reals / 64 / slope), self.zero_point()
        zeros = np.zeros(channels, np.int64)
        w = self.made.tensor(f"w{number}", weight.shape, INT8, steps, zeros, weight)
        b = -1
        if random.random() < 0.8:
            bias = random.integers(-int(spread) - 1, int(spread) + 2, outputs).astype(np.int32)
            scales = (steps * np.float32(self.grid[0])).astype(np.float32)
            b = self.made.tensor(f"b{number}", bias.shape, INT32, scales, zeros, bias)
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = int(random.integers(0, 4))
        options.keepNumDims = bool(random.integers(2))
        self.words.append(f"{inputs}→{outputs} slope {reals / spread / after[0]:.3g}")
        self.operator("FULLY_CONNECTED", [self.head, w, b], (1, outputs), grid=after,
                      name=f"net/fc{number}/MatMul", options=options,
                      options_type=schema.BuiltinOptions.FullyConnectedOptions,
                      version=12 if channels > 1 else 4)  # fmt: skip

    def function(self, width, last):
        """Draw a function of codes; the host has a logistic one behind the last layer."""
        kind = str(self.random.choice(FUNCTIONS[: -1 if last else None]))
        scale = self.grid[0] * float(np.exp2(self.random.uniform(-1, 1)))
        after = FIXED.get(kind, (self.scale(scale), self.zero_point()))
        self.words.append(kind)
        more = {}
        if kind == "LEAKY_RELU":
            options = schema.LeakyReluOptionsT()
            options.alpha = float(self.random.choice([0.1, 0.25, 0.01, -0.3]))
            more = {"options": options, "options_type": schema.BuiltinOptions.LeakyReluOptions}
        self.operator(kind, [self.head], (1, width), grid=after, **more)

    def exit(self, width):
        """Draw what the graph does behind its last layer."""
        kind = str(self.random.choice(["int8", "int8", "uint8", "uint8 anew", "float"]))
        self.words.append(f"{kind} output")
        scale, zero = self.grid
        if kind.startswith("uint8"):
            if kind == "uint8 anew":
                scale *= float(self.random.uniform(0.5, 2))
                zero = self.zero_point()
            self.operator("QUANTIZE", [self.head], (1, width), UINT8, (scale, zero + 128))
            self.ends[-1] = self.head
        elif kind == "float":
            self.operator("DEQUANTIZE", [self.head], (1, width), FLOAT)


def draw(seed: int, number: int) -> Drawn:
    """Return file ``number`` of the sequence that ``seed`` names."""
    random = np.random.default_rng([seed, number])
    drawn = Draw(random)
    widths = [int(width) for width in random.integers(1, 48, int(random.integers(2, 5)))]
    drawn.entry(widths[0])
    for layer, (inputs, outputs) in enumerate(pairwise(widths), 1):
        drawn.dense(inputs, outputs, layer)
        if random.random() < 0.4:
            drawn.function(outputs, layer == len(widths) - 1)
        drawn.ends.append(drawn.head)
        if random.random() < 0.1:
            drawn.reshape((1, outputs))
    drawn.exit(widths[-1])
    content = drawn.made.build(drawn.first, drawn.head)
    opened = drawn.made.build(drawn.first, *drawn.ends)
    return Drawn(content, opened, f"{drawn.codes} codes, {', '.join(drawn.words)}")

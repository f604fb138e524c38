"""TFLite files with convolutions, drawn by a seed: chains, sums of branches, joined channels."""

from __future__ import annotations

import numpy as np

from tflite_examples import INT8, INT32, Builder, schema

CONV, DEPTHWISE = "CONV_2D", "DEPTHWISE_CONV_2D"


class MapFile:
    """Draws operators on int8 maps: ``head`` is the last tensor, ``shape`` that of its map."""

    def __init__(self, seed: int, height: int, width: int, channels: int) -> None:
        self.random, self.made = np.random.default_rng(seed), Builder()
        self.shape = (height, width, channels)
        self.scale, self.zero_point = 0.05, int(self.random.integers(-128, 60))
        self.entry = self.head = self._tensor("x")

    def _tensor(self, name: str) -> int:
        return self.made.tensor(name, (1, *self.shape), INT8, [self.scale], [self.zero_point])

    def _next_grid(self, spread: float, relu: bool) -> None:
        self.scale = spread / 255
        self.zero_point = -128 if relu else int(self.random.integers(-20, 20))

    def convolution(self, outputs, kernel, stride=1, *, depthwise=False, same=True, relu=True):
        """Add a convolution with a scale an output."""
        height, width, channels = self.shape
        outputs = channels if depthwise else outputs
        kind = DEPTHWISE if depthwise else CONV
        shape = (1, *kernel, channels) if depthwise else (outputs, *kernel, channels)
        weight = self.random.integers(-127, 128, shape).astype(np.int8)
        steps = self.random.uniform(0.002, 0.02, outputs).astype(np.float32)
        zeros = np.zeros(outputs, np.int64)
        axis = 3 if depthwise else 0
        w = self.made.tensor(f"w{self.head}", shape, INT8, steps, zeros, weight, axis=axis)
        bias = self.random.integers(-3000, 3000, outputs).astype(np.int32)
        bias_steps = steps * np.float32(self.scale)
        b = self.made.tensor(f"b{self.head}", bias.shape, INT32, bias_steps, zeros, bias)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.padding = 0 if same else 1
        options.strideH = options.strideW = stride
        options.dilationHFactor = options.dilationWFactor = 1
        options.fusedActivationFunction = int(relu)
        if depthwise:
            options.depthMultiplier = 1
        taps = int(np.prod(kernel)) * (1 if depthwise else channels)
        self._next_grid(float(steps.mean()) * self.scale * 60 * 127 * np.sqrt(taps), relu)
        self.shape = (
            *(
                -(-size // stride) if same else (size - taps_along) // stride + 1
                for size, taps_along in zip((height, width), kernel, strict=True)
            ),
            outputs,
        )
        result = self._tensor(f"net/conv{self.head}/BiasAdd;net/conv{self.head}/Conv2D")
        table = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        number = getattr(schema.BuiltinOperator, kind)
        self.made.operator(number, [self.head, w, b], result, table, options, 3)
        self.head = result

    def pool(self, kernel):
        """Add an average of whole windows."""
        options = schema.Pool2DOptionsT()
        options.padding, options.fusedActivationFunction = 1, 0
        options.strideH, options.strideW = kernel
        options.filterHeight, options.filterWidth = kernel
        self.shape = (self.shape[0] // kernel[0], self.shape[1] // kernel[1], self.shape[2])
        result = self._tensor(f"pool{self.head}")
        number = schema.BuiltinOperator.AVERAGE_POOL_2D
        table = schema.BuiltinOptions.Pool2DOptions
        self.made.operator(number, [self.head], result, table, options, 2)
        self.head = result

    def maximum(self, kernel, stride, *, same):
        """Add a max pooling."""
        options = schema.Pool2DOptionsT()
        options.padding, options.fusedActivationFunction = int(not same), 0
        options.strideH, options.strideW = stride
        options.filterHeight, options.filterWidth = kernel
        *sizes, channels = self.shape
        self.shape = (
            *(
                -(-size // step) if same else (size - taps) // step + 1
                for size, step, taps in zip(sizes, stride, kernel, strict=True)
            ),
            channels,
        )
        result = self._tensor(f"max{self.head}")
        number = schema.BuiltinOperator.MAX_POOL_2D
        table = schema.BuiltinOptions.Pool2DOptions
        self.made.operator(number, [self.head], result, table, options, 2)
        self.head = result

    def mean(self, *, keep):
        """Add the mean over height and width, on another grid."""
        axes = self.made.tensor(f"axes{self.head}", (2,), INT32, values=np.array([1, 2], np.int32))
        options = schema.ReducerOptionsT()
        options.keepDims = keep
        channels = self.shape[2]
        self.shape = (1, 1, channels)
        self.scale *= float(self.random.uniform(0.3, 1))
        self.zero_point = int(self.random.integers(-20, 20))
        shape = (1, 1, 1, channels) if keep else (1, channels)
        result = self.made.tensor(f"mean{self.head}", shape, INT8, [self.scale], [self.zero_point])
        table = schema.BuiltinOptions.ReducerOptions
        number = schema.BuiltinOperator.MEAN
        self.made.operator(number, [self.head, axes], result, table, options, 2)
        self.head = result

    def mark(self):
        """Return what a branch needs to begin here."""
        return self.head, self.shape, self.scale, self.zero_point

    def back(self, mark):
        """Go on from another place."""
        self.head, self.shape, self.scale, self.zero_point = mark

    def add(self, other, relu):
        """Add the map of a mark, element by element."""
        options = schema.AddOptionsT()
        options.fusedActivationFunction = int(relu)
        first, second = self.head, other[0]
        self._next_grid(255 * max(self.scale, other[2]) * float(self.random.uniform(0.8, 2)), relu)
        result = self._tensor(f"add{self.head}")
        table = schema.BuiltinOptions.AddOptions
        self.made.operator(schema.BuiltinOperator.ADD, [first, second], result, table, options, 2)
        self.head = result

    def join(self, other):
        """Put the channels of a mark with the same grid behind those of the last map."""
        options = schema.ConcatenationOptionsT()
        options.axis, options.fusedActivationFunction = 3, 0
        first = self.head
        self.shape = (*self.shape[:2], self.shape[2] + other[1][2])
        result = self._tensor(f"join{self.head}")
        table = schema.BuiltinOptions.ConcatenationOptions
        number = schema.BuiltinOperator.CONCATENATION
        self.made.operator(number, [first, other[0]], result, table, options, 2)
        self.head = result

    def dense(self, outputs):
        """Add a new shape, and a dense layer."""
        inputs = int(np.prod(self.shape))
        flat = self.made.tensor("flat", (1, inputs), INT8, [self.scale], [self.zero_point])
        options = schema.ReshapeOptionsT()
        options.newShape = [1, inputs]
        table = schema.BuiltinOptions.ReshapeOptions
        self.made.operator(schema.BuiltinOperator.RESHAPE, [self.head], flat, table, options)
        weight = self.random.integers(-127, 128, (outputs, inputs)).astype(np.int8)
        w = self.made.tensor("wd", weight.shape, INT8, [0.01], [0], weight)
        bias = self.random.integers(-3000, 3000, outputs).astype(np.int32)
        b = self.made.tensor("bd", bias.shape, INT32, [0.01 * self.scale], [0], bias)
        spread = 0.01 * self.scale * 60 * 127 * np.sqrt(inputs) / 255
        result = self.made.tensor("net/fc/MatMul", (1, outputs), INT8, [spread], [3])
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = 0
        table = schema.BuiltinOptions.FullyConnectedOptions
        number = schema.BuiltinOperator.FULLY_CONNECTED
        self.made.operator(number, [flat, w, b], result, table, options, 4)
        self.head = result

    def build(self) -> bytes:
        """Return the file."""
        return self.made.build(self.entry, self.head)


def random_maps(seed: int) -> bytes:
    """Return a file of 2 to 6 layers, with a branch in most of them."""
    random = np.random.default_rng(seed)
    size = [int(one) for one in random.integers(4, 10, 2)]
    drawn = MapFile(seed, *size, int(random.integers(1, 4)))
    kernels = ((1, 1), (3, 3), (2, 3), (1, 4), (5, 5))
    channels = int(random.integers(2, 7))
    kernel = kernels[random.integers(len(kernels))]
    drawn.convolution(channels, kernel, int(random.integers(1, 3)), relu=bool(random.integers(2)))
    match random.integers(5):
        case 0:
            before = drawn.mark()
            drawn.convolution(channels, (3, 3), relu=True)
            drawn.convolution(channels, (3, 3), relu=False)
            drawn.add(before, relu=bool(random.integers(2)))
        case 1:
            before = drawn.mark()
            drawn.convolution(2 * channels, (3, 3), relu=False)
            after = drawn.mark()
            drawn.back(before)
            drawn.convolution(2 * channels, (1, 1), relu=False)
            drawn.add(after, relu=True)
        case 2:
            drawn.convolution(0, (3, 3), depthwise=True)
            drawn.convolution(channels + 1, (1, 1))
        case 3:
            kernel = tuple(int(one) for one in random.integers(1, 4, 2))
            if min(drawn.shape[:2]) >= max(kernel):
                drawn.maximum(kernel, (1, int(random.integers(1, 3))), same=bool(seed % 2))
        case _:
            before = drawn.mark()
            drawn.pool((1, 1))
            drawn.join(before)
            drawn.convolution(channels, (2, 2), same=False)
    match random.integers(3):
        case 0:
            drawn.pool(drawn.shape[:2])
        case 1:
            drawn.mean(keep=bool(random.integers(2)))
    drawn.dense(int(random.integers(2, 9)))
    return drawn.build()

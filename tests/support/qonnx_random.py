"""Random QONNX graphs of dense layers, in everything that qonnx's executor takes."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import onnx

from qonnx_examples import DOMAIN, Graph

MODES = ("ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN")


@dataclass
class Drawn:
    """A random graph.

    Attributes
    ----------
    model : onnx.ModelProto
        With a batch of one.
    entry : str
        Tensor behind the Quant of the input.
    sums : list of str
        Of each layer, what its MatMul or Gemm gives.
    gemms : list of bool
        Whether it is a Gemm.
    ends : list of str
        Of each layer, what leaves it.
    grids : dict
        Of each tensor behind a Quant: what a code is worth, and its zero point.
    quantised : bool
        Whether the last layer ends in a Quant.
    step : float
        Of the input's grid.
    words : list of str
        What was drawn, for people.
    """

    model: onnx.ModelProto | None = None
    entry: str = ""
    sums: list = field(default_factory=list)
    gemms: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    grids: dict = field(default_factory=dict)
    quantised: bool = True
    step: float = 1.0
    words: list = field(default_factory=list)


class Maker(Graph):
    """Draws the parts of a graph."""

    def __init__(self, random):
        super().__init__()
        self.random = random
        self.drawn = Drawn()

    def chance(self, share):
        """Return whether something of this probability happens."""
        return bool(self.random.random() < share)

    def scale(self, near, power=0.7):
        """Return a step near a number: a power of two, or not."""
        value = near * 2 ** self.random.uniform(-0.5, 0.5)
        return float(2.0 ** np.round(np.log2(value))) if self.chance(power) else float(value)

    def quantiser(self, value, scale, *, bits=None, plain=0.5):
        """Add a Quant of any kind; return its name."""
        random = self.random
        bits = int(random.integers(1, 9)) if bits is None else bits
        signed, narrow, zero, mode = int(self.chance(0.6)), 0, 0.0, "ROUND"
        if not self.chance(plain):
            narrow = int(self.chance(0.4))
            if self.chance(0.5):
                mode = str(random.choice(MODES))
            if self.chance(0.5):
                reach = 2**bits
                zero = float(random.integers(-reach, reach, endpoint=True) // (1 + 3 * signed))
                zero = abs(zero) if not signed and self.chance(0.8) else zero
            if bits > 1 and self.chance(0.1):
                bits = bits + float(random.choice([0.25, 0.5, 0.9])) - 1
        self.drawn.words.append(
            f"{'int' if signed else 'uint'}{bits:g}{' narrow' * narrow}"
            f"{f' zero {zero:g}' if zero else ''}{f' {mode}' if mode != 'ROUND' else ''}"
        )
        if bits == 1 and signed and not zero and np.size(scale) == 1 and self.chance(0.5):
            self.drawn.words[-1] = "bipolar"
            made = self.add("BipolarQuant", [value, self.constant(scale)], DOMAIN)
            self.drawn.grids[made] = np.float32(scale), 0
            return made
        words = {"signed": signed, "narrow": narrow, "rounding_mode": mode}
        parameters = [self.constant(scale), self.constant(zero), self.constant(bits)]
        kind = str(random.choice(["Quant", "IntQuant"]))
        made = self.add(kind, [value, *parameters], DOMAIN, **words)
        self.drawn.grids[made] = np.asarray(scale, np.float32), int(zero)
        return made

    def weights(self, inputs, outputs, turned):
        """Add a quantised constant; return its name and about what a weight is worth."""
        random, bits = self.random, int(self.random.integers(1, 9))
        values = random.normal(0, 1, (inputs, outputs))
        near = 2.0 ** (2 - bits)
        shape = (outputs if self.chance(0.4) else 1,)
        # Most scales are powers of two: others leave the order of sums open.
        power = 1.0 if self.chance(0.8) else 0.0
        scale = np.array([self.scale(near, power) for _ in range(shape[0])]).reshape(1, -1)
        if turned:
            values, scale = values.T, scale.T
        scale = scale if scale.size > 1 else scale.reshape(())
        return self.quantiser(self.constant(values), scale, bits=bits, plain=0.7), near

    def bias(self, outputs, spread, step):
        """Add a bias: on the grid of a sum, quantised, or anything."""
        values = self.random.normal(0, spread / 2, outputs)
        kind = self.random.integers(3)
        if kind == 0:
            return self.constant(np.round(values / step) * step)
        if kind == 1:
            return self.quantiser(self.constant(values), self.scale(spread / 64), bits=8, plain=0.8)
        return self.constant(values)

    def product(self, running, inputs, outputs, spread):
        """Add a MatMul or a Gemm; return its name and about how far its sums reach."""
        gemm = self.chance(0.4)
        turned = gemm and self.chance(0.5)
        weight, _ = self.weights(inputs, outputs, turned)
        spread = spread * np.sqrt(inputs)
        step = 2.0**-6
        if not gemm:
            running = self.add("MatMul", [running, weight])
            self.mark(running, gemm)
            if self.chance(0.5):
                running = self.add("Add", [running, self.bias(outputs, spread, step)])
            return running, spread
        words = {"transB": 1} if turned else {}
        if self.chance(0.4):
            alphas = [0.5, 2.0, -0.25, 1.7, -0.3, 0.1]
            words["alpha"] = float(self.random.choice(alphas))
            spread *= abs(words["alpha"])
        if self.chance(0.3):
            words["beta"] = float(self.random.choice([0.5, -2.0, 0.3]))
        operands = [running, weight]
        operands += [self.bias(outputs, spread, step)] if self.chance(0.7) else []
        running = self.add("Gemm", operands, **words)
        self.mark(running, gemm)
        self.drawn.words.append(f"Gemm {words or ''}")
        return running, spread

    def mark(self, name, gemm):
        """Note what the sums of a layer are called."""
        self.drawn.sums.append(name)
        self.drawn.gemms.append(gemm)

    def elementwise(self, running, outputs, spread):
        """Add what may stand between a layer and its Quant."""
        random = self.random
        if self.chance(0.4):
            gamma = random.normal(0, 1, outputs)
            shift, mean = random.normal(0, 1, outputs), random.normal(0, spread / 2, outputs)
            parameters = gamma, shift, mean, spread**2 * random.uniform(0.2, 2, outputs)
            constants = [self.constant(values) for values in parameters]
            running, spread = self.add("BatchNormalization", [running, *constants]), 1.0
            self.drawn.words.append("norm")
        if self.chance(0.25):
            kind = str(random.choice(["Mul", "Div", "Sub", "Neg", "Add"]))
            size = outputs if self.chance(0.4) else 1
            by = 2 ** random.uniform(-1, 1, size) * random.choice([-1, 1], size)
            if kind in ("Sub", "Add"):
                by = by * spread / 2
            operands = [running, self.constant(by.reshape(-1) if size > 1 else by[0])]
            if kind == "Sub" and self.chance(0.5):
                operands.reverse()
            running = self.add(kind, operands[:1] if kind == "Neg" else operands)
            self.drawn.words.append(kind)
        if self.chance(0.3):
            running = self.add("Relu", [running])
            self.drawn.words.append("Relu")
        elif self.chance(0.1):
            ends = [self.constant(-0.4 * spread), self.constant(0.7 * spread)]
            running = self.add("Clip", [running, *ends])
            self.drawn.words.append("Clip")
        return running, spread

    def function(self, running, bits, *, last):
        """Add a function of codes, or none, and another Quant."""
        kinds = ["Relu", "Tanh", "LeakyRelu", "Mul", "none", "Sigmoid"]
        # A sigmoid behind the last layer is the end of a classifier.
        kind = str(self.random.choice(kinds[: 5 if last else 6]))
        if kind != "none":
            by = [self.constant(self.random.uniform(-2, 2))] if kind == "Mul" else []
            running = self.add(kind, [running, *by])
        return self.quantiser(running, self.scale(2.0 ** (1 - bits)), bits=bits)

    def graph(self):
        """Return the graph."""
        random, drawn = self.random, self.drawn
        large = 200 if self.chance(0.03) else 40 if self.chance(0.1) else 12
        widths = [int(n) for n in random.integers(1, large, int(random.integers(2, 5)))]
        running = "x"
        if self.chance(0.2):
            kind = str(random.choice(["Mul", "Sub", "Div", "Relu"]))
            by = [] if kind == "Relu" else [self.constant(random.uniform(0.5, 2))]
            running = self.add(kind, [running, *by])
        bits = int(random.integers(1, 9))
        drawn.step = self.scale(2.0 ** (2 - bits))
        running = drawn.entry = self.quantiser(running, drawn.step, bits=bits)
        for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
            running, spread = self.product(running, inputs, outputs, 1.0)
            running, spread = self.elementwise(running, outputs, spread)
            if number == len(widths) - 1 and self.chance(0.15):
                drawn.quantised = False
                drawn.words.append("open")
            else:
                bits = int(random.integers(1, 9))
                # From slopes of many codes a step of the sums to outputs that hardly change.
                steep = 2.0 ** random.uniform(-5, 4) if self.chance(0.4) else 1.0
                near = spread * 2.0 ** (2 - bits) * steep
                step = self.scale(near, 0.5)
                if number == len(widths) - 1 and outputs > 1 and self.chance(0.2):
                    step = np.array([[self.scale(near, 0.5) for _ in range(outputs)]])
                running = self.quantiser(running, step, bits=bits)
                if np.size(step) == 1 and self.chance(0.15):
                    running = self.function(running, bits, last=number == len(widths) - 1)
                    drawn.words.append("function")
            drawn.ends.append(running)
        drawn.model = self.model(running, (1, widths[0]))
        return drawn


def draw(seed, number):
    """Return a graph; the same for the same numbers."""
    return Maker(np.random.default_rng([seed, number])).graph()

"""Quantised ONNX graphs drawn by chance, as onnxruntime takes them."""

from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

WIDE = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "uint16": (0, 65535)}
NARROW = {"int4": (-8, 7), "uint4": (0, 15), "int2": (-2, 1), "uint2": (0, 3)}
RANGES = WIDE | NARROW
OPSETS = (10, 11, 13, 17, 19, 21, 21, 21, 23, 23, 25)
WORDS, TYPED, HALF, TWO_BITS = 21, 21, 23, 25
"""First opsets with codes of 16 bits, with int4, with ``precision`` and with int2."""
FLOAT, FLOAT16 = TensorProto.FLOAT, TensorProto.FLOAT16
MOST_16 = 2
SHARES_16 = (0.003, 0.01, 0.01, 0.05)
"""Outputs of layers of 16 bits, and the part of their codes that is used: thresholds take time."""


@dataclass
class Drawn:
    """A graph, cut behind each layer too.

    Attributes
    ----------
    cuts : list of onnx.ModelProto
        The graph up to the codes of each layer, the whole one last.
    grids : list of (float32, int)
        Scale and zero point of the outputs of each; None where reals of no codes leave.
    full : bool
        Whether weights pass 64, so that sums of 16 bits saturate without VNNI.
    slow : bool
        Whether it has codes of 16 bits, whose thresholds take their time.
    words : str
    """

    cuts: list = field(default_factory=list)
    grids: list = field(default_factory=list)
    full: bool = False
    slow: bool = False
    words: str = ""

    @property
    def model(self):
        """The whole graph."""
        return self.cuts[-1]


class _Drawing:
    """A graph under construction."""

    def __init__(self, random):
        self.random = random
        self.nodes, self.constants, self.words = [], [], []
        self.full = False
        self.opset = int(random.choice(OPSETS))
        words = self.opset >= WORDS and random.random() < 0.2
        self.kinds = ["int16", "uint16"] if words else ["int8", "uint8"]
        self.words.append(f"opset {self.opset}")

    def chance(self, probability):
        return self.random.random() < probability

    def constant(self, value, kind="float32"):
        name = f"c{len(self.constants)}"
        if kind in NARROW:
            number = getattr(TensorProto, kind.upper())
            values = np.asarray(value)
            made = helper.make_tensor(name, number, values.shape, values.reshape(-1).tolist())
        else:
            made = numpy_helper.from_array(np.asarray(value, kind), name)
        self.constants.append(made)
        return name

    def add(self, kind, inputs, **attributes):
        output = f"t{len(self.nodes)}"
        made = helper.make_node(kind, inputs, [output], name=f"n_{output}", **attributes)
        self.nodes.append(made)
        return output

    def model(self, running, inputs):
        nodes = [*self.nodes, helper.make_node("Identity", [running], ["y"])]
        ends = [helper.make_tensor_value_info(name, FLOAT, shape)
                for name, shape in (("x", ["batch", inputs]), ("y", None))]  # fmt: skip
        used = {name for node in nodes for name in node.input}
        constants = [each for each in self.constants if each.name in used]
        graph = helper.make_graph(nodes, "drawn", ends[:1], ends[1:], constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        version = 13 if self.opset > HALF else 11 if self.opset == HALF else 8
        return helper.make_model(graph, opset_imports=opsets, ir_version=max(version, 8))


class _Grid:
    """Scale, zero point and type of the codes of activations."""

    def __init__(self, drawing, kind, scale, zero=None):
        random = drawing.random
        low, high = WIDE[kind]
        if zero is None:
            zero = int(random.integers(low, high, endpoint=True))
            zero = random.choice([low, 0 if low else 128, zero, zero | 1])
        self.kind, self.zero = kind, int(np.clip(zero, low, high))
        self.short = drawing.opset >= HALF and drawing.chance(0.06)
        self.scale = np.float32(np.float16(scale) if self.short else scale)
        self.given = bool(self.zero) or drawing.chance(0.6)
        self.listed = drawing.chance(0.1)
        self.precision = None
        if drawing.opset >= HALF and drawing.chance(0.3):
            self.precision = int(random.choice([FLOAT16, FLOAT]))
            drawing.words.append(f"precision {self.precision}")
        if self.short:
            drawing.words.append("float16 scale")
        scale = self.scale.reshape(1) if self.listed else self.scale
        self.operands = [drawing.constant(scale, "float16" if self.short else "float32")]
        if not self.given and kind != "uint8":
            self.given = drawing.opset < TYPED or drawing.chance(0.7)
        if self.given:
            zeros = np.full(1, self.zero) if self.listed else self.zero
            self.operands.append(drawing.constant(zeros, kind))

    def quantize(self, drawing, running):
        options = {"precision": self.precision} if self.precision else {}
        if not self.given and self.kind != "uint8":
            options["output_dtype"] = getattr(TensorProto, self.kind.upper())
            drawing.words.append("output_dtype")
        return drawing.add("QuantizeLinear", [running, *self.operands], **options)

    def dequantize(self, drawing, running):
        options = {"output_dtype": FLOAT} if self.short else {}
        return drawing.add("DequantizeLinear", [running, *self.operands], **options)


def draw(seed, number):
    """Return the graph that belongs to two numbers."""
    drawing, drawn = _Drawing(np.random.default_rng([seed, number])), Drawn()
    random = drawing.random
    wide = drawing.kinds[0] == "int16"
    layers = 1 if wide else int(random.choice([1, 1, 2, 3]))
    operators = not wide and drawing.chance(0.2)
    kind = str(random.choice(drawing.kinds))
    grid = _Grid(drawing, kind, _scale(drawing))
    inputs = width = int(random.integers(1, 6 if wide else 20))
    running = grid.quantize(drawing, "x")
    for place in range(layers):
        last = place == layers - 1
        outputs = int(random.integers(1, (MOST_16 if wide else 8) + 1))
        if operators:
            running, grid = _operator(drawing, running, grid, width, outputs)
            cut = grid.dequantize(drawing, running)
        else:
            running, grid = _layer(drawing, running, grid, width, outputs, last)
            cut = running
            if grid is not None:
                cut = grid.dequantize(drawing, running)
        drawn.cuts.append(drawing.model(cut, inputs))
        drawn.grids.append(None if grid is None else (grid.scale, grid.zero))
        if operators or not last:
            # The next layer has its own DequantizeLinear.
            drawing.nodes.pop()
        width = outputs
    drawn.full, drawn.slow = drawing.full, wide
    drawn.words = ", ".join(drawing.words)
    return drawn


def _scale(drawing):
    random = drawing.random
    if drawing.chance(0.25):
        return float(2.0 ** random.integers(-7, 0))
    return float(10 ** random.uniform(-2.5, -0.3))


def _weights(drawing, shape, kinds, channels=True):
    """Return codes, zero point, scales and type of weights, M x N."""
    random = drawing.random
    kind = str(random.choice(kinds))
    low, high = RANGES[kind]
    if kind in ("int8", "uint8") and drawing.chance(0.6):
        middle = 0 if low else 128
        low, high = middle - 63, middle + 63
    elif kind in ("int8", "uint8"):
        drawing.full = True
    codes = random.integers(low, high, shape, endpoint=True)
    channels = shape[0] if channels and drawing.chance(0.4) else None
    zero = 0 if kind.startswith("int") else (low + high + 1) // 2
    if drawing.chance(0.2):
        zero = int(random.integers(low, high, endpoint=True))
    scale = 10 ** random.uniform(-3, -0.5, channels or ())
    if drawing.chance(0.25):
        scale = 2.0 ** random.integers(-9, 0, channels or ())
    drawing.words.append(kind + (" a channel" if channels else ""))
    return codes, zero, np.asarray(scale, np.float32), kind


def _after(drawing, grid, reach, step, kind):
    """Return the grid of outputs: such that sums of this reach use most of it, or far less."""
    low, high = WIDE[kind]
    share = float(drawing.random.choice([0.4, 0.8, 1.2, 3.0]))
    if kind in ("int16", "uint16"):
        share = float(drawing.random.choice(SHARES_16))
    spread = max(float(np.max(reach * np.abs(step))), 1e-6)
    scale = spread / ((high - low) * share)
    if drawing.chance(0.06):
        scale = spread * float(10 ** drawing.random.uniform(-4, -1))
        drawing.words.append("any slope")
    if drawing.chance(0.2):
        scale = 2.0 ** np.round(np.log2(scale))
    return _Grid(drawing, kind, max(scale, 1e-6))


def _operator(drawing, running, grid, inputs, outputs):
    """Add a QGemm or a QLinearMatMul."""
    random = drawing.random
    kinds = ["int8"] if grid.kind == "int8" else ["int8", "uint8"]
    codes, zero, scale, kind = _weights(drawing, (outputs, inputs), kinds)
    gemm = drawing.chance(0.5)
    if not gemm and scale.ndim:
        scale = scale[0]
    zeros = np.broadcast_to(np.asarray(zero), scale.shape)
    reach = np.abs(codes - zero).sum(1).max() * 255
    step = np.float32(grid.scale) * scale
    turned = gemm and drawing.chance(0.5)
    after = _after(drawing, grid, reach, step, grid.kind)
    own = [drawing.constant(grid.scale), drawing.constant(grid.zero, grid.kind)]
    weight = [
        drawing.constant(codes if turned else np.ascontiguousarray(codes.T), kind),
        drawing.constant(scale),
        drawing.constant(zeros, kind),
    ]
    ends = [drawing.constant(after.scale), drawing.constant(after.zero, after.kind)]
    drawing.words.append("QGemm" if gemm else "QLinearMatMul")
    if not gemm:
        return drawing.add("QLinearMatMul", [running, *own, *weight, *ends]), after
    added = ""
    if drawing.chance(0.7):
        added = drawing.constant(random.integers(-reach // 3 - 1, reach // 3 + 1, outputs), "int32")
    options = {"transB": int(turned)}
    if drawing.chance(0.15):
        options["alpha"] = float(random.choice([0.5, 1.7, 0.3]))
    made = [running, *own, *weight, added, *ends]
    return drawing.add("QGemm", made, domain="com.microsoft", **options), after


def _layer(drawing, running, grid, inputs, outputs, last):
    """Add a product between DequantizeLinear and QuantizeLinear, and maybe a function behind it."""
    random = drawing.random
    running = grid.dequantize(drawing, running)
    if drawing.chance(0.06):
        shape = drawing.constant(np.array([-1, inputs]), "int64")
        kind = str(random.choice(["Reshape", "Flatten", "Identity"]))
        running = drawing.add(kind, [running, shape] if kind == "Reshape" else [running])
        drawing.words.append(f"{kind} before")
    kinds = ["int8", "int8", "uint8"]
    kinds += ["int4", "uint4", "int16"] if drawing.opset >= TYPED else []
    kinds += ["int2"] * 2 if drawing.opset >= TWO_BITS else []
    codes, zero, scale, kind = _weights(drawing, (outputs, inputs), kinds, drawing.opset >= 13)
    form = str(random.choice(["Gemm", "Gemm", "MatMul", "MatMul+Add"]))
    turned = form == "Gemm" and drawing.chance(0.5)
    step = (np.float32(grid.scale) * scale).astype(np.float32)
    low, high = WIDE[grid.kind]
    reach = np.abs(codes - zero).sum(1).max() * max(high - grid.zero, grid.zero - low)
    weight = _dequantised(drawing, codes, zero, scale, kind, turned)
    drawing.words.append(form + (" transB" if turned else ""))
    operands, options = [running, weight], {}
    added = _bias(drawing, form, step, reach, outputs)
    if form == "Gemm":
        options = {"transB": int(turned)}
        if drawing.chance(0.12):
            options |= {"alpha": float(random.choice([0.5, 1.7, 0.3]))}
            options |= {"beta": float(random.choice([1.0, 2.0, 0.7]))}
            drawing.words.append(f"alpha {options['alpha']}, beta {options['beta']}")
        running = drawing.add("Gemm", operands + ([added] if added else []), **options)
    else:
        running = drawing.add("MatMul", operands)
        if added:
            pair = [running, added] if drawing.chance(0.7) else [added, running]
            running = drawing.add("Add", pair)
    if last and drawing.chance(0.1):
        drawing.words.append("no QuantizeLinear at the end")
        return running, None
    same = grid.kind if drawing.chance(0.85) else str(random.choice(drawing.kinds))
    after = _after(drawing, grid, reach, step, same)
    running = _between(drawing, running, after, outputs)
    running = after.quantize(drawing, running)
    narrow = after.kind in ("int8", "uint8")
    if narrow and drawing.opset >= 12 and drawing.chance(0.06):
        low, high = WIDE[after.kind]
        bounds = [drawing.constant(value, after.kind) for value in (low + 5, high - 9)]
        running = drawing.add("Clip", [running, *bounds])
        drawing.words.append("clipped codes")
    if narrow and drawing.chance(0.2):
        running = _function(drawing, after.dequantize(drawing, running), last)
        after = _Grid(drawing, after.kind, after.scale * float(random.choice([0.03, 0.5, 1.0])))
        running = after.quantize(drawing, running)
    return running, after


def _dequantised(drawing, codes, zero, scale, kind, turned):
    """Add weights and their DequantizeLinear, maybe turned behind it."""
    late = drawing.chance(0.15)
    as_they_stand = turned != late
    stored = codes if as_they_stand else np.ascontiguousarray(codes.T)
    operands = [drawing.constant(stored, kind), drawing.constant(scale)]
    if zero or drawing.chance(0.65):
        operands.append(drawing.constant(np.broadcast_to(np.asarray(zero), scale.shape), kind))
    else:
        drawing.words.append("weights without zero point")
    axis = {}
    if scale.ndim:
        axis = {"axis": 0 if as_they_stand else 1}
    made = drawing.add("DequantizeLinear", operands, **axis)
    if not late:
        return made
    drawing.words.append("Transpose of weights")
    return drawing.add("Transpose", [made], perm=[1, 0])


def _bias(drawing, form, step, reach, outputs):
    """Add a bias; return its name, or nothing."""
    random = drawing.random
    # Before opset 11 a Gemm must have one.
    if form == "MatMul" or (drawing.chance(0.2) and (drawing.opset > 10 or form != "Gemm")):
        return ""
    kinds = ["int32", "int32 of its own scale", "float", "float on the grid", "float", "int8"]
    kinds += ["float (1, M)", "float (1,)", "float ()"]
    if form == "Gemm":
        kinds.remove("float ()")
    kind = str(random.choice(kinds))
    drawing.words.append(f"bias {kind}")
    sizes = np.broadcast_to(step, (outputs,))
    most = max(int(reach) // 3, 2)
    whole = random.integers(-most, most, outputs)
    if kind == "int32":
        operands = [drawing.constant(whole, "int32"), drawing.constant(step)]
        axis = {"axis": 0} if drawing.opset >= 13 else {}
        if drawing.chance(0.5):
            operands.append(drawing.constant(np.zeros_like(step), "int32"))
        return drawing.add("DequantizeLinear", operands, **axis)
    if kind == "int32 of its own scale":
        scale = np.float32(sizes[0] * random.choice([0.5, 2.0, 0.37]))
        operands = [drawing.constant(whole, "int32"), drawing.constant(scale)]
        return drawing.add("DequantizeLinear", operands)
    if kind == "int8":
        scale = np.float32(sizes[0] * most / 100)
        codes = random.integers(-128, 128, outputs)
        return drawing.add(
            "DequantizeLinear", [drawing.constant(codes, "int8"), drawing.constant(scale)]
        )
    values = (whole * sizes).astype(np.float32)
    if kind != "float on the grid":
        values = (values * random.uniform(0.5, 1.5, outputs)).astype(np.float32)
    shaped = {"float (1, M)": values[None], "float (1,)": values[:1], "float ()": values[0]}
    return drawing.constant(shaped.get(kind, values))


def _between(drawing, running, after, outputs):
    """Add what stands between a product and its QuantizeLinear."""
    random = drawing.random
    kind = str(random.choice(
        ["", "", "", "", "Relu", "Relu", "Clip", "wide Clip", "Mul", "Div", "Relu, Clip", "Reshape",
         "Flatten", "Reshape, Relu"]
    ))  # fmt: skip
    if drawing.opset < 11 and "Clip" in kind:
        return running
    drawing.words.append(kind or "nothing between")
    span = float(after.scale) * (WIDE[after.kind][1] - WIDE[after.kind][0])
    for each in kind.split(", ") if kind else []:
        if each.endswith("Clip"):
            low, high = (-0.4, 0.3) if each == "Clip" else (-2.0, 2.0)
            bounds = [drawing.constant(value * span) for value in (low, high)]
            running = drawing.add("Clip", [running, *bounds])
        elif each == "Mul":
            factors = random.uniform(0.3, 1.5, outputs)
            running = drawing.add("Mul", [running, drawing.constant(factors)])
        elif each == "Div":
            running = drawing.add("Div", [running, drawing.constant(random.uniform(0.7, 3.0))])
        elif each == "Reshape":
            shape = drawing.constant(np.array([-1, outputs]), "int64")
            running = drawing.add("Reshape", [running, shape])
        else:
            running = drawing.add(each, [running])
    return running


def _function(drawing, running, last):
    # A sigmoid that ends a graph is the host's.
    kinds = ["LeakyRelu", "Tanh", "Relu", *([] if last else ["Sigmoid"])]
    kind = str(drawing.random.choice(kinds))
    drawing.words.append(f"{kind} of codes")
    options = {"alpha": 0.13} if kind == "LeakyRelu" else {}
    return drawing.add(kind, [running], **options)

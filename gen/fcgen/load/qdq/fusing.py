"""Which arithmetic onnxruntime takes for a dense operation between quantised codes.

A session optimises its graph unless it is told not to. What is here is what onnxruntime 1.32.0 does
on x86-64, found by reading the graphs that it optimised:

- A MatMul and the Add of a constant for each output become a Gemm.
- A float bias of a Gemm whose inputs are dequantised, and whose outputs reach a QuantizeLinear
  through nothing but Relu and Clip, is rounded to int32 steps of ``f32(xs * ws)``, whatever becomes
  of the Gemm.
- int8 codes that go straight from a QuantizeLinear to a DequantizeLinear become uint8.
- A Gemm of 8-bit codes, 8-bit weights and no bias, or one of int32, becomes a QGemm where its two
  DequantizeLinear have zero points. It adds the integers of the bias, not what they are worth. A
  MatMul of uint8 codes becomes a QLinearMatMul or a MatMulIntegerToFloat.
- Neither does where a Relu or a Clip follows that the codes of the outputs do not make needless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from fcgen.load.onnx.graph import Array
from fcgen.load.qonnx.state import Codes
from fcgen.numerics.source_step import Int64Array

CODE_BITS = 8
"""Width of the codes of onnxruntime's products of integers."""
EIGHT_BITS = ("int8", "uint8")
TWO_BITS = ("int2", "uint2")
ABSENT = ("Identity", "Dropout", "Cast")
"""Operations that onnxruntime removes from the graph."""
PASSED = ("Reshape", "Transpose", "Squeeze", "Unsqueeze")
"""Operations past which onnxruntime moves a QuantizeLinear behind or a DequantizeLinear before."""
BOUNDS = ("Relu", "Clip")
ROUND_SINCE = 11
"""First opset with Round, which onnxruntime uses to make integer biases."""
TYPED_SINCE = 21
"""First opset whose QuantizeLinear has an output type apart from its zero point's.

From there on, onnxruntime fills in that type in quantisers that it moves.
"""
INT32_MIN = -(1 << 31)
NEAR = np.finfo(np.float32).eps
"""Largest part of the reals of codes that a Clip may cut off and is still dropped."""


class Arithmetic(Enum):
    """Arithmetic of the sums, and of what is made of them."""

    CODES = "integers, of which codes are made at once"
    REALS = "integers, of which float32 values are made"
    FLOATS = "float32 products of reals"


REFUSES = "does not open the graph as it optimises it"


class NotOpened(Exception):
    """onnxruntime refuses the graph, or computes another one; the text says which."""


class Quantised(NamedTuple):
    """A constant of codes behind a DequantizeLinear.

    Attributes
    ----------
    codes : ndarray
    kind : str
        NumPy's name of the dtype of the codes.
    zero : bool
        Whether there is a zero point.
    half : bool
        Whether the scale is of float16.
    blocked : bool
    channels : bool
        Whether there is more than one scale.
    turned : bool
        Whether a Transpose stands behind it.
    """

    codes: Array
    kind: str
    zero: bool
    half: bool
    blocked: bool
    channels: bool
    turned: bool = False


class Bias(NamedTuple):
    """The addend of a product.

    Attributes
    ----------
    values : ndarray of float32, shape (M,)
    codes : ndarray of int64, shape (M,), optional
        Codes, where it is int32 behind a DequantizeLinear.
    rounded : bool
        Whether onnxruntime may round it to int32.
    row : bool
        Whether it is a list of M numbers.
    """

    values: Array
    codes: Int64Array | None
    rounded: bool
    row: bool


@dataclass(frozen=True)
class Entry:
    """The input of a product.

    Attributes
    ----------
    kind : str
        NumPy's name of the dtype of the codes; empty where the input is no dequantised code.
    straight : bool
        Whether their DequantizeLinear is right before the product.
    zero : bool
        Whether the DequantizeLinear has a zero point.
    pair : bool
        Whether the codes go straight from a QuantizeLinear to it.
    half : bool
        Whether the scale is of float16.
    moved : bool
        Whether it was moved past an operation.
    listed : bool
        Whether its scale is a list of one number, not a scalar.
    """

    kind: str = ""
    straight: bool = False
    zero: bool = False
    pair: bool = False
    half: bool = False
    moved: bool = False
    listed: bool = False

    @property
    def computed(self) -> str:
        """Return the type of the codes as onnxruntime computes with them."""
        return "uint8" if self.pair and self.kind == "int8" else self.kind


@dataclass(frozen=True)
class Output:
    """The QuantizeLinear that ends a layer.

    Attributes
    ----------
    codes : Codes
    entry : Entry
        The codes as the input of the next product.
    scalar : bool
        Whether scale and zero point are scalars, not lists of one number.
    """

    codes: Codes
    entry: Entry
    scalar: bool


@dataclass(frozen=True)
class Product:
    """A Gemm or a MatMul of the current value and dequantised weights.

    Attributes
    ----------
    gemm : bool
    alpha, beta : float32
    entry : Entry
    weight : Quantised
    entry_scale : float32
    weight_scale : ndarray of float32, shape (M,)
    turned : bool
        Whether the weights are M x N, not counting a Transpose that becomes the Gemm's own.
    bias : Bias, optional
    """

    gemm: bool
    alpha: np.float32
    beta: np.float32
    entry: Entry
    weight: Quantised
    entry_scale: np.float32
    weight_scale: Array
    turned: bool
    bias: Bias | None = None

    @property
    def scale(self) -> Array:
        """Real value of a product of two codes, float32 (M,)."""
        return (self.entry_scale * self.weight_scale).astype(np.float32)

    @property
    def integer_scale(self) -> Array:
        """Real value of a step of the sums in integer kernels, float32 (M,)."""
        factor = np.float32(self.alpha * self.entry_scale)
        return (factor * self.weight_scale).astype(np.float32)


class Choice(NamedTuple):
    """The arithmetic of a product, and its bias as that arithmetic adds it.

    ``narrowed`` says that MatMulNBits may quantise the inputs to 8 bits.
    """

    arithmetic: Arithmetic
    bias: Bias | None
    narrowed: bool = False


def choice(
    product: Product,
    behind: Sequence[str],
    output: Output | None,
    bounds: Sequence[tuple[float, float]],
    opset: int,
) -> Choice:
    """Return the arithmetic that the default session chooses for a product.

    Parameters
    ----------
    product : Product
    behind : list of str
        Operations behind the product, and behind the Add that became its bias.
    output : Output, optional
        None where the graph ends without a QuantizeLinear.
    bounds : list of (float, float)
        Bounds of each Relu and Clip among them.
    opset : int

    Raises
    ------
    NotOpened
        Where onnxruntime optimises the graph to one that it refuses.
    """
    if (
        product.entry.moved
        and product.entry.computed != product.entry.kind
        and opset >= TYPED_SINCE
    ):
        raise NotOpened(
            f"{REFUSES}: a DequantizeLinear of int8 that it moves behind a Reshape has two types"
        )
    kinds, limits = list(behind), list(bounds)
    while output is not None and kinds and kinds[-1] in PASSED:
        if output.entry.half:
            raise NotOpened(f"{REFUSES}: a QuantizeLinear of float16 that it moves has two types")
        kinds.pop()
    bias = product.bias
    bounded = output is not None and set(kinds) <= set(BOUNDS)
    if bounded and bias is not None and _is_rounded(product, bias):
        bias = _rounded(product, bias, opset)
    while output is not None and kinds and kinds[-1] in BOUNDS:
        if not _needless(output, limits[-1]):
            _check_kept(output, kinds[-1], limits[-1])
            break
        kinds, limits = kinds[:-1], limits[:-1]
    arithmetic = _ends(product, kinds, output) if _fused(product, bias) else None
    if not product.gemm and _stays(product, arithmetic, opset):
        arithmetic = None
    if arithmetic:
        _check(product, output, arithmetic)
        return Choice(arithmetic, bias)
    late = bias is not product.bias and product.entry.listed
    narrowed = not late and _narrowed(product, kinds, output)
    if narrowed and product.weight.kind in TWO_BITS:
        raise NotOpened("computes other values of it, by MatMulNBits of 2 bits")
    return Choice(Arithmetic.FLOATS, bias, narrowed)


def _is_rounded(product: Product, bias: Bias) -> bool:
    """Return whether onnxruntime rounds a bias to int32."""
    fits = bias.rounded and (bias.row or not product.weight.channels)
    return fits and product.gemm and product.entry.straight


def _rounded(product: Product, bias: Bias, opset: int) -> Bias:
    """Return a float bias rounded to onnxruntime's integers, with their reals."""
    if product.entry.half or product.weight.half:
        raise NotOpened(f"{REFUSES}: its bias of float32 cannot be divided by scales of float16")
    if opset < ROUND_SINCE:
        raise NotOpened(
            f"{REFUSES}: its bias is rounded by an operation that opset {opset} does not have"
        )
    scale = product.scale
    with np.errstate(over="ignore"):
        steps = np.rint((bias.values / scale).astype(np.float32)).astype(np.float64)
    # x86 processors convert floats beyond int32 to its smallest value.
    steps = np.where(np.abs(steps + 0.5) < -INT32_MIN, steps, INT32_MIN)
    codes = steps.astype(np.int64)
    return Bias((codes.astype(np.float32) * scale).astype(np.float32), codes, False, bias.row)


def _fused(product: Product, bias: Bias | None) -> bool:
    """Return whether types and operands allow a product of integers."""
    entry, weight = product.entry, product.weight
    narrow = weight.kind in (*EIGHT_BITS, *TWO_BITS) and not weight.blocked
    if not (entry.straight and narrow):
        return False
    if not product.gemm:
        return entry.computed == "uint8"
    alike = entry.computed == "uint8" or entry.computed == weight.kind == "int8"
    plain = bias is None or (bias.codes is not None and product.alpha == product.beta == 1)
    single = not (entry.half or weight.half)
    return alike and plain and single and entry.zero and weight.zero


def _ends(product: Product, kinds: list[str], output: Output | None) -> Arithmetic | None:
    """Return the arithmetic of a product of integers; None where it stays one of floats."""
    if not kinds:
        if output is None:
            return Arithmetic.REALS
        same = output.entry.computed == product.entry.computed
        single = not product.gemm or not output.entry.half
        return Arithmetic.CODES if same and single else None
    # A bound that is the graph's own output has nothing behind it.
    last = output is None and len(kinds) == 1
    return None if kinds[0] in BOUNDS and not last else Arithmetic.REALS


def _needless(output: Output, limits: tuple[float, float]) -> bool:
    """Return whether the range of the output codes makes a Relu or a Clip needless."""
    codes = output.codes
    if not output.entry.zero and codes.form.bits > CODE_BITS:
        return False
    relu = limits == (0.0, np.inf)
    if not output.scalar and not (relu and output.entry.zero):
        return False
    return within(codes, limits)


def within(codes: Codes, limits: tuple[float, float]) -> bool:
    """Return whether bounds of reals are no narrower than the range of codes."""
    low, high = (
        np.rint(np.float32(limit) / codes.scale) + codes.zero_point if np.isfinite(limit) else limit
        for limit in limits
    )
    return bool(low <= codes.form.minimum and high >= codes.form.maximum)


def _check_kept(output: Output, kind: str, limits: tuple[float, float]) -> None:
    """Refuse a Clip that bounds the output codes, which onnxruntime drops as needless."""
    codes = output.codes
    if kind != "Clip" or not (output.scalar and output.entry.zero):
        return
    ends = np.array([codes.form.minimum, codes.form.maximum]) - codes.zero_point
    lower, upper = ends.astype(np.float32) * np.float32(codes.scale)
    low, high = (np.float32(limit) for limit in limits)
    if low - lower <= NEAR and upper - high <= NEAR:
        raise NotOpened(
            f"drops its Clip: the bounds cut off no more than {NEAR:.2g} of the reals of its codes"
        )


def _stays(product: Product, arithmetic: Arithmetic | None, opset: int) -> bool:
    """Return whether a MatMul stays one of floats although its types allow integers."""
    weight = product.weight
    if weight.turned and not weight.zero and opset < TYPED_SINCE:
        return True
    other = weight.kind in TWO_BITS or product.entry.half or weight.half
    return other and arithmetic is Arithmetic.REALS


def _check(product: Product, output: Output | None, arithmetic: Arithmetic) -> None:
    """Refuse products of integers for which onnxruntime has no kernel."""
    if product.weight.kind in TWO_BITS:
        raise NotOpened(
            f"{REFUSES}: its weights of 2 bits become operands of a product of integers of 8 bits"
        )
    halves = [product.entry.half, product.weight.half]
    if arithmetic is Arithmetic.CODES and output is not None:
        halves.append(output.entry.half)
    if any(halves) and not all(halves):
        raise NotOpened(f"{REFUSES}: its scales are of float16 and of float32")


def _narrowed(product: Product, kinds: list[str], output: Output | None) -> bool:
    """Return whether MatMulNBits takes over, which quantises floats to 8 bits in blocks."""
    entry, bias = product.entry, product.bias
    if (entry.straight and entry.kind in EIGHT_BITS) or product.turned or product.alpha != 1:
        return False
    if product.gemm and bias is not None and not (bias.row and product.beta == 1):
        return False
    if product.weight.kind not in (*EIGHT_BITS, *TWO_BITS, "int4", "uint4"):
        return False
    if not kinds:
        return output is None or output.codes.form.bits > CODE_BITS
    return kinds[0] not in BOUNDS or (output is None and len(kinds) == 1)


def unoptimised(product: Product) -> Choice:
    """Return the arithmetic of a session without optimisation: that of the graph."""
    return Choice(Arithmetic.FLOATS, product.bias)

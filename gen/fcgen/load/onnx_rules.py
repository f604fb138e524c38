"""Which arithmetic onnxruntime takes for a quantised layer, and the layer's step in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fcgen.float_chain import FloatChain
from fcgen.integer_model import IntegerLayer
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.source_step import FloatProduct, Int64Array, Step

CODE_BITS = 8
"""Codes of which onnxruntime makes products of integers."""


def fused(sums: Sums, codes: Codes, *, biased: bool, before: bool, after: bool) -> bool:
    """Say whether onnxruntime makes one product of integers of a layer and its grids.

    It does so where both sides have codes of one type of 8 bits. On x86 it first makes uint8 of
    int8 that goes straight from a QuantizeLinear to a DequantizeLinear, so that a layer with a
    Clip of codes at one side alone stays one of floats; and a product without bias, which it
    takes for uint8 only, does so with a Clip at any side.

    Parameters
    ----------
    sums : Sums
    codes : Codes
        Of the outputs.
    biased : bool
        Whether it is a Gemm, or has something added.
    before, after : bool
        Whether the codes on either side go straight from a QuantizeLinear to a DequantizeLinear.
    """
    # Narrower weights are made floats, wider ones are those of 8 bits less their zero point.
    whole = sums.form.bits in (CODE_BITS, CODE_BITS + 1)
    narrow = codes.form.bits <= CODE_BITS and whole
    alike = after == before if biased else after and before
    return narrow and (alike or not codes.form.signed) and sums.entry.form == codes.form


def closed(sums: Sums, codes: Codes, *, fused: bool) -> IntegerLayer:
    """Return the layer that ends in a QuantizeLinear."""
    step: Step
    bias = _integer_bias(sums, codes) if fused else None
    if bias is not None:
        factor = (sums.integer_scale / codes.scale).astype(np.float32)
        step = FloatProduct(factor, codes.form, codes.zero_point, codes.lo, codes.hi)
    else:
        bias = sums.bias
        first, *others = (tuple(chain) for chain in sums.chains)
        step = FloatChain(
            operations=first,
            scale=np.array([codes.scale]),
            rounding="ROUND",
            output=codes.form,
            zero_point=codes.zero_point,
            lo=codes.lo,
            hi=codes.hi,
            outputs=len(sums.weight),
            others=tuple(others),
            zero_after=True,
            error=sums.error,
        )
    return replace(sums.layer(None), step=step, bias=bias)


def _integer_bias(sums: Sums, codes: Codes) -> Int64Array | None:
    """Return the bias of a layer that onnxruntime computes in integers; None of one in floats.

    It does so where nothing stands between product, bias and QuantizeLinear but a ReLU that the
    zero point makes needless; the bias becomes one of integers then.
    """
    # An alpha, which a step of the chain may be, is a part of the scale of integers.
    scaled = sums.alpha != 1 and np.frexp(abs(sums.alpha))[0] != 0.5
    rest = sums.chains[0][1 + scaled :]
    bias = sums.bias
    if rest and rest[0][0] == "add":
        steps = np.rint(rest[0][1].astype(np.float64) / sums.scale)
        bias, rest = bias + steps.astype(np.int64), rest[1:]
    needless = codes.zero_point == codes.lo
    plain = all(name == "maximum" and needless and not value.any() for name, value in rest)
    return bias if len(sums.chains) == 1 and plain else None

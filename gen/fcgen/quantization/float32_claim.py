"""The claim that a runtime in float32 gives a layer's integers: for which layers it is proven."""

from __future__ import annotations

import numpy as np

from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics import scales
from fcgen.numerics.activation_table import INDEX_BITS_MAX
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.requantization import Requantization

FLOAT32_EXACT = 1 << 24
"""Integers up to this magnitude are exact in float32."""


OPERAND_BITS = 8
"""Widest weights and inputs of a layer for which the claim is made."""


def claimable(activations: IntegerFormat, weights: IntegerFormat) -> bool:
    """Return whether the claim may be made for a layer of these inputs and weights.

    For wider ones it is not made, and their constants may be as long as the hardware allows.
    """
    return max(activations.bits, weights.bits) <= OPERAND_BITS


def claims(layer: DenseLayer) -> bool:
    """Return whether a runtime that computes in float32 provably gives this layer's integers.

    Sums below 2^24 are exact in float32. So are their products with multipliers of at most 8 bits,
    wherever the product decides between two outputs of at most 8 bits. A wider index of a table
    needs shorter shifts; the table itself involves no arithmetic.
    """
    scheme = layer.requantization
    if not isinstance(scheme, Requantization) or not claimable(
        layer.activation_format, layer.weight_format
    ):
        return False
    inputs, zero_point = layer.activation_format, layer.input_zero_point
    span = max(inputs.maximum - zero_point, zero_point - inputs.minimum)
    sums = np.abs(layer.weight.astype(np.int64)).sum(axis=1) * span + np.abs(layer.bias)
    symmetric = not scheme.zero_point.any()
    longest = scales.SHIFT_MAX_SIGNED if symmetric else scales.SHIFT_MAX_UNSIGNED
    widest = scales.SHORT_OUTPUT_BITS
    if layer.table is not None:
        longest, widest = scales.index_shift_max(scheme.output), INDEX_BITS_MAX
    return bool(
        sums.max() < FLOAT32_EXACT
        and scheme.output.bits <= widest
        and scheme.multiplier.max() <= scales.MULTIPLIER_MAX
        and scheme.shift.max() <= longest
    )

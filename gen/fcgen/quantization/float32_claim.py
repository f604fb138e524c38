"""Which layers of integers a runtime that computes in float32 must equal."""

from __future__ import annotations

import numpy as np

from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics import scales
from fcgen.numerics.activation_table import INDEX_BITS_MAX
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.requantization import Requantization

FLOAT32_EXACT = 1 << 24
"""Integers up to this one are exact in float32."""


OPERAND_BITS = 8
"""Widest weights and inputs of a layer of which something is claimed."""


def claimable(activations: IntegerFormat, weights: IntegerFormat) -> bool:
    """Say whether something may be claimed of a layer of these inputs and weights.

    Of wider ones nothing is, and their constants may be as long as the hardware has them.
    """
    return max(activations.bits, weights.bits) <= OPERAND_BITS


def claims(layer: DenseLayer) -> bool:
    """Say whether a runtime that computes in float32 gives this layer's integers, by proof.

    Sums below 2^24 are exact there, and so is their product with a multiplier of at most 8 bits
    wherever it can decide between two outputs of at most 8 bits. An index of more bits is claimed
    with shorter shifts; what the table then says needs no computation.
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

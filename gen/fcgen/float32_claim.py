"""Which layers of integers a runtime that computes in float32 must equal."""

from __future__ import annotations

import numpy as np

from fcgen import scales
from fcgen.activation_table import INDEX_BITS_MAX
from fcgen.dense_layer import DenseLayer
from fcgen.requantization import Requantization

FLOAT32_EXACT = 1 << 24
"""Integers up to this one are exact in float32."""


def claims(layer: DenseLayer) -> bool:
    """Say whether a runtime that computes in float32 gives this layer's integers, by proof.

    Sums below 2^24 are exact there, and so is their product with a multiplier of at most 8 bits
    wherever it can decide between two outputs of at most 8 bits. An index of more bits is claimed
    with shorter shifts; what the table then says needs no computation.
    """
    scheme = layer.requantization
    widest = max(layer.weight_format.bits, layer.activation_format.bits)
    if not isinstance(scheme, Requantization) or widest > 8:
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

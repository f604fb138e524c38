"""One layer of real weights to one of integers, between the grids of its inputs and outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics import scales
from fcgen.numerics.fixed import SHIFT_MAX, IntegerFormat
from fcgen.numerics.requantization import Requantization
from fcgen.quantization.activation_grid import Grid
from fcgen.quantization.float32_claim import claimable
from fcgen.quantization.options import SCALES, QuantizeOptions
from fcgen.quantization.table_choice import ChosenTable

if TYPE_CHECKING:
    from fcgen.load.model import FloatLayer


def reachable_grid(
    layer: FloatLayer, before: Grid, after: Grid, weight_format: IntegerFormat
) -> Grid:
    """Return the grid of a layer's outputs, coarser where the sums' steps pass it.

    Parameters
    ----------
    layer : FloatLayer
    before, after : Grid
        Of the inputs, and as the outputs alone would have it.
    weight_format : IntegerFormat
    """
    if layer.activation.kind != "linear":  # a table has an index of its own
        return after
    scale = scales.reachable_scale(
        layer.weight,
        layer.bias,
        weight_format=weight_format,
        activation_scale=before.scale,
        output_scale=after.scale,
    )
    return replace(after, scale=scale)


def quantize_layer(
    layer: FloatLayer,
    before: Grid,
    after: Grid,
    weight_format: IntegerFormat,
    table: ChosenTable | None,
    options: QuantizeOptions,
) -> tuple[DenseLayer, float]:
    """Quantise a layer.

    Parameters
    ----------
    layer : FloatLayer
    before, after : Grid
        Of the inputs and of the outputs.
    weight_format : IntegerFormat
    table : ChosenTable, optional
        Of the activation, where it becomes one.
    options : QuantizeOptions

    Returns
    -------
    DenseLayer
        The layer in integers.
    float
        Root mean square of the weights' rounding, as a part of the root mean square weight.

    Raises
    ------
    InputError
        When no scale of the weights fits these grids.
    """
    lo, hi = after.bounds(layer.activation.lo, layer.activation.hi)
    if table is not None:
        after, lo, hi = table.index, table.index.format.minimum, table.index.format.maximum
    shift_max = None if table is None else scales.index_shift_max(table.index.format)
    if not claimable(before.format, weight_format):
        shift_max = SHIFT_MAX
    multiplier, shift = _factors(layer, before, after, weight_format, shift_max, options)
    scale = np.ldexp(multiplier.astype(np.float64), -shift) * (after.scale / before.scale)
    tensor = scales.quantize_rows(
        layer.weight,
        layer.bias,
        scale,
        weight_format=weight_format,
        activation_scale=before.scale,
    )
    requantization = Requantization.make(
        layer.outputs,
        after.format,
        multiplier=multiplier,
        shift=shift,
        zero_point=after.zero_point,
        lo=lo,
        hi=hi,
    )
    typical = float(np.sqrt(np.mean(np.square(layer.weight))))
    made = DenseLayer(
        name=layer.name,
        input_shape=(layer.inputs,),
        weight=tensor.weight,
        bias=tensor.bias,
        weight_format=weight_format,
        activation_format=before.format,
        input_zero_point=before.zero_point,
        requantization=requantization,
        table=None if table is None else table.table,
    )
    return made, tensor.rms_error / typical if typical else 0.0


def _factors(
    layer: FloatLayer,
    before: Grid,
    after: Grid,
    weight_format: IntegerFormat,
    shift_max: int | None,
    options: QuantizeOptions,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return multiplier and shift of each output."""
    weight, bias = layer.weight, layer.bias
    if not options.per_channel:
        weight = np.broadcast_to(np.abs(weight).max(), (layer.outputs, 1))
        bias = np.broadcast_to(np.abs(bias).max(), (layer.outputs,))
    multiplier, shift = scales.short_factors(
        weight,
        bias,
        weight_format=weight_format,
        activation_scale=before.scale,
        output_scale=after.scale,
        # Counted from a zero point at the end of the range, outputs are all of one sign.
        output=IntegerFormat(after.format.bits, signed=after.zero_point == 0),
        shift_max=shift_max,
    )
    if options.scales == SCALES[0]:
        return multiplier, shift
    bits = np.ceil(np.log2(multiplier)).astype(np.int64)
    return np.left_shift(1, np.maximum(bits - shift, 0)), np.maximum(shift - bits, 0)

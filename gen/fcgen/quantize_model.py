"""From a model of real weights, and data that it will see, to a network of integers.

Activation scales are powers of two. The scale of each weight row is chosen last, so that
``xs·ws/ys`` is exactly ``multiplier / 2^shift`` with few bits (`fcgen.scales`): no constant of the
network is an approximation, and a runtime that computes in float32 gives the same integers wherever
`claims` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen import scales
from fcgen.activation_grid import Grid, choose_grid
from fcgen.activation_table import INDEX_BITS_MAX
from fcgen.dense_layer import DenseLayer
from fcgen.errors import bad_input
from fcgen.fixed import OPERAND_BITS_MAX, IntegerFormat
from fcgen.network import End, Network
from fcgen.real_map import InputGrid, RealMap
from fcgen.requantization import Requantization
from fcgen.table_choice import ChosenTable, output_grid, table_of

if TYPE_CHECKING:
    from fcgen.model import FloatLayer, Model

SCALES = ("short", "power-of-two")
SATURATED_MAX = 0.001
"""Part of a layer's values that may be clipped without a warning."""
FLOAT32_EXACT = 1 << 24
"""Integers up to this one are exact in float32."""


@dataclass(frozen=True)
class QuantizeOptions:
    """Widths and scales.

    Attributes
    ----------
    weight_bits, activation_bits : tuple of int
        One number for all layers, or one for each; a layer's activations are its inputs.
    output_bits : int, optional
        Of the last layer; default as its activations.
    scales : str
        One of `SCALES`: short multipliers, or shifts alone.
    per_channel : bool
        A scale for each output; otherwise one for a layer.
    table_bits : int, optional
        Of the index of activations that are tables; default two more than their outputs have.
    """

    weight_bits: tuple[int, ...] = (8,)
    activation_bits: tuple[int, ...] = (8,)
    output_bits: int | None = None
    scales: str = SCALES[0]
    per_channel: bool = True
    table_bits: int | None = None

    def __post_init__(self) -> None:
        for option, bits, least in (
            ("--weight-bits", self.weight_bits, 2),
            ("--activation-bits", self.activation_bits, 1),
            ("--output-bits", () if self.output_bits is None else (self.output_bits,), 1),
        ):
            for number in bits:
                if not least <= number <= OPERAND_BITS_MAX:
                    rule = f"must be from {least} to {OPERAND_BITS_MAX} bits"
                    raise bad_input(option, number, rule, "choose a width in this range")
        if self.table_bits is not None and not 2 <= self.table_bits <= INDEX_BITS_MAX:
            rule = f"must be from 2 to {INDEX_BITS_MAX} bits"
            raise bad_input("--table-bits", self.table_bits, rule, "choose a width in this range")
        if self.scales not in SCALES:
            rule = f"must be one of {', '.join(SCALES)}"
            raise bad_input("--scales", self.scales, rule, "choose one of these")

    def widths(self, layers: int) -> tuple[list[int], list[int]]:
        """Return the bits of each layer's weights, and of each layer's inputs and the outputs."""
        weights = _for_each("--weight-bits", self.weight_bits, layers)
        activations = _for_each("--activation-bits", self.activation_bits, layers)
        return weights, [*activations, self.output_bits or activations[-1]]


@dataclass(frozen=True)
class LayerReport:
    """What quantisation did to a layer.

    Attributes
    ----------
    name : str
    weight_error : float
        Root mean square of the weights' rounding, as a part of the root mean square weight.
    saturated : float
        Part of the outputs, over the calibration data, that are clipped by the format.
    claimed : bool
        Whether a runtime in float32 must give the same integers.
    table_error : float, optional
        Of an activation that is a table, its largest error in steps of the output.
    """

    name: str
    weight_error: float
    saturated: float
    claimed: bool
    table_error: float | None = None


@dataclass(frozen=True, eq=False)
class Quantization:
    """A network made of a model.

    Attributes
    ----------
    network : Network
    layers : tuple of LayerReport
    scales : tuple of float
        Real value of a step of the inputs and of each layer's outputs.
    zero_points : tuple of int
        Codes of zero of the same.
    index_scales : tuple of (float or None)
        Of each layer's requantized sums, where they are the index of a table.
    input_saturated : float
        Part of the input values, over the calibration data, that are clipped.
    notes : tuple of str
        Lines for people.
    """

    network: Network
    layers: tuple[LayerReport, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    index_scales: tuple[float | None, ...]
    input_saturated: float
    notes: tuple[str, ...]


def quantize(
    model: Model,
    calibration: npt.NDArray[np.floating],
    options: QuantizeOptions | None = None,
    end: End | None = None,
) -> Quantization:
    """Quantise a model.

    Parameters
    ----------
    model : Model
    calibration : ndarray of floats, shape (V, N) or (V, *input_shape)
        Inputs as the network will see them; they decide the range of every activation.
    options : QuantizeOptions, optional
    end : End, optional
        What leaves the network; default all outputs.

    Raises
    ------
    InputError
        For calibration data of another shape or not finite, and for widths that do not work.
    """
    options = options or QuantizeOptions()
    data = _checked(model, calibration)
    weight_bits, activation_bits = options.widths(len(model.layers))
    values = [data, *model.trace(data)]
    forms = [IntegerFormat(bits, signed=True) for bits in activation_bits]
    grids = [choose_grid("input", data, forms[0])]
    grids += [
        output_grid(layer, samples, form)
        for layer, samples, form in zip(model.layers, values[1:], forms[1:], strict=True)
    ]
    formats = [IntegerFormat(bits, signed=True) for bits in weight_bits]
    tables = [
        table_of(
            layer, values[place], grids[place], grids[place + 1], formats[place], options.table_bits
        )
        for place, layer in enumerate(model.layers)
    ]
    made = [
        _layer(layer, grids[place], grids[place + 1], formats[place], tables[place], options)
        for place, layer in enumerate(model.layers)
    ]
    # The first layer takes the shape of the file, which has the same order of features.
    layers = [layer for layer, _ in made]
    layers[0] = replace(layers[0], input_shape=model.input_shape)
    first, last = grids[0], grids[-1]
    network = Network(
        model.name,
        tuple(layers),
        end or End(),
        InputGrid(first.scale, first.zero_point, first.format.minimum, first.format.maximum),
        RealMap.scaled(last.scale, last.zero_point),
    )
    shares = [grid.saturated(found) for grid, found in zip(grids, values, strict=True)]
    reports = tuple(
        LayerReport(
            layer.name,
            error,
            # Within its own range a function loses no more than a step at the end of the codes.
            0.0 if np.isfinite(given.activation.reach).all() and table else share,
            claims(layer),
            None if table is None else table.error,
        )
        for layer, given, (_, error), share, table in zip(
            layers, model.layers, made, shares[1:], tables, strict=True
        )
    )
    steps = tuple(grid.scale for grid in grids)
    index = tuple(None if table is None else table.index.scale for table in tables)
    return Quantization(
        network,
        reports,
        steps,
        tuple(grid.zero_point for grid in grids),
        index,
        shares[0],
        _notes(network, reports, shares),
    )


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


def _for_each(option: str, bits: tuple[int, ...], layers: int) -> list[int]:
    if len(bits) not in (1, layers):
        rule = f"must be one number, or one for each of the {layers} layers"
        raise bad_input(option, ",".join(map(str, bits)), rule, "give as many")
    return list(bits) * (layers // len(bits))


def _checked(model: Model, calibration: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    data = np.asarray(calibration)
    inputs = int(np.prod(model.input_shape))
    if data.dtype.kind not in "fiu" or data.shape[1:] not in ((inputs,), model.input_shape):
        shape = ", ".join(map(str, model.input_shape))
        rule = f"must hold real vectors of shape (V, {shape})"
        found = f"{data.dtype} of shape {data.shape}"
        raise bad_input("--calibration", found, rule, "give inputs as the model takes them")
    if not len(data):
        raise bad_input("--calibration", "0 vectors", "at least one is needed", "give more")
    data = data.reshape(len(data), -1).astype(np.float64)
    if not np.isfinite(data).all():
        raise bad_input("--calibration", "NaN or infinity", "must be finite", "remove them")
    return data


def _layer(
    layer: FloatLayer,
    before: Grid,
    after: Grid,
    weight_format: IntegerFormat,
    table: ChosenTable | None,
    options: QuantizeOptions,
) -> tuple[DenseLayer, float]:
    """Return the layer in integers, and the relative error of its weights."""
    lo, hi = after.bounds(layer.activation.lo, layer.activation.hi)
    if table is not None:
        after, lo, hi = table.index, table.index.format.minimum, table.index.format.maximum
    shift_max = None if table is None else scales.index_shift_max(table.index.format)
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


def _notes(
    network: Network, reports: Sequence[LayerReport], shares: Sequence[float]
) -> tuple[str, ...]:
    notes = [
        f"{name}: {100 * share:.2g} % of the values saturate; widen its activations, or give "
        "calibration data that are like the data to come"
        for name, share in (("input", shares[0]), *((r.name, r.saturated) for r in reports))
        if share > SATURATED_MAX
    ]
    notes += [
        f"{layer.name}: {layer.table.line()}, at most {report.table_error:.2g} output steps off"
        for layer, report in zip(network.layers, reports, strict=True)
        if layer.table is not None
    ]
    notes += [
        f"{report.name}: nothing is claimed of float32 runtimes: its sums may pass 2^24, or its "
        "formats 8 bits"
        for report in reports
        if not report.claimed
    ]
    return tuple(notes)

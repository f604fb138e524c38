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
from fcgen.dense_layer import DenseLayer
from fcgen.errors import bad_input
from fcgen.fixed import OPERAND_BITS_MAX, IntegerFormat
from fcgen.network import End, Network
from fcgen.real_map import InputGrid, RealMap
from fcgen.requantization import Requantization

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
    """

    weight_bits: tuple[int, ...] = (8,)
    activation_bits: tuple[int, ...] = (8,)
    output_bits: int | None = None
    scales: str = SCALES[0]
    per_channel: bool = True

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
    """

    name: str
    weight_error: float
    saturated: float
    claimed: bool


@dataclass(frozen=True, eq=False)
class Quantization:
    """A network made of a model.

    Attributes
    ----------
    network : Network
    layers : tuple of LayerReport
    scales : tuple of float
        Real value of a step of the inputs and of each layer's outputs.
    input_saturated : float
        Part of the input values, over the calibration data, that are clipped.
    notes : tuple of str
        Lines for people.
    """

    network: Network
    layers: tuple[LayerReport, ...]
    scales: tuple[float, ...]
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
    grids = [
        choose_grid(name, samples, IntegerFormat(bits, signed=True), floor, ceiling)
        for name, samples, bits, (floor, ceiling) in zip(
            ("input", *(layer.name for layer in model.layers)),
            values,
            activation_bits,
            ((-np.inf, np.inf), *((a.activation.lo, a.activation.hi) for a in model.layers)),
            strict=True,
        )
    ]
    made = [
        _layer(layer, grids[place], grids[place + 1], weight_bits[place], options)
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
        LayerReport(layer.name, error, share, claims(layer))
        for layer, (_, error), share in zip(layers, made, shares[1:], strict=True)
    )
    steps = tuple(grid.scale for grid in grids)
    return Quantization(network, reports, steps, shares[0], _notes(reports, shares[0]))


def claims(layer: DenseLayer) -> bool:
    """Say whether a runtime that computes in float32 gives this layer's integers, by proof.

    Sums below 2^24 are exact there, and so is their product with a multiplier of at most 8 bits
    wherever it can decide between two outputs of at most 8 bits.
    """
    scheme = layer.requantization
    if scheme is None or max(layer.weight_format.bits, layer.activation_format.bits) > 8:
        return False
    inputs, zero_point = layer.activation_format, layer.input_zero_point
    span = max(inputs.maximum - zero_point, zero_point - inputs.minimum)
    sums = np.abs(layer.weight.astype(np.int64)).sum(axis=1) * span + np.abs(layer.bias)
    symmetric = not scheme.zero_point.any()
    longest = scales.SHIFT_MAX_SIGNED if symmetric else scales.SHIFT_MAX_UNSIGNED
    return bool(
        sums.max() < FLOAT32_EXACT
        and scheme.output.bits <= scales.SHORT_OUTPUT_BITS
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
    layer: FloatLayer, before: Grid, after: Grid, weight_bits: int, options: QuantizeOptions
) -> tuple[DenseLayer, float]:
    """Return the layer in integers, and the relative error of its weights."""
    if layer.activation.kind != "linear":
        rule = "needs a table, which is not supported yet"
        raise bad_input(layer.name, layer.activation.kind, rule, "use ReLU or a clip")
    weight_format = IntegerFormat(weight_bits, signed=True)
    multiplier, shift = _factors(layer, before, after, weight_format, options)
    scale = np.ldexp(multiplier.astype(np.float64), -shift) * (after.scale / before.scale)
    tensor = scales.quantize_rows(
        layer.weight,
        layer.bias,
        scale,
        weight_format=weight_format,
        activation_scale=before.scale,
    )
    lo, hi = after.bounds(layer.activation.lo, layer.activation.hi)
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
    )
    return made, tensor.rms_error / typical if typical else 0.0


def _factors(
    layer: FloatLayer,
    before: Grid,
    after: Grid,
    weight_format: IntegerFormat,
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
    )
    if options.scales == SCALES[0]:
        return multiplier, shift
    bits = np.ceil(np.log2(multiplier)).astype(np.int64)
    return np.left_shift(1, np.maximum(bits - shift, 0)), np.maximum(shift - bits, 0)


def _notes(reports: Sequence[LayerReport], input_saturated: float) -> tuple[str, ...]:
    notes = [
        f"{name}: {100 * share:.2g} % of the values saturate; widen its activations, or give "
        "calibration data that are like the data to come"
        for name, share in (("input", input_saturated), *((r.name, r.saturated) for r in reports))
        if share > SATURATED_MAX
    ]
    notes += [
        f"{report.name}: nothing is claimed of float32 runtimes: its sums may pass 2^24, or its "
        "formats 8 bits"
        for report in reports
        if not report.claimed
    ]
    return tuple(notes)

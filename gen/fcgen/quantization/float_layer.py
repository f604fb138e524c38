"""A layer from float weights: scales chosen, weights rounded, the loss reported."""

from dataclasses import replace

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics import scales
from fcgen.quantization.layer_request import LayerRequest, raw_layer
from fcgen.quantization.requantization_choice import make_requantization, note_saturation, room


def layer_from_floats(request: LayerRequest, values: RawWeights) -> DenseLayer:
    """Choose scales and round; what was chosen and lost goes to the notes of the request.

    Raises
    ------
    InputError
        Where float weights cannot be quantised with these options.
    """
    assert values.weight is not None
    assert values.bias is not None
    _check_floats(request, values)
    xs = request.activation_scale or scales.default_activation_scale(request.activation_format)
    if request.raw:
        return _raw_from_floats(request, values.weight, values.bias, xs)
    ys = request.output_scale or _fitting_scale(request, values, xs)
    multiplier, shift = scales.short_factors(
        values.weight,
        values.bias,
        weight_format=request.weight_format,
        activation_scale=xs,
        output_scale=ys,
        output=request.output_format,
    )
    scale = np.ldexp(multiplier.astype(np.float64), -shift) * (ys / xs)
    layer = _quantized(request, values.weight, values.bias, scale, xs)
    request.notes.append(f"scales: activations {xs:.6g}, outputs {ys:.6g}")
    request.notes.append(
        f"requantization: multipliers {multiplier.min()} to {multiplier.max()}, "
        f"shifts {shift.min()} to {shift.max()}"
    )
    requantization = make_requantization(request, values, multiplier=multiplier, shift=shift)
    note_saturation(request, requantization, replace(layer, runtime_weights=False).reach)
    return replace(layer, requantization=requantization)


def _check_floats(request: LayerRequest, values: RawWeights) -> None:
    assert values.weight is not None
    assert values.bias is not None
    if request.weight_format.bits == 1:
        rule = "float weights need at least 2 bits"
        raise bad_input("--weight-bits", 1, rule, "raise it or give integer codes")
    for key in ("multiplier", "offset", "shift"):
        if getattr(values, key) is not None:
            rule = "is chosen when float weights are quantized"
            raise bad_input(values.source, key, rule, "remove it or give integer codes")
    if not request.weight_format.signed and values.weight.min() < 0:
        where = tuple(int(i) for i in np.argwhere(values.weight < 0)[0])
        found = f"{values.weight[where]:.6g} at {where}"
        rule = "must not be negative with --unsigned-weights"
        raise bad_input(values.subject("weight"), found, rule, "drop the option")
    for key in ("weight", "bias"):
        largest = float(np.abs(getattr(values, key)).max())
        if largest > scales.SCALE_MAX or 0 < largest < 1 / scales.SCALE_MAX:
            rule = "the largest magnitude must be from 2**-100 to 2**100"
            raise bad_input(values.subject(key), f"{largest:.6g}", rule, "rescale the values")


def _fitting_scale(request: LayerRequest, values: RawWeights, activation_scale: float) -> float:
    """Smallest power of two with which no real result passes the output type."""
    assert values.weight is not None
    assert values.bias is not None
    activations, zero_point = request.activation_format, request.input_zero_point
    span = max(activations.maximum - zero_point, zero_point - activations.minimum)
    reach = activation_scale * span * np.abs(values.weight).sum(axis=1) + np.abs(values.bias)
    needed = float(np.max(reach / np.maximum(room(request, values), 1)))
    return scales.reachable_scale(
        values.weight,
        values.bias,
        weight_format=request.weight_format,
        activation_scale=activation_scale,
        output_scale=scales.power_of_two_above(needed),
    )


def _raw_from_floats(
    request: LayerRequest, weight: np.ndarray, bias: np.ndarray, activation_scale: float
) -> DenseLayer:
    """Quantise with one scale for the tensor, so that raw outputs can be compared."""
    highest = request.weight_format.maximum
    scale = float(np.abs(weight).max()) / highest or 1.0
    every = np.full(request.outputs, scale)
    layer = _quantized(request, weight, bias, every, activation_scale)
    request.notes.append(
        f"scales: activations {activation_scale:.6g}, outputs {activation_scale * scale:.6g}"
    )
    return layer


def _quantized(
    request: LayerRequest, weight: np.ndarray, bias: np.ndarray, scale: np.ndarray, xs: float
) -> DenseLayer:
    tensor = scales.quantize_rows(
        weight, bias, scale, weight_format=request.weight_format, activation_scale=xs
    )
    largest = float(np.abs(weight).max())
    share = f" ({100 * tensor.largest_error / largest:.3g} % of the largest)" if largest else ""
    request.notes.append(
        f"weights: quantized to {request.weight_format.name}, largest error "
        f"{tensor.largest_error:.3g}{share}, rms error {tensor.rms_error:.3g}"
    )
    return raw_layer(request, tensor.weight, tensor.bias)

"""A quantised layer from options and weights: integers are its codes, floats are rounded."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fcgen.errors import bad_input, located
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import CONSTANTS, DenseLayer
from fcgen.numerics import scales
from fcgen.numerics.fixed import ROUNDINGS, SATURATIONS, IntegerFormat
from fcgen.quantization.layer_request import (
    LayerRequest,
    check_codes,
    check_request,
    gather_weights,
    raw_layer,
)
from fcgen.quantization.requantization_choice import (
    fitting_factors,
    given_factors,
    make_requantization,
    note_saturation,
    room,
)


def make_layer(
    shape: tuple[int, ...],
    outputs: int,
    *,
    weight_format: IntegerFormat,
    activation_format: IntegerFormat,
    output_format: IntegerFormat,
    weights: Path | RawWeights | None = None,
    bias: Path | RawWeights | None = None,
    input_zero_point: int = 0,
    rounding: str | None = None,
    saturation: str | None = None,
    relu: bool = False,
    raw: bool = False,
    activation_scale: float | None = None,
    output_scale: float | None = None,
    runtime_weights: bool = False,
    seed: int = 0,
    name: str = "layer",
) -> tuple[DenseLayer, tuple[str, ...]]:
    """Make a quantised layer.

    Parameters
    ----------
    shape
        Shape of the inputs, (N,) or (C, H, W).
    outputs
        Number of outputs M.
    weight_format, activation_format, output_format
        Integer types; the last one has no effect with ``raw``.
    weights, bias
        A file, or arrays; seeded random codes without weights. Integers are codes and are used
        as they are, floats are quantised.
    input_zero_point
        Code of a real zero input.
    rounding, saturation
        None: what the weight file says, otherwise ``half_even`` and ``saturate``.
    relu
        Clip below at the zero point of the outputs.
    raw
        End in accumulators, without requantization.
    activation_scale, output_scale
        Real value of one step, for float weights; None chooses.
    runtime_weights
        All trainable values can be written at run time.
    seed
        Seed of the random weights.
    name
        Name of the layer.

    Returns
    -------
    DenseLayer
        The layer.
    tuple of str
        Printed lines: what was chosen, what was lost, which options had no effect.

    Raises
    ------
    InputError
        One line for whatever is wrong with an option or a file.
    """
    request = LayerRequest(
        tuple(shape),
        outputs,
        weight_format,
        activation_format,
        output_format,
        input_zero_point,
        rounding,
        saturation,
        relu,
        raw,
        activation_scale,
        output_scale,
        runtime_weights,
        seed,
        name,
    )
    check_request(request)
    values = gather_weights(request, weights, bias)
    request = _settle(request, values)
    with located(values.source, values.bias_source):
        make = _from_floats if _is_float(values) else _from_codes
        layer = make(request, values)
    return layer, tuple(request.notes)


def _settle(request: LayerRequest, values: RawWeights) -> LayerRequest:
    """Choose rounding and saturation from options and file, and note options without effect."""
    if request.raw:
        for key in (*CONSTANTS, "rounding", "saturation"):
            if getattr(values, key) is not None:
                request.notes.append(f"{values.subject(key)} has no effect with --raw")
        for key in ("rounding", "saturation", "output_scale"):
            if getattr(request, key) is not None:
                request.notes.append(f"--{key.replace('_', '-')} has no effect with --raw")
    if not _is_float(values):
        for key in ("activation_scale", "output_scale"):
            if getattr(request, key) is not None and not (request.raw and key == "output_scale"):
                option = key.replace("_", "-")
                request.notes.append(f"--{option} has no effect on integer weights")
    return replace(
        request,
        rounding=_settled(request, values, "rounding"),
        saturation=_settled(request, values, "saturation"),
    )


def _settled(request: LayerRequest, values: RawWeights, key: str) -> str:
    option, found = getattr(request, key), getattr(values, key)
    if None not in (option, found) and option != found and not request.raw:
        rule = f"{values.source} says {found}"
        raise bad_input(f"--{key}", option, rule, "leave the option out or change the file")
    chosen: str = option or found or (ROUNDINGS if key == "rounding" else SATURATIONS)[0]
    return chosen


def _is_float(values: RawWeights) -> bool:
    return values.weight is not None and values.weight.dtype.kind == "f"


def _from_codes(request: LayerRequest, values: RawWeights) -> DenseLayer:
    """Take integer weights as they are, with the constants of the file or ones that fit."""
    check_codes(values, request.weight_format)
    layer = raw_layer(request, values.weight, values.bias)
    if request.raw:
        return layer
    # The shift follows these weights also where others can be written later.
    reach = replace(layer, runtime_weights=False).reach
    factors = given_factors(request, values) or fitting_factors(request, values, reach)
    requantization = make_requantization(request, values, **factors)
    note_saturation(request, requantization, reach)
    return replace(layer, requantization=requantization)


def _from_floats(request: LayerRequest, values: RawWeights) -> DenseLayer:
    """Choose scales and round the weights; note the choice and the loss in the request."""
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
    """Return the smallest power of two with which no real result exceeds the output type."""
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
    """Quantise with one scale for the whole tensor, so that raw outputs are comparable."""
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

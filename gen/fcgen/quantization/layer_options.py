"""From weights as they came and the options of a layer to the quantised layer."""

from dataclasses import replace
from pathlib import Path

from fcgen.errors import bad_input, located
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import CONSTANTS, DenseLayer
from fcgen.numerics.fixed import ROUNDINGS, SATURATIONS, IntegerFormat
from fcgen.quantization.float_layer import layer_from_floats
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
        (N,) or (C, H, W) of the inputs.
    outputs
        M.
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
        All trainable values can be written on the chip.
    seed
        Of the random weights.
    name
        Name of the layer.

    Returns
    -------
    DenseLayer
        The layer.
    tuple of str
        Lines for people: what was chosen, what was lost, what had no effect.

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
        make = layer_from_floats if _is_float(values) else _from_codes
        layer = make(request, values)
    return layer, tuple(request.notes)


def _settle(request: LayerRequest, values: RawWeights) -> LayerRequest:
    """Settle rounding and saturation between options and file, and say what has no effect."""
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

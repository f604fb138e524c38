"""From weights as they came and the options of a layer to the quantised layer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.dense_layer import CONSTANTS, DenseLayer, Requantization, ThresholdList
from fcgen.errors import bad_input, located
from fcgen.fixed import ROUNDINGS, SATURATIONS, IntegerFormat
from fcgen.layer_request import BIAS_FORMAT, LayerRequest, check_codes, check_request, raw_layer
from fcgen.load.raw_weights import RawWeights, Wanted
from fcgen.load.weight_file import read_bias, read_weights
from fcgen.quantize_floats import layer_from_floats
from fcgen.requantization_choice import (
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
    values = _gather(request, weights, bias)
    request = _settle(request, values)
    with located(values.source, values.bias_source):
        make = layer_from_floats if _is_float(values) else _from_codes
        layer = make(request, values)
    return layer, tuple(request.notes)


def replace_parameters(
    layer: DenseLayer, weights: Path | RawWeights
) -> tuple[DenseLayer, tuple[str, ...]]:
    """Give the layer other trainable values, as they are loaded into a design at run time.

    Entries are integer codes, used as they are; what is not given keeps its value. Only the lower
    bounds of a ReLU, which stand at the zero points, follow new zero points given without ``lo``.

    Returns
    -------
    DenseLayer
        The layer with the new values; its structure is the same.
    tuple of str
        Lines for people: what became of a ReLU.

    Raises
    ------
    InputError
        When the layer has no run-time weights, or a value is not legal for its structure.
    """
    if isinstance(weights, Path):
        weights = read_weights(weights, layer.input_shape, layer.outputs, layer.weight_format)
    values = weights.conform(Wanted(layer.input_shape, layer.outputs))
    if not layer.runtime_weights:
        rule = "the weights of this design are fixed"
        raise bad_input("--load-weights", values.source, rule, "make it with --runtime-weights")
    if not values.given():
        raise bad_input(values.source, "no entry", "holds no values", "give weight or bias")
    for key in ("weight", "bias"):
        array = getattr(values, key)
        if array is not None and array.dtype.kind == "f":
            rule = "must hold integer codes to be loaded into a design"
            raise bad_input(values.subject(key), f"dtype {array.dtype}", rule, "quantize it first")
    check_codes(values, layer.weight_format)
    notes: list[str] = []
    with located(values.source):
        changed = replace(
            layer,
            weight=layer.weight if values.weight is None else values.weight,
            bias=layer.bias if values.bias is None else values.bias,
            requantization=_replaced_constants(layer, values, notes),
        )
    return changed, tuple(notes)


def _replaced_constants(
    layer: DenseLayer, values: RawWeights, notes: list[str]
) -> Requantization | ThresholdList | None:
    given = [key for key in values.given() if key not in ("weight", "bias")]
    if layer.requantization is None:
        if given:
            rule = "a layer that ends in raw accumulators has none"
            raise bad_input(values.source, given[0], rule, "remove the entry")
        return None
    if isinstance(layer.requantization, ThresholdList):
        if given:
            rule = "a layer that ends in thresholds has none"
            raise bad_input(values.source, given[0], rule, "remove the entry")
        return layer.requantization
    for key in ("rounding", "saturation"):
        found, fixed = getattr(values, key), getattr(layer.requantization, key)
        if found not in (None, fixed):
            rule = f"the design was made with {fixed}"
            raise bad_input(values.subject(key), found, rule, "make a new design")
    changed: dict[str, Any] = {
        key: np.broadcast_to(getattr(values, key), (layer.outputs,))
        for key in given
        if key in CONSTANTS
    }
    _keep_relu(layer.requantization, values, changed, notes)
    return replace(layer.requantization, **changed)


def _keep_relu(
    present: Requantization, values: RawWeights, changed: dict[str, Any], notes: list[str]
) -> None:
    """Let the lower bounds of a ReLU follow the zero points, and say what becomes of it.

    A design does not say whether it was made with ReLU: its lower bounds do, where they stand at
    the zero points and not at the end of the type, which is where they stand without one.
    """
    if present.saturation != "saturate" or (present.lo != present.zero_point).any():
        return
    zero_point = changed.get("zero_point", present.zero_point)
    if (present.lo == present.output.minimum).all():
        if "lo" not in changed and (zero_point > present.lo).any():
            notes.append(
                f"{values.subject('zero_point')}: lo stays {present.output.minimum}, the end of "
                f"{present.output.name}; give lo too where the layer ends in ReLU"
            )
    elif "lo" not in changed:
        changed["lo"] = zero_point
        if (zero_point != present.zero_point).any():
            notes.append(
                f"{values.subject('zero_point')}: lo becomes zero_point, as the ReLU of this "
                "design had it; give lo for other bounds"
            )
    elif (changed["lo"] < zero_point).any():
        notes.append(
            f"{values.subject('lo')}: is used as given, below zero_point: the ReLU of this "
            "design ends"
        )


def _gather(
    request: LayerRequest, weights: Path | RawWeights | None, bias: Path | RawWeights | None
) -> RawWeights:
    """Bring weights and bias together, conforming to the layer; random where there are none."""
    if isinstance(weights, Path):
        weights = read_weights(weights, request.shape, request.outputs, request.weight_format)
    if isinstance(bias, Path):
        bias = read_bias(bias, request.outputs)
    values = RawWeights() if weights is None else weights
    if bias is not None and bias.bias is not None:
        if values.bias is not None:
            rule = f"{values.source} holds a bias too"
            raise bad_input("--bias", bias.source, rule, "leave one of the two out")
        values = replace(values, bias=bias.bias, bias_source=bias.source)
    values = values.conform(Wanted(request.shape, request.outputs))
    if values.weight is not None:
        return _with_bias(request, values)
    if weights is not None:
        raise bad_input(values.source, "weight", "is missing", "save an entry of this name")
    return _random(request, values)


def _with_bias(request: LayerRequest, values: RawWeights) -> RawWeights:
    assert values.weight is not None
    if values.bias is None:
        request.notes.append("bias: none given, zeros")
        return replace(values, bias=np.zeros(request.outputs, values.weight.dtype))
    if (values.bias.dtype.kind == "f") != (values.weight.dtype.kind == "f"):
        rule = f"the weights are {values.weight.dtype}"
        found = f"dtype {values.bias.dtype}"
        raise bad_input(values.subject("bias"), found, rule, "give both as codes or both as floats")
    return values


def _random(request: LayerRequest, values: RawWeights) -> RawWeights:
    """Fill in random codes: the whole range of weights, biases as large as typical sums."""
    if values.bias is not None and values.bias.dtype.kind == "f":
        rule = "there are no weights that it could belong to"
        found = f"dtype {values.bias.dtype}"
        raise bad_input(values.subject("bias"), found, rule, "give --weights too")
    generator = np.random.default_rng(request.seed)
    weights = request.weight_format
    inputs = Wanted(request.shape, request.outputs).inputs
    codes = generator.integers(
        weights.minimum, weights.maximum, (request.outputs, inputs), weights.dtype, endpoint=True
    )
    typical = int(inputs**0.5) * weights.magnitude * request.activation_format.magnitude
    bound = min(typical, BIAS_FORMAT.maximum // 2)
    bias = generator.integers(-bound, bound, request.outputs, np.int64, endpoint=True)
    if request.runtime_weights:
        bias = _foldable(bias, request.input_zero_point * codes.sum(axis=1, dtype=np.int64))
    request.notes.append(
        f"weights: seeded random {weights.name} (seed {request.seed}); "
        "give --weights FILE for trained ones"
    )
    return replace(values, weight=codes, bias=bias if values.bias is None else values.bias)


def _foldable(bias: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """Bring random biases as near to what is folded into them as the hardware's 32 bits need."""
    low, high = BIAS_FORMAT.minimum, BIAS_FORMAT.maximum
    near: np.ndarray = np.clip(bias, folded + low, folded + high).clip(low, high)
    return near


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

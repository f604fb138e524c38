"""The request for a layer: its options, checked, and the weights and biases that go with them."""

from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.weight_file import read_bias, read_weights
from fcgen.load.memory_need import LAYER_BYTES, check_memory
from fcgen.network.dense_layer import DenseLayer, check_sizes
from fcgen.numerics.fixed import BIAS_BITS, ROUNDINGS, SATURATIONS, IntegerFormat
from fcgen.numerics.scales import SCALE_MAX

BIAS_FORMAT = IntegerFormat(BIAS_BITS, signed=True)


@dataclass(frozen=True)
class LayerRequest:
    """The options of a layer, and notes for the user; see `fcgen.quantization.layer_options`."""

    shape: tuple[int, ...]
    outputs: int
    weight_format: IntegerFormat
    activation_format: IntegerFormat
    output_format: IntegerFormat
    input_zero_point: int
    rounding: str | None
    saturation: str | None
    relu: bool
    raw: bool
    activation_scale: float | None
    output_scale: float | None
    runtime_weights: bool
    seed: int
    name: str
    notes: list[str] = field(default_factory=list)


def check_request(request: LayerRequest) -> None:
    """Check sizes, names and combinations, before any weights; InputError names the option."""
    check_sizes(request.shape, request.outputs)
    check_memory("layer", prod(request.shape) * request.outputs, LAYER_BYTES)
    if not request.activation_format.contains(request.input_zero_point):
        low, high = request.activation_format.minimum, request.activation_format.maximum
        rule = f"must be an activation, from {low} to {high}"
        raise bad_input("--input-zero-point", request.input_zero_point, rule, "choose another")
    for option, value, choices in (
        ("--rounding", request.rounding, ROUNDINGS),
        ("--saturation", request.saturation, SATURATIONS),
    ):
        if value is not None and value not in choices:
            rule = f"must be one of {', '.join(choices)}"
            raise bad_input(option, value, rule, "choose one of these")
    if request.relu and request.raw:
        rule = "raw accumulators have no bounds"
        raise bad_input("--relu", "with --raw", rule, "leave one of the two out")
    for option, scale in (
        ("--activation-scale", request.activation_scale),
        ("--output-scale", request.output_scale),
    ):
        if scale is not None and not 1 / SCALE_MAX <= scale <= SCALE_MAX:
            rule = "must be positive, from 2**-100 to 2**100"
            raise bad_input(option, scale, rule, "give the real value of one step")


def check_codes(values: RawWeights, weight_format: IntegerFormat) -> None:
    """Check that integer weights and biases are in range; InputError names the first outside."""
    for key, allowed in (("weight", weight_format), ("bias", BIAS_FORMAT)):
        codes = getattr(values, key)
        if codes is None or allowed.contains(codes):
            continue
        where = tuple(
            int(i) for i in np.argwhere((codes < allowed.minimum) | (codes > allowed.maximum))[0]
        )
        rule = f"is outside of {allowed.name} ({allowed.minimum} to {allowed.maximum})"
        remedy = "choose a wider format or other codes" if key == "weight" else "use smaller ones"
        raise bad_input(values.subject(key), f"{codes[where]} at {where}", rule, remedy)


def raw_layer(request: LayerRequest, weight: Any, bias: Any) -> DenseLayer:
    """Make the layer that ends in accumulators, from integer codes (M, N) and (M,)."""
    return DenseLayer(
        name=request.name,
        input_shape=request.shape,
        weight=weight,
        bias=bias,
        weight_format=request.weight_format,
        activation_format=request.activation_format,
        input_zero_point=request.input_zero_point,
        runtime_weights=request.runtime_weights,
    )


def gather_weights(
    request: LayerRequest, weights: Path | RawWeights | None, bias: Path | RawWeights | None
) -> RawWeights:
    """Return weights and bias in the shapes of the layer, seeded random ones if none are given.

    Parameters
    ----------
    request : LayerRequest
        What is filled in is added to its notes.
    weights, bias : Path or RawWeights, optional
        A file, or arrays.

    Raises
    ------
    InputError
        For a file that cannot be read, and where the two do not go together.
    """
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
    """Fill in random codes: weights over their whole range, biases as large as typical sums."""
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
    """Clip random biases so that, with the input zero point folded in, they fit 32 bits."""
    low, high = BIAS_FORMAT.minimum, BIAS_FORMAT.maximum
    near: np.ndarray = np.clip(bias, folded + low, folded + high).clip(low, high)
    return near

"""The options of a layer, checked, and the layer without requantization that they make."""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.load.memory_need import LAYER_BYTES, check_memory
from fcgen.network.dense_layer import DenseLayer, check_sizes
from fcgen.numerics.fixed import BIAS_BITS, ROUNDINGS, SATURATIONS, IntegerFormat
from fcgen.numerics.scales import SCALE_MAX

BIAS_FORMAT = IntegerFormat(BIAS_BITS, signed=True)


@dataclass(frozen=True)
class LayerRequest:
    """The options of a layer."""

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
    """Check what needs no weights: sizes, names, combinations; InputError names the option."""
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
    """Make the layer that ends in accumulators, of integer codes (M, N) and (M,)."""
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

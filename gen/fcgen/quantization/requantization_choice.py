"""Requantization constants of integer weights: those of the file, or ones that fit."""

from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import Requantization
from fcgen.numerics.fixed import ROUNDINGS, SATURATIONS, SHIFT_MAX
from fcgen.quantization.layer_request import LayerRequest


def given_factors(request: LayerRequest, values: RawWeights) -> dict[str, Any] | None:
    """Return multiplier and shift of the file; if it has only one, the other is neutral."""
    if values.multiplier is None and values.shift is None:
        return None
    multiplier, shift = values.multiplier, values.shift
    if multiplier is None:
        request.notes.append("requantization: no multiplier given, 1")
        multiplier = np.array(1)
    if shift is None:
        request.notes.append("requantization: no shift given, 0")
        shift = np.array(0)
    return {"multiplier": multiplier, "shift": shift}


def fitting_factors(request: LayerRequest, values: RawWeights, reach: np.ndarray) -> dict[str, Any]:
    """Return multiplier 1 and the smallest shift, one for the layer, with which all outputs fit."""
    limits = np.broadcast_to(room(request, values), reach.shape)
    largest = {int(limit): int(reach[limits == limit].max()) for limit in np.unique(limits)}
    shift = 0
    while shift < SHIFT_MAX and not all(
        _rounded(most, shift) <= limit for limit, most in largest.items()
    ):
        shift += 1
    request.notes.append(
        f"requantization: multiplier 1, shift {shift}: accumulators up to {int(reach.max())} "
        f"into {request.output_format.name}"
    )
    return {"multiplier": 1, "shift": shift}


def _rounded(value: int, shift: int) -> int:
    """Round half up: no other rounding gives more for a positive value."""
    return (value + ((1 << shift) >> 1)) >> shift


def room(request: LayerRequest, values: RawWeights) -> np.ndarray:
    """Return the codes from the zero point to the nearer end of the output type, scalar or (M,).

    The lower end counts unless the zero point is on it or a ReLU clips there; the upper end counts
    unless the zero point is on it.
    """
    zero_point = np.asarray(0 if values.zero_point is None else values.zero_point, np.int64)
    output = request.output_format
    if not (output.contains(zero_point)):
        rule = f"must be from {output.minimum} to {output.maximum}"
        raise bad_input("zero_point", zero_point.flat[0], rule, "choose values in this range")
    above, below = output.maximum - zero_point, zero_point - output.minimum
    if request.relu:
        return np.asarray(above)
    return np.where((above > 0) & (below > 0), np.minimum(above, below), np.maximum(above, below))


def make_requantization(
    request: LayerRequest, values: RawWeights, **factors: Any
) -> Requantization:
    """Make the requantization of ``factors`` (multiplier, shift) and the file's other constants."""
    saturation = request.saturation or SATURATIONS[0]
    if saturation == "wrap":
        bounds = [key for key in ("lo", "hi") if getattr(values, key) is not None]
        if bounds or request.relu:
            found = f"wrap with {bounds[0] if bounds else '--relu'}"
            rule = "values that wrap have no bounds"
            raise bad_input("--saturation", found, rule, "use saturate or drop the bound")
    constants = {key: getattr(values, key) for key in ("offset", "zero_point", "lo", "hi")}
    given = {key: value for key, value in constants.items() if value is not None}
    if request.relu:
        zero_point = given.get("zero_point", 0)
        given["lo"] = np.maximum(given.get("lo", zero_point), zero_point)
    return Requantization.make(
        request.outputs,
        request.output_format,
        **factors,
        **given,
        rounding=request.rounding or ROUNDINGS[0],
        saturation=saturation,
    )


def note_saturation(
    request: LayerRequest, requantization: Requantization, reach: np.ndarray
) -> None:
    """Note how many outputs can exceed the range, by the bound of their accumulators."""
    columns = zip(
        reach.tolist(),
        *(getattr(requantization, key).tolist() for key in ("multiplier", "offset", "shift")),
        (requantization.output.maximum - requantization.zero_point).tolist(),
        strict=True,
    )
    beyond = sum(
        _rounded(most * abs(multiplier) + abs(offset), shift) > room
        for most, multiplier, offset, shift, room in columns
    )
    if beyond:
        verb = "wraps" if requantization.saturation == "wrap" else "saturates"
        request.notes.append(
            f"requantization: {beyond} of {request.outputs} outputs can pass "
            f"{requantization.output.name}, which {verb}"
        )
    if (
        not requantization.output.signed
        and not request.relu
        and not requantization.zero_point.any()
    ):
        request.notes.append("requantization: negative results become 0, outputs are unsigned")

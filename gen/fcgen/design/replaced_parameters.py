"""Other trainable values for a layer, as they are loaded into a design at run time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import bad_input, located
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.weight_file import read_weights
from fcgen.network.dense_layer import CONSTANTS, DenseLayer, Requantization, ThresholdList
from fcgen.quantization.layer_request import check_codes


def replace_parameters(
    layer: DenseLayer, weights: Path | RawWeights
) -> tuple[DenseLayer, tuple[str, ...]]:
    """Give the layer other trainable values, as they are loaded into a design at run time.

    Entries are integer codes, used as they are; what is not given keeps its value. Only the lower
    bounds of a ReLU, which stand at the zero points, follow new zero points given without ``lo``.

    Parameters
    ----------
    layer : DenseLayer
        With run-time weights.
    weights : Path or RawWeights
        A file, or arrays.

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

"""Other trainable values for a design with run-time weights, as ``--load-weights`` reads them.

`load_parameters` reads a file for a network, `replace_parameters` checks the values for one layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import InputError, bad_input, located
from fcgen.load.arrays.array_file import read_npz_layers
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.weight_file import read_weights
from fcgen.load.network_file import read_network
from fcgen.network.dense_layer import CONSTANTS, DenseLayer, Requantization, ThresholdList
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.quantization.layer_request import check_codes

REFERENCE = "reference.json"
OPTION = "--load-weights"


def load_parameters(network: Network, path: Path) -> tuple[Network, tuple[str, ...]]:
    """Read other trainable values for a network, or for the layer that it is.

    Parameters
    ----------
    network : Network
        Of the design.
    path : Path
        Another network of the same structure: an output directory, its ``reference.json``, or what
        `fcgen quantize` wrote. Or an ``.npz`` of integer codes, ``LAYER.weight``, ``LAYER.bias``,
        ``LAYER.multiplier`` and so on; what is not there keeps its value. For a layer that stands
        alone, the files that `replace_parameters` takes.

    Returns
    -------
    Network
        With the design's end and structure, and the new values.
    tuple of str
        Lines for people.

    Raises
    ------
    InputError
        When the weights of the design are fixed, the file cannot be read, or its structure is
        another one.
    """
    if not network.runtime_weights:
        rule = "the weights of this design are fixed"
        raise bad_input(OPTION, path, rule, "make it with --runtime-weights")
    if path.is_dir() or path.suffix.lower() == ".json":
        return _other_network(network, path / REFERENCE if path.is_dir() else path)
    if network.layer is not None:
        layer, notes = replace_parameters(network.layer, path)
        return Network.single(layer), notes
    if path.suffix.lower() != ".npz":
        rule = "is not a network: a directory of fcgen, a .json of a network, or .npz"
        raise bad_input(OPTION, path, rule, "give one of these")
    return _named_tensors(network, path)


def check_structure(network: Network, other: Network, source: object) -> None:
    """Check that a design of ``network`` can compute ``other``.

    Raises
    ------
    InputError
        With the first thing that differs.
    """
    if network.structure_hash == other.structure_hash:
        return
    remedy = "quantize with the same widths, or compile this network"
    found, wanted = len(other.layers), len(network.layers)
    if found != wanted:
        raise bad_input(
            f"{OPTION}: {source}", f"{found} layers", f"the design has {wanted}", remedy
        )
    for ours, theirs in zip(network.layers, other.layers, strict=True):
        for name, value, mine in _differences(ours.structure(), theirs.structure()):
            subject = f"{OPTION}: {source}: {theirs.name}: {name}"
            raise bad_input(subject, value, f"the design has {mine}", remedy)
    if network.softmax is not None and other.softmax is not None:
        scale, own = (float(one.scale) for one in (other.softmax, network.softmax))
        rule = f"the softmax of the design has {own:g}"
        raise bad_input(f"{OPTION}: {source}: scale of the outputs", f"{scale:g}", rule, remedy)
    raise bad_input(f"{OPTION}: {source}", "structure", "the design has another one", remedy)


def _differences(
    ours: dict[str, Any], theirs: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each field that differs, its value and the design's."""
    for name in sorted(ours.keys() | theirs.keys()):
        mine, value = ours.get(name), theirs.get(name)
        if isinstance(mine, dict) and isinstance(value, dict):
            yield from _differences(mine, value, f"{prefix}{name}.")
        elif mine != value:
            found, wanted = (
                "none" if x is None else "one" if isinstance(x, dict) else x for x in (value, mine)
            )
            yield prefix + name, found, wanted


def _other_network(network: Network, path: Path) -> tuple[Network, tuple[str, ...]]:
    """Return the values of a whole network, with the end of the design's network."""
    read = read_network(path)
    other = replace(read.writable(), end=network.end)
    check_structure(network, other, path)
    if network.layer is not None:
        return Network.single(other.layers[0]), ()
    notes = []
    ours, theirs = (one.input and one.input.as_fields() for one in (network, other))
    if theirs != ours:
        notes.append(
            f"{path}: has another grid of real inputs: a board uses it, `fcgen simulate` that of "
            "the design"
        )
    return other, tuple(notes)


def _named_tensors(network: Network, path: Path) -> tuple[Network, tuple[str, ...]]:
    """Return the network with the tensors of an archive, which name their layers."""
    names = instance_names(network)
    shapes = {
        name: (layer.input_shape, layer.outputs)
        for name, layer in zip(names, network.layers, strict=True)
    }
    found = read_npz_layers(path, shapes)
    layers: list[DenseLayer] = []
    notes: list[str] = []
    for name, layer in zip(names, network.layers, strict=True):
        if name not in found:
            layers.append(layer)
            continue
        try:
            changed, lines = replace_parameters(layer, found[name])
        except InputError as error:
            raise _with_option(error) from None
        layers.append(changed)
        notes += [f"{name}: {line}" for line in lines]
    return replace(network, layers=tuple(layers)), tuple(notes)


def _with_option(error: InputError) -> InputError:
    """Put the option in front: the file alone does not say what it was given for."""
    line = str(error)
    return error if line.startswith(OPTION) else InputError(f"{OPTION}: {line}")


def replace_parameters(
    layer: DenseLayer, weights: Path | RawWeights
) -> tuple[DenseLayer, tuple[str, ...]]:
    """Return the layer with other trainable values.

    Entries are integer codes and are used as they are; an entry that is missing keeps its value.
    One exception: the lower bounds of a ReLU equal the zero points, and follow new zero points that
    are given without ``lo``.

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
    """Let the lower bounds of a ReLU follow the zero points, and note what becomes of the ReLU.

    A design does not record whether it was made with ReLU. Its lower bounds tell: with a ReLU they
    equal the zero points, without one the least value of the type.
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

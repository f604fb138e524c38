"""What ``--load-weights`` reads: other trainable values for a design with run-time weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fcgen.design.replaced_parameters import replace_parameters
from fcgen.errors import InputError, bad_input
from fcgen.load.arrays.array_file import read_npz_layers
from fcgen.load.network_file import read_network
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network

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
        ``LAYER.multiplier`` and so on; what is not there keeps its value. Of a layer that stands
        alone the files of `fcgen.design.replaced_parameters.replace_parameters`.

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
    """Return a whole network's values; what leaves it is what the design lets leave."""
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
    """Put the option in front, as the file alone does not say what it was meant for."""
    text = str(error)
    return error if text.startswith(OPTION) else InputError(f"{OPTION}: {text}")

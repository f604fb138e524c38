"""Models in ``.safetensors`` or ``.npz``, with a JSON file beside them that lists their layers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.load.model import Activation, Model, NodeReport
from fcgen.load.model_file import content
from fcgen.load.nodes import RELU, RELU6, Dense, Ending, Node, Operation, fold
from fcgen.load.tensors.npz import NpzTensors
from fcgen.load.tensors.proposal import FORMAT, LAYOUTS, proposal
from fcgen.load.tensors.safetensors import SafeTensors
from fcgen.network.tail import TAILS

WORDS: dict[str, Operation] = {
    "linear": None,
    "relu": RELU,
    "relu6": RELU6,
    "sigmoid": Activation("sigmoid"),
    "tanh": Activation("tanh"),
}
NUMBERS = {"leaky_relu": ("slope",), "clip": ("lo", "hi")}
"""Numbers in the object of an activation, by its kind."""
MODEL_KEYS = ("format", "input_shape", "layers", "tail", "ignore")
NAMED_MAX = 5
"""Most tensors that a message names."""
LAYER_KEYS = ("name", "weight", "bias", "activation", "layout")

Tensors = NpzTensors | SafeTensors


def read_tensor_model(path: Path) -> Model:
    """Read the layers that ``NAME.json`` lists from ``NAME.safetensors`` or ``NAME.npz``.

    The JSON is ``{"format": "fcgen-model-1", "input_shape": [N], "layers": [{"name", "weight",
    "bias", "activation", "layout"}, …], "tail"}``: weight and bias name tensors; the activation is
    a word of `WORDS` or an object, ``{"kind": "leaky_relu", "slope"}`` or ``{"kind": "clip", "lo",
    "hi"}``; the layout of the weight is ``MxN``, or ``NxM``; the tail is one of
    `fcgen.network.tail.TAILS`. Bias, activation, layout and tail may be left out. Tensors that no
    layer uses are listed under ``"ignore"``: none is left out without a word.

    Raises
    ------
    InputError
        One line with the file, for whatever is wrong with one of the two; where there is no JSON,
        the line holds one that fits the tensors.
    """
    npz = path.suffix.lower() == ".npz"
    tensors: Tensors = NpzTensors(path) if npz else SafeTensors(path)
    beside = path.with_suffix(".json")
    if not beside.exists():
        remedy = f"write {beside.name}: {json.dumps(proposal(tensors.shapes))}"
        rule = "no JSON beside the tensors says what they make"
        proposed = proposal(tensors.shapes)
        if "ignore" in proposed:
            rule += "; what is under ignore would be left out, as no chain of dense layers has it"
        raise bad_input(path, f"no {beside.name}", rule, remedy)
    described = document.load(content(beside), str(beside), "correct it")
    _check_keys(beside, described, MODEL_KEYS, MODEL_KEYS[:3])
    if described["format"] != FORMAT:
        raise bad_input(beside, described["format"], f"the format must be {FORMAT}", "correct it")
    shape, layers, tail = (described.get(key, "") for key in MODEL_KEYS[1:4])
    if not isinstance(shape, list) or not shape or not all(type(size) is int for size in shape):
        raise bad_input(f"{beside}: input_shape", shape, "must be a list of sizes", "correct it")
    if not isinstance(layers, list) or tail not in TAILS:
        rule = f"layers must be a list, and tail one of {', '.join(TAILS[1:])}"
        raise bad_input(f"{beside}: tail", tail, rule, "correct it")
    nodes = [node for layer in layers for node in _nodes(beside, tensors, layer)]
    nodes += [Node("tail", "tail", Ending(tail))] if tail else []
    model = fold(nodes, path.stem, "NumPy" if npz else "safetensors", "x", tuple(shape))
    ignored = _ignored(beside, tensors, layers, described.get("ignore", []))
    reports = [NodeReport("tensor", name, "left out, as the JSON says") for name in ignored]
    return replace(model, nodes=(*model.nodes, *reports))


def _ignored(beside: Path, tensors: Tensors, layers: list[Any], ignored: Any) -> list[str]:
    """Return the ignored tensors, which must be exactly those that no layer uses."""
    subject = f"{beside}: ignore"
    if not isinstance(ignored, list) or not all(isinstance(name, str) for name in ignored):
        raise bad_input(subject, json.dumps(ignored), "must be a list of tensors", "correct it")
    used = {layer.get(key) for layer in layers for key in ("weight", "bias")}
    wrong = [name for name in ignored if name not in tensors.shapes or name in used]
    if wrong:
        rule = "is no tensor that the layers leave out"
        raise bad_input(subject, wrong[0], rule, "take it from the list")
    rest = [name for name in tensors.shapes if name not in used and name not in ignored]
    if rest:
        shown = ", ".join(rest[:NAMED_MAX]) + (", …" if len(rest) > NAMED_MAX else "")
        rule = f"no layer uses {'them' if len(rest) > 1 else 'it'}"
        remedy = 'add the layers that do, or list what is no part of the network under "ignore"'
        raise bad_input(beside, shown, rule, remedy)
    return ignored


def _check_keys(
    subject: object, found: Any, known: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    """Refuse anything but an object with these keys."""
    if not isinstance(found, dict) or not set(needed) <= found.keys() <= set(known):
        rule = f"must be an object of {', '.join(needed)} and at most {', '.join(known)}"
        raise bad_input(subject, json.dumps(found), rule, "correct it")


def _nodes(beside: Path, tensors: Tensors, layer: Any) -> Iterator[Node]:
    _check_keys(f"{beside}: layers", layer, LAYER_KEYS, LAYER_KEYS[:2])
    name = layer["name"]
    if not isinstance(name, str) or not name:
        raise bad_input(f"{beside}: name", name, "must be a word", "correct it")
    subject = f"{beside}: {name}"
    for key in ("weight", "bias"):
        tensor = layer.get(key)
        if (tensor is not None or key == "weight") and (
            not isinstance(tensor, str) or tensor not in tensors.shapes
        ):
            remedy = f"choose one of {', '.join(tensors.shapes)}"
            raise bad_input(f"{subject}: {key}", tensor, "no tensor has this name", remedy)
    layout = layer.get("layout", LAYOUTS[0])
    if layout not in LAYOUTS:
        raise bad_input(
            f"{subject}: layout", layout, f"must be {' or '.join(LAYOUTS)}", "choose one"
        )
    weight = tensors.read(layer["weight"])
    bias = None if layer.get("bias") is None else tensors.read(layer["bias"])
    yield Node("Dense", name, Dense(weight.T if layout == LAYOUTS[1] else weight, bias))
    given = layer.get("activation", "linear")
    what = _activation(f"{subject}: activation", given)
    if what is not None:
        yield Node(given if isinstance(given, str) else given["kind"], name, what)


def _activation(subject: str, given: Any) -> Operation:
    if isinstance(given, str) and given in WORDS:
        return WORDS[given]
    kind = given.get("kind") if isinstance(given, dict) else None
    keys = NUMBERS.get(kind, ()) if isinstance(kind, str) else ()
    numbers = [given[key] for key in keys if isinstance(given.get(key), int | float)]
    if not keys or len(numbers) < len(keys) or given.keys() != {"kind", *keys}:
        rule = f"must be one of {', '.join(WORDS)} or an object of a kind with its numbers"
        raise bad_input(
            subject, json.dumps(given), rule, 'write {"kind": "clip", "lo": 0, "hi": 6}'
        )
    if kind == "leaky_relu":
        return Activation(kind, slope=float(numbers[0]))
    if not numbers[0] <= numbers[1]:
        raise bad_input(subject, numbers, "lo must not be above hi", "correct the bounds")
    return Activation(lo=float(numbers[0]), hi=float(numbers[1]))

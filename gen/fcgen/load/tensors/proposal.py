"""A proposed JSON for tensors that have none: a plain chain of ReLU layers."""

import re
from collections.abc import Mapping
from itertools import pairwise, product
from typing import Any

FORMAT = "fcgen-model-1"
LAYOUTS = ("MxN", "NxM")
_WEIGHT = re.compile(r"(weight|kernel|W)$")


def proposal(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Return a description of tensors in the form of `fcgen.load.tensors.reader`.

    Matrices are weights, in the order of the file or else of their names, whichever makes a
    chain; a vector whose name differs in its last word is the bias. All else is under ``ignore``.
    """
    matrices = [name for name, shape in shapes.items() if len(shape) == 2]
    orders = (matrices, sorted(matrices, key=_natural))
    layout, order = next(
        (found for found in product(LAYOUTS, orders) if _chains(shapes, *found)),
        (LAYOUTS[0], matrices),
    )
    layers = [_layer(name, shapes, layout) for name in order]
    for layer in layers[:-1]:
        layer["activation"] = "relu"
    first = _sizes(shapes, order[0], layout)[0] if order else "N"
    found = {"format": FORMAT, "input_shape": [first], "layers": layers}
    used = {layer.get(key) for layer in layers for key in ("weight", "bias")}
    rest = [name for name in shapes if name not in used]
    return {**found, "ignore": rest} if rest else found


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that puts layer 10 after layer 2."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]


def _sizes(shapes: Mapping[str, tuple[int, ...]], name: str, layout: str) -> tuple[int, ...]:
    """Return the inputs and the outputs of a weight."""
    return shapes[name] if layout == LAYOUTS[1] else shapes[name][::-1]


def _chains(shapes: Mapping[str, tuple[int, ...]], layout: str, order: list[str]) -> bool:
    sizes = [_sizes(shapes, name, layout) for name in order]
    biases = [
        shapes.get(_bias(name), (outputs,)) for name, (_, outputs) in zip(order, sizes, strict=True)
    ]
    linked = all(before[1] == after[0] for before, after in pairwise(sizes))
    return bool(order) and linked and biases == [(outputs,) for _, outputs in sizes]


def _bias(name: str) -> str:
    return _WEIGHT.sub(lambda found: "b" if found[0] == "W" else "bias", name)


def _layer(name: str, shapes: Mapping[str, tuple[int, ...]], layout: str) -> dict[str, Any]:
    layer = {"name": _WEIGHT.sub("", name).rstrip("._/") or name, "weight": name}
    if len(shapes.get(_bias(name), ())) == 1:
        layer["bias"] = _bias(name)
    if layout != LAYOUTS[0]:
        layer["layout"] = layout
    return layer

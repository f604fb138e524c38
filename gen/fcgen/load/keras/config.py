"""The layers of a Keras configuration, in the order in which they are computed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fcgen.errors import InputError
from fcgen.load.keras.weights import Place
from fcgen.load.nodes import refuse

MODELS = ("Sequential", "Functional", "Model")
PACKAGES = ("keras", "tf_keras")
_CHAIN = "give a model whose layers form one chain"


@dataclass(frozen=True)
class Layer:
    """A layer that is not itself a model.

    Attributes
    ----------
    kind : str
        Name of its class.
    config : dict
        Its arguments.
    place : Place
    """

    kind: str
    config: dict[str, Any]
    place: Place

    @property
    def name(self) -> str:
        """The layer's own name."""
        return self.place.names[-1]

    def refuse(self, rule: str, remedy: str) -> InputError:
        """Return the error that names the layer."""
        return refuse(self.kind, "/".join(self.place.names), rule, remedy)


def layers_of(model: dict[str, Any], place: Place = Place()) -> Iterator[Layer]:  # noqa: B008
    """Yield the layers of a model and of the models nested in it.

    Raises
    ------
    InputError
        One line with the layer, for a model that is no chain or has classes that are not Keras's.
    """
    kind, config = model["class_name"], model["config"]
    if kind not in MODELS or not _of_keras(model):
        name = "/".join(place.names) or "model"
        rule = "only Sequential and functional models can be read without running code"
        raise refuse(str(kind), name, rule, "rebuild it as one of these, or export it to ONNX")
    listed = config if isinstance(config, list) else config["layers"]
    if kind != "Sequential":
        _check_chain(config, listed)
    counts: Counter[str] = Counter()
    for entry in listed:
        slot = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", entry["class_name"]).lower()
        number = counts[slot]
        counts[slot] += 1
        names = (*place.names, entry["config"]["name"])
        inside = Place(names, (*place.slots, f"{slot}_{number}" if number else slot))
        if entry["class_name"] in MODELS:
            yield from layers_of(entry, inside)
            continue
        layer = Layer(entry["class_name"], entry["config"], inside)
        if not _of_keras(entry):
            raise layer.refuse("is a class of the model's own, whose code is never run", _CHAIN)
        yield layer


def input_shape(model: dict[str, Any], layers: list[Layer]) -> tuple[int, ...]:
    """Return the shape of the input without the batch."""
    first, config = layers[0].config, model["config"]
    shapes = [first.get("batch_shape"), first.get("batch_input_shape")]
    shapes += [config.get("build_input_shape")] if isinstance(config, dict) else []
    shapes += [(model.get("build_config") or {}).get("input_shape")]
    found: Any = next((shape for shape in shapes if shape), [])
    if len(found) < 2 or any(type(size) is not int for size in found[1:]):
        rule = f"the shape of its input, {found}, is not known but for the batch"
        raise layers[0].refuse(rule, "build the model with a whole shape before it is saved")
    return tuple(found[1:])


def _of_keras(entry: dict[str, Any]) -> bool:
    """Return whether a class is Keras's own; older files name no module."""
    module, registered = entry.get("module") or "keras", entry.get("registered_name")
    return module.split(".")[0] in PACKAGES and registered in (None, entry["class_name"])


def _check_chain(config: dict[str, Any], listed: list[dict[str, Any]]) -> None:
    """Refuse a functional model with branches, shared layers, or calls in training mode."""
    before = _layers(config["input_layers"])
    for number, entry in enumerate(listed):
        name, calls = entry["config"]["name"], entry["inbound_nodes"]
        if (before if number else [name]) != (_sources(calls) if number else before):
            rule = "the graph is no chain: it does not use what comes before, and only that"
            raise refuse(entry["class_name"], name, rule, _CHAIN)
        if any(_under("training", calls)):
            rule = "is called with training=True, which is not what inference is"
            raise refuse(entry["class_name"], name, rule, "call it without")
        before = [name]
    if _layers(config["output_layers"]) != before:
        raise refuse(listed[-1]["class_name"], before[0], "is not the model's one output", _CHAIN)


def _layers(tensors: Any) -> list[str]:
    """Return the layers of ``[name, node, tensor]``, of one such list or of a list of them."""
    return [tensors[0]] if isinstance(tensors[0], str) else [tensor[0] for tensor in tensors]


def _sources(calls: Any) -> list[str]:
    """Return the layers whose outputs a layer takes, from Keras 3's form or the older one."""
    found = [history[0] for history in _under("keras_history", calls)]
    older = [call for call in calls if isinstance(call, list)]
    flat = [entry for call in older for entry in ([call] if isinstance(call[0], str) else call)]
    return found + [entry[0] for entry in flat]


def _under(key: str, value: Any) -> Iterator[Any]:
    """Yield all values of a key, at any depth."""
    if isinstance(value, dict):
        yield from (value[key],) if key in value else ()
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _under(key, inner)

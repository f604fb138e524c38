"""The printed and the JSON form of a model: its layers, and what became of each node."""

from typing import Any

from fcgen.load.integer_model import IntegerLayer, IntegerModel
from fcgen.load.integer_sum import IntegerSum
from fcgen.load.model import FloatLayer, Model
from fcgen.text.table import box
from fcgen.text.wording import count


def lines(model: Model | IntegerModel) -> list[str]:
    """Return the printed form."""
    layers = [
        (
            layer.name,
            f"{layer.inputs:,}",
            f"{layer.outputs:,}",
            f"{layer.parameters:,}",
            _behaviour(layer),
        )
        for layer in model.layers
    ]
    nodes = [(node.kind, node.name, node.became) for node in model.nodes]
    shape = " x ".join(map(str, model.shape or model.input_shape))
    return [
        f"{model.name}: {model.format}, {count(len(layers), 'layer')}, input {model.input_name} "
        f"({shape})",
        *box(("Layer", "Inputs", "Outputs", "Param #", "Activation"), layers),
        f"after the last layer: {model.tail.kind or 'nothing'}",
        "",
        *box(("Node", "Name", "Became"), nodes, left=3),
    ]


def as_dict(model: Model | IntegerModel) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "name": model.name,
        "format": model.format,
        "input_name": model.input_name,
        "input_shape": list(model.input_shape),
        "tail": model.tail.kind,
        "parameters": sum(layer.parameters for layer in model.layers),
        "layers": [
            {
                "name": layer.name,
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "activation": _behaviour(layer),
            }
            for layer in model.layers
        ],
        "nodes": [vars(node) for node in model.nodes],
    }


def _behaviour(layer: FloatLayer | IntegerLayer | IntegerSum) -> str:
    """Return what a layer does to its sums."""
    if isinstance(layer, IntegerSum):
        return f"{layer.form.name}: the sum of two maps"
    if isinstance(layer, FloatLayer):
        return layer.activation.name or "none"
    if layer.step is None:
        return "none: accumulators"
    step = layer.step
    text = f"{step.output.name}, {step.lo} to {step.hi}, zero at {step.zero_point}"
    return text if layer.table is None else f"{text}; {layer.table.line()}"

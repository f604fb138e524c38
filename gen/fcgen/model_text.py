"""A model for a reader: its layers, and what became of each node."""

from typing import Any

from fcgen.model import Model
from fcgen.table import box
from fcgen.wording import count


def lines(model: Model) -> list[str]:
    """Return the printed form."""
    layers = [
        (
            layer.name,
            f"{layer.inputs:,}",
            f"{layer.outputs:,}",
            f"{layer.weight.size + layer.bias.size:,}",
            layer.activation.name or "none",
        )
        for layer in model.layers
    ]
    nodes = [(node.kind, node.name, node.became) for node in model.nodes]
    shape = " x ".join(map(str, model.input_shape))
    return [
        f"{model.name}: {model.format}, {count(len(layers), 'layer')}, input {model.input_name} "
        f"({shape})",
        *box(("Layer", "Inputs", "Outputs", "Param #", "Activation"), layers),
        f"after the last layer: {model.tail or 'nothing'}",
        "",
        *box(("Node", "Name", "Became"), nodes, left=3),
    ]


def as_dict(model: Model) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "name": model.name,
        "format": model.format,
        "input_name": model.input_name,
        "input_shape": list(model.input_shape),
        "tail": model.tail,
        "parameters": sum(layer.weight.size + layer.bias.size for layer in model.layers),
        "layers": [
            {
                "name": layer.name,
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "activation": layer.activation.name,
            }
            for layer in model.layers
        ],
        "nodes": [vars(node) for node in model.nodes],
    }

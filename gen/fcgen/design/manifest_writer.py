"""The text of ``manifest.json``: sizes, formats, folding and versions beside what it holds."""

import importlib.metadata
from typing import Any

from fcgen.design import host_inputs
from fcgen.design.manifest import FORMAT, GENERATOR, TOOLS, Manifest
from fcgen.files import document
from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.numerics.activation_table import ActivationTable
from fcgen.schedule.folding import Folding


def to_json(manifest: Manifest, network: Network) -> str:
    """Return the JSON text of a manifest: no time, path, user or command line in it."""
    return document.dump(
        {
            "generator": GENERATOR,
            "format": FORMAT,
            "name": manifest.name,
            "prefix": manifest.prefix,
            "top": manifest.top,
            "device": manifest.device,
            "pack": manifest.options.pack,
            "soft_macs": manifest.options.soft_macs,
            **_described(manifest, network),
            "initiation_interval": manifest.initiation_interval,
            "latency": manifest.latency,
            "latency_first": manifest.latency_first,
            "ports": [
                {"name": name, "direction": direction, "width": width}
                for name, direction, width in manifest.ports
            ],
            "runtime_weights": manifest.runtime_weights,
            **({"interface": manifest.interface.describe()} if manifest.interface else {}),
            "structure_hash": manifest.structure_hash,
            "weights_hash": manifest.weights_hash,
            "seed": manifest.seed,
            "sources": list(manifest.sources),
            "images": list(manifest.images),
            "files": dict(manifest.files),
            "versions": {tool: _version(tool) for tool in TOOLS},
        }
    )


def _described(manifest: Manifest, network: Network) -> dict[str, Any]:
    """Return sizes, formats and folding: of a plain layer those of the layer itself."""
    foldings = manifest.schedule.foldings
    if network.layer is not None:
        return _layer(network.layer, foldings[0])
    names = instance_names(network)
    return {
        "input_shape": list(network.input_shape),
        "outputs": network.outputs,
        "parameters": network.parameters,
        "macs": network.macs,
        "formats": {
            "activation": network.activation_format.as_fields(),
            "output": network.output_format.as_fields(),
        },
        "end": network.end.kind,
        **host_inputs.described(manifest, network),
        **({"softmax": network.softmax.as_dict()} if network.softmax else {}),
        "layers": [
            {
                "name": layer.name,
                "instance": instance,
                "module": module,
                **({"sources": list(sources)} if network.sources else {}),
                **_layer(layer, folding),
            }
            for layer, instance, module, folding, sources in zip(
                network.layers, names, manifest.modules, foldings, network.edges, strict=True
            )
        ],
    }


def _layer(layer: DenseLayer, folding: Folding) -> dict[str, Any]:
    requantization = layer.requantization
    window = {} if layer.window is None else {"window": layer.window.as_fields()}
    return {
        "input_shape": list(layer.input_shape),
        "outputs": layer.outputs,
        **window,
        **({"depthwise": True} if layer.depthwise else {}),
        "parameters": layer.parameters,
        "macs": layer.macs,
        "formats": {
            "weight": layer.weight_format.as_fields(),
            "activation": layer.activation_format.as_fields(),
            "output": layer.output_format.as_fields(),
        },
        "accumulator_width": layer.accumulator_width,
        "arithmetic": {
            "input_zero_point": layer.input_zero_point,
            "raw": requantization is None,
            **_requantization(requantization),
            **({} if layer.table is None else {"table": _table(layer.table)}),
        },
        "folding": {
            "pe": folding.pe,
            "simd": folding.simd,
            "output_lanes": folding.output_lanes,
            "neuron_folds": folding.neuron_folds,
            "synapse_folds": folding.synapse_folds,
        },
    }


def _requantization(scheme: Requantization | ThresholdList | None) -> dict[str, Any]:
    if isinstance(scheme, ThresholdList):
        ends = {"lo": scheme.lo, "hi": scheme.lo + scheme.count}
        return {"thresholds": scheme.count, "falling": int(scheme.falling.sum()), **ends}
    return {
        "rounding": scheme and scheme.rounding,
        "saturation": scheme and scheme.saturation,
    }


def _table(table: ActivationTable) -> dict[str, Any]:
    return {"name": table.name, **table.structure()}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"

"""Keras files as Keras 3 and Keras 2 lay them, written by hand."""

import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

MODEL = {"Sequential": "sequential", "Functional": "functional"}
SLOTS = {"Dense": "dense", "BatchNormalization": "batch_normalization", **MODEL}
SLOTS |= {"Normalization": "normalization"}


@dataclass
class Layer:
    """A layer: its class, its name, its arguments, its variables; models in models hold layers."""

    kind: str
    name: str
    config: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    layers: tuple = ()


def stored(value):
    """A variable as Keras stores it: floats of 32 bits."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def dense(name, kernel, bias=None, activation="linear"):
    """A Dense layer; kernel (N, M)."""
    config = {"units": np.shape(kernel)[1], "activation": activation, "use_bias": bias is not None}
    variables = {"kernel": kernel} | ({} if bias is None else {"bias": bias})
    return Layer("Dense", name, config, variables)


def batch_norm(name="bn", axis=-1, epsilon=1e-3, **variables):
    """A BatchNormalization; gamma and beta may be left out."""
    config = {"axis": axis, "epsilon": epsilon}
    config |= {"scale": "gamma" in variables, "center": "beta" in variables}
    return Layer("BatchNormalization", name, config, variables)


def model_config(layers, shape, name="model", functional=False):
    """The configuration of a model, in Keras 3's form."""
    listed = [entry("InputLayer", {"name": "x", "batch_shape": [None, *shape]})]
    listed += [
        model_config(layer.layers, shape, layer.name)
        if layer.kind in MODEL
        else entry(layer.kind, {"name": layer.name, **layer.config})
        for layer in layers
    ]
    config = {"name": name, "layers": listed}
    if functional:
        before = None
        for layer in listed:
            layer["name"] = layer["config"]["name"]
            layer["inbound_nodes"] = [call(before)] if before else []
            before = layer["name"]
        config |= {"input_layers": ["x", 0, 0], "output_layers": [before, 0, 0]}
    return entry("Functional" if functional else "Sequential", config)


def entry(kind, config, module="keras.layers", registered=None):
    """One layer of a configuration."""
    return {
        "module": module,
        "class_name": kind,
        "config": config,
        "registered_name": registered,
    }


def call(source, **arguments):
    """One call of a layer of a functional model."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
    return {"args": [tensor], "kwargs": arguments}


def save_keras(path: Path, config, layers, compression=zipfile.ZIP_STORED) -> Path:
    """Write a ``.keras`` archive."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        _put_slots(file, layers)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", stream.getvalue())
    return path


def _put_slots(group, layers):
    counts = Counter()
    for layer in layers:
        slot = SLOTS.get(layer.kind, layer.kind.lower())
        number = counts[slot]
        counts[slot] += 1
        inside = group.create_group(f"layers/{slot}_{number}" if number else f"layers/{slot}")
        inside.create_group("vars").attrs["name"] = layer.name
        for place, value in enumerate(layer.variables.values()):
            inside[f"vars/{place}"] = stored(value)
        if layer.layers:
            _put_slots(inside, layer.layers)


def save_h5(path: Path, config, layers) -> Path:
    """Write a whole model in ``.h5`` as Keras 2 does, with ``:0`` after each name."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        for layer in layers:
            group = file.create_group(f"model_weights/{layer.name}")
            named = {
                f"{one.name}/{name}:0": value
                for one in (layer.layers or (layer,))
                for name, value in one.variables.items()
            }
            group.attrs["weight_names"] = np.array([name.encode() for name in named] or [], "S")
            for name, value in named.items():
                group[name] = stored(value)
    return path

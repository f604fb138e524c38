"""Keras models: ``.keras`` archives and whole models in ``.h5``, Sequential or a chain.

The configuration is read as plain data: nothing in it is ever executed, and Keras is not imported.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from fcgen.errors import FcgenError, bad_input
from fcgen.load.arrays.array_file import ARCHIVE_ERRORS
from fcgen.load.keras.attributes import read_attributes
from fcgen.load.keras.config import input_shape, layers_of
from fcgen.load.keras.layers import KerasLayers
from fcgen.load.keras.weights import NamedWeights, SlotWeights, Weights, open_hdf5
from fcgen.load.model import Model
from fcgen.load.model_file import BYTES_MAX, content
from fcgen.load.nodes import fold

CONFIG_BYTES_MAX = 1 << 24
DEFLATED_MAX = 32
"""How much larger than the archive an entry may be; Keras stores its entries as they are."""
BROKEN = (
    *ARCHIVE_ERRORS,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)
"""What a file raises whose parts are not what they are called."""
_AGAIN = "save the model again with Keras"


def read_keras(path: Path) -> Model:
    """Read a model.

    Parameters
    ----------
    path : Path
        ``.keras`` or ``.h5``. The input is channels last, (H, W, C), as Keras flattens it.

    Raises
    ------
    InputError
        One line with the file and the layer, for whatever is wrong or not supported.
    ToolError
        Where the package ``h5py`` is missing.
    """
    data = content(path)
    try:
        return _read(path, data)
    except FcgenError:
        raise
    except BROKEN as error:
        raise bad_input(path, error, "is no whole Keras model", _AGAIN) from None


def _read(path: Path, data: bytes) -> Model:
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = _entry(archive, "config.json", CONFIG_BYTES_MAX)
            data = _entry(archive, "model.weights.h5", min(BYTES_MAX, DEFLATED_MAX * len(data)))
        with open_hdf5(data) as file:
            return _model(path, json.loads(text), SlotWeights(file), "Keras")
    with open_hdf5(data) as file:
        attributes = read_attributes(path)
        if attributes["model_config"] is None:
            rule = "holds weights alone, and no model"
            raise bad_input(path, "no model_config", rule, "save the whole model")
        weights = NamedWeights(file, attributes["weight_names"])
        return _model(path, json.loads(attributes["model_config"]), weights, "Keras, HDF5")


def _model(path: Path, config: dict[str, Any], weights: Weights, form: str) -> Model:
    layers = list(layers_of(config))
    shape = input_shape(config, layers)
    entry = layers[0].name if layers[0].kind == "InputLayer" else "input"
    return fold(KerasLayers(weights, shape).nodes(layers), path.stem, form, entry, shape)


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > limit:
        rule = f"must have at most {limit:,} bytes"
        raise bad_input(name, f"{info.file_size:,} bytes", rule, _AGAIN)
    return archive.read(info)

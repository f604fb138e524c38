"""The choice of the reader for a file, or for an object of another library."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen.errors import bad_input, located
from fcgen.load.integer_model import IntegerModel
from fcgen.load.memory_need import MODEL_BYTES, check_memory
from fcgen.load.model import Model
from fcgen.numerics.real_map import InputGrid

INTEGER = ("QuantizeLinear", "DequantizeLinear", "QLinearMatMul", "QGemm")
DYNAMIC = ("DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeMatMul")


PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


@dataclass(frozen=True)
class Asked:
    """Options for a reader, beside the file."""

    target: str | None = None
    entry: InputGrid | None = None

    def check(self, targets: tuple[str, ...] = (), *, entry: bool = False) -> None:
        """Refuse options that do not go with the model."""
        if self.target is not None and self.target not in targets:
            rule = f"must be one of {', '.join(targets)}" if targets else "the model has floats"
            raise bad_input("--target", self.target, rule, "leave the option out")
        if self.entry is not None and not entry:
            found = f"a step of {self.entry.scale:g}"
            rule = "has an effect on quantised ONNX graphs alone"
            raise bad_input("--input-format", found, rule, "leave the option out")


def load_model(
    source: Any, target: str | None = None, entry: InputGrid | None = None
) -> Model | IntegerModel:
    """Read a model, whatever its format.

    Parameters
    ----------
    source : path or object
        An ONNX file of floats or of integers, a QONNX file, a TFLite file of int8 ones, a Keras
        file, or tensors (``.safetensors``, ``.npz``) with a JSON beside them, see
        `fcgen.load.tensors.reader`; or a fitted perceptron of scikit-learn, alone or behind scalers
        in a pipeline, or an ``nn.Sequential`` of PyTorch.
    target : str, optional
        Runtime whose integers to take, see `fcgen.load.integer_model.TARGETS`.
    entry : InputGrid, optional
        Grid of the inputs of a quantised ONNX graph that does not quantise them.

    Returns
    -------
    Model or IntegerModel
        The latter of a file that holds integers.

    Raises
    ------
    InputError
        One line with the file, for one that cannot be read or is not supported.
    ToolError
        Where the package that reads the format is not installed.
    """
    if not isinstance(source, str | os.PathLike):
        return _object(source, Asked(target, entry))
    path = Path(source)
    kind = path.suffix.lower()
    if kind in PICKLES:
        rule = "a pickle runs code when it is read, and is never loaded"
        remedy = "export to ONNX or safetensors, or give the object to fcgen.load in Python"
        raise bad_input(path, kind, rule, remedy)
    if kind not in READERS:
        rule = f"models end in {', '.join(READERS)}"
        raise bad_input(path, path.suffix or "no ending", rule, "export the model to one of these")
    with located(path, path.with_suffix(".json")):
        found = READERS[kind](path, Asked(target, entry))
    check_memory(path, sum(layer.weights for layer in found.layers), MODEL_BYTES)
    return found


def _object(source: Any, asked: Asked) -> Model:
    """Read an object; the libraries of its class and base classes decide the reader."""
    libraries = {cls.__module__.partition(".")[0] for cls in type(source).__mro__}
    reader = next((OBJECTS[name] for name in OBJECTS if name in libraries), None)
    if reader is None:
        rule = f"must be a path, or an object of {' or '.join(OBJECTS)}"
        raise bad_input("model", type(source).__name__, rule, "export the model to ONNX")
    asked.check()
    return reader(source)


def _onnx(path: Path, asked: Asked) -> Model | IntegerModel:
    from fcgen.load.onnx.file import read_onnx
    from fcgen.load.onnx.floats import read_float
    from fcgen.load.qonnx.quant import QUANT

    model = read_onnx(path)
    kinds = {node.op_type for node in model.graph.node}
    dynamic = sorted(kinds & set(DYNAMIC))
    if dynamic:
        rule = "scales that follow from each input have no fixed integers"
        remedy = "quantise statically, or give the float model"
        raise bad_input(path, ", ".join(dynamic), rule, remedy)
    if kinds & set(QUANT):
        from fcgen.load.qonnx.walk import TARGET, read_qonnx

        asked.check((TARGET,), entry=True)
        return read_qonnx(path, model, asked.entry)
    if kinds & set(INTEGER):
        from fcgen.load.qdq import reader as onnx_integer

        asked.check(onnx_integer.TARGETS, entry=True)
        target = asked.target or onnx_integer.TARGET
        return onnx_integer.read_integer(path, model, asked.entry, target)
    asked.check()
    return read_float(path, model)


def _tflite(path: Path, asked: Asked) -> IntegerModel:
    from fcgen.load.tflite.file import TARGETS, read_tflite

    asked.check(TARGETS)
    return read_tflite(path, asked.target or TARGETS[0])


def _keras(path: Path, asked: Asked) -> Model:
    from fcgen.load.keras.file import read_keras

    asked.check()
    return read_keras(path)


def _tensors(path: Path, asked: Asked) -> Model:
    from fcgen.load.tensors.reader import read_tensor_model

    asked.check()
    return read_tensor_model(path)


def _sklearn(estimator: Any) -> Model:
    from fcgen.load.objects.sklearn import read_sklearn

    return read_sklearn(estimator)


def _torch(module: Any) -> Model:
    from fcgen.load.objects.torch import read_torch

    return read_torch(module)


READERS = {
    ".onnx": _onnx,
    ".tflite": _tflite,
    **dict.fromkeys((".keras", ".h5", ".hdf5"), _keras),
    **dict.fromkeys((".safetensors", ".npz"), _tensors),
}
OBJECTS = {"sklearn": _sklearn, "torch": _torch}

"""Which importer reads a file, or an object of another library."""

import os
from pathlib import Path
from typing import Any

from fcgen.errors import bad_input, located
from fcgen.integer_model import IntegerModel
from fcgen.model import Model

INTEGER = ("QuantizeLinear", "DequantizeLinear", "QLinearMatMul", "QGemm")
DYNAMIC = ("DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeMatMul")


PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


def load_model(source: Any, target: str | None = None) -> Model | IntegerModel:
    """Read a model, whatever its format.

    Parameters
    ----------
    source : path or object
        An ONNX file of floats or of integers, a QONNX file, a TFLite file of int8 ones, a Keras
        file, or tensors (``.safetensors``, ``.npz``) with a JSON beside them, see
        `fcgen.load.tensor_model`; or a fitted perceptron of scikit-learn, alone or behind scalers
        in a pipeline, or an ``nn.Sequential`` of PyTorch.
    target : str, optional
        Whose integers a quantised model's are: see `fcgen.integer_model.TARGETS`.

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
        return _object(source, target)
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
        return READERS[kind](path, target)


def _object(source: Any, target: str | None) -> Model:
    """Read an object by the libraries that its class and the ones below it come from."""
    libraries = {cls.__module__.partition(".")[0] for cls in type(source).__mro__}
    reader = next((OBJECTS[name] for name in OBJECTS if name in libraries), None)
    if reader is None:
        rule = f"must be a path, or an object of {' or '.join(OBJECTS)}"
        raise bad_input("model", type(source).__name__, rule, "export the model to ONNX")
    _check_target(target, ())
    return reader(source)


def _onnx(path: Path, target: str | None) -> Model | IntegerModel:
    from fcgen.load.onnx_file import read_onnx
    from fcgen.load.onnx_float import read_float
    from fcgen.load.qonnx_quant import QUANT

    model = read_onnx(path)
    kinds = {node.op_type for node in model.graph.node}
    dynamic = sorted(kinds & set(DYNAMIC))
    if dynamic:
        rule = "scales that follow from each input have no fixed integers"
        remedy = "quantise statically, or give the float model"
        raise bad_input(path, ", ".join(dynamic), rule, remedy)
    if kinds & set(QUANT):
        from fcgen.load.qonnx import TARGET, read_qonnx

        _check_target(target, (TARGET,))
        return read_qonnx(path, model)
    if kinds & set(INTEGER):
        from fcgen.load import onnx_integer

        _check_target(target, (onnx_integer.TARGET,))
        return onnx_integer.read_integer(path, model)
    _check_target(target, ())
    return read_float(path, model)


def _tflite(path: Path, target: str | None) -> IntegerModel:
    from fcgen.load.tflite_file import TARGETS, read_tflite

    _check_target(target, TARGETS)
    return read_tflite(path, target or TARGETS[0])


def _keras(path: Path, target: str | None) -> Model:
    from fcgen.load.keras_file import read_keras

    _check_target(target, ())
    return read_keras(path)


def _tensors(path: Path, target: str | None) -> Model:
    from fcgen.load.tensor_model import read_tensor_model

    _check_target(target, ())
    return read_tensor_model(path)


def _sklearn(estimator: Any) -> Model:
    from fcgen.load.sklearn_object import read_sklearn

    return read_sklearn(estimator)


def _torch(module: Any) -> Model:
    from fcgen.load.torch_object import read_torch

    return read_torch(module)


def _check_target(target: str | None, known: tuple[str, ...]) -> None:
    if target is not None and target not in known:
        rule = f"must be one of {', '.join(known)}" if known else "the model has floats"
        raise bad_input("--target", target, rule, "leave the option out")


READERS = {
    ".onnx": _onnx,
    ".tflite": _tflite,
    **dict.fromkeys((".keras", ".h5", ".hdf5"), _keras),
    **dict.fromkeys((".safetensors", ".npz"), _tensors),
}
OBJECTS = {"sklearn": _sklearn, "torch": _torch}

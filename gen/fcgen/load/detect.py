"""Which importer reads a file."""

from pathlib import Path

from fcgen.errors import bad_input, located
from fcgen.integer_model import IntegerModel
from fcgen.model import Model

INTEGER = ("QuantizeLinear", "DequantizeLinear", "QLinearMatMul", "QGemm")
DYNAMIC = ("DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeMatMul")


def load_model(path: str | Path, target: str | None = None) -> Model | IntegerModel:
    """Read a model, whatever its format.

    Parameters
    ----------
    path : path
        An ONNX file of floats or of integers, a QONNX file, or a TFLite file of int8 ones.
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
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in READERS:
        rule = f"models end in {', '.join(READERS)}"
        raise bad_input(path, path.suffix or "no ending", rule, "export the model to one of these")
    with located(path):
        return READERS[kind](path, target)


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


def _check_target(target: str | None, known: tuple[str, ...]) -> None:
    if target is not None and target not in known:
        rule = f"must be one of {', '.join(known)}" if known else "the file has floats"
        raise bad_input("--target", target, rule, "leave the option out")


READERS = {".onnx": _onnx, ".tflite": _tflite}

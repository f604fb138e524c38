"""Which importer reads a file."""

from pathlib import Path

from fcgen.errors import bad_input, located
from fcgen.model import Model

ONNX = (".onnx",)
QUANT = ("Quant", "IntQuant", "BipolarQuant", "Trunc")
INTEGER = ("QuantizeLinear", "DequantizeLinear", "QLinearMatMul", "QGemm", "ConvInteger")
DYNAMIC = ("DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeMatMul")


def load_model(path: str | Path) -> Model:
    """Read a model, whatever its format.

    Parameters
    ----------
    path : path
        An ONNX file of float layers.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        One line with the file, for one that cannot be read or is not supported.
    ToolError
        Where the package that reads the format is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in ONNX:
        rule = f"models end in {', '.join(ONNX)}"
        raise bad_input(path, path.suffix or "no ending", rule, "export the model to ONNX")
    from fcgen.load.onnx_file import read_onnx
    from fcgen.load.onnx_float import read_float

    model = read_onnx(path)
    kinds = {node.op_type for node in model.graph.node}
    for group, rule, remedy in (
        (
            DYNAMIC,
            "scales that follow from each input have no fixed integers",
            "quantise statically, or give the float model",
        ),
        (QUANT, "QONNX graphs are not supported yet", "give the float model"),
        (INTEGER, "quantised ONNX graphs are not supported yet", "give the float model"),
    ):
        found = sorted(kinds & set(group))
        if found:
            raise bad_input(path, ", ".join(found), rule, remedy)
    with located(path):
        return read_float(path, model)

"""Options that read and quantise a model, for the commands that do."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import FILE, Choice, Integer, Real, codes
from fcgen.cli.commands.value_types import InputFormat, Integers
from fcgen.errors import bad_input

if TYPE_CHECKING:
    from fcgen.network.network import End
    from fcgen.numerics.real_map import InputGrid
    from fcgen.quantization.options import QuantizeOptions
    from fcgen.quantization.quantization import Quantization
    from fcgen.text.terminal import Terminal

Function = Callable[..., Any]
ENDS = ("values", "argmax", "top_k", "softmax")
SCALES = ("short", "power-of-two")
SCALERS = ("host", "fold")
TARGETS = (
    "onnxruntime",
    "onnxruntime-unoptimised",
    "litert-reference",
    "litert-xnnpack",
    "qonnx",
)
QUANTISER: dict[str, Any] = {
    "--calibration": None,
    "--weight-bits": (8,),
    "--activation-bits": (8,),
    "--output-bits": None,
    "--table-bits": None,
    "--scales": "short",
    "--scaler": "host",
    "--per-tensor": False,
    "--export-onnx": None,
}
"""Options that have an effect on models of floats alone, and their defaults."""
DATA = (
    click.option("--target", type=Choice(TARGETS), help="Whose integers, of a quantised model."),
    click.option(
        "--input-format", type=InputFormat(), help="Of inputs that are open, as int8:0.05."
    ),
    click.option("--calibration", type=FILE, help=".npy of inputs as the network will see them."),
    click.option("--range", "bounds", type=Real(), nargs=2, help="Range of the inputs: LO HI."),
    click.option("--labels", type=FILE, help=".npy of classes, for the accuracy."),
    click.option("--test", type=FILE, help=".npy of inputs of the labels; default --calibration."),
    codes,
)
WIDTHS = (
    click.option("--weight-bits", type=Integers(), default="8", help="2 to 16, or one a layer."),
    click.option("--activation-bits", type=Integers(), default="8", help="1 to 16, or as many."),
    click.option("--output-bits", type=Integer(), help="Of the last layer."),
)
MANNER = (
    click.option("--table-bits", type=Integer(), help="Of the index of a sigmoid or tanh table."),
    click.option("--scales", type=Choice(SCALES), default="short", help="Of the weights."),
    click.option(
        "--scaler", type=Choice(SCALERS), default="host", help="Who scales inputs one by one."
    ),
    click.option("--per-tensor", is_flag=True, help="One weight scale a layer, not one an output."),
    click.option("--end", type=Choice(ENDS), default="values", help="What leaves the network."),
    click.option("--top-k", type=Integer(), default=1, help="How many, with --end top_k."),
    click.option(
        "--probability-bits", type=Integer(), default=8, help="2 to 16, with --end softmax."
    ),
)
EXPORT = click.option("--export-onnx", type=FILE, help="Write the network as quantised ONNX.")


def model_options(function: Function) -> Function:
    """Add the options of the data and of the widths."""
    for option in reversed((*DATA, *WIDTHS, *MANNER, EXPORT)):
        function = option(function)
    return function


def sweep_options(function: Function) -> Function:
    """Add the same options but for those that a sweep has as its axes, or for one network alone."""
    for option in reversed((*DATA, *MANNER)):
        function = option(function)
    return function


def quantize_options(options: dict[str, Any]) -> "QuantizeOptions":
    """Return what the options ask of the quantiser."""
    from fcgen.quantization.options import QuantizeOptions

    return QuantizeOptions(
        options["weight_bits"],
        options["activation_bits"],
        options["output_bits"],
        options["scales"],
        per_channel=not options["per_tensor"],
        table_bits=options["table_bits"],
        scaler=options["scaler"],
    )


def end_of(options: dict[str, Any]) -> "End":
    """Return what the options ask to leave the network."""
    from fcgen.network.network import End

    for option, default, kind in (("--top-k", 1, "top_k"), ("--probability-bits", 8, "softmax")):
        value = options[option.lstrip("-").replace("-", "_")]
        if value != default and options["end"] != kind:
            rule = f"has an effect with --end {kind} alone"
            raise bad_input(option, value, rule, f"add --end {kind}")
    return End(options["end"], options["top_k"], options["probability_bits"])


def check_export(options: dict[str, Any]) -> None:
    """Check that the file of ``--export-onnx`` can be written, before anything takes time."""
    if options["export_onnx"] is not None:
        from fcgen.load.arrays.vector_file import check_writable

        check_writable(options["export_onnx"], "--export-onnx")


def export(
    options: dict[str, Any], quantization: "Quantization", input_name: str, terminal: "Terminal"
) -> None:
    """Write the quantised ONNX file where one is asked for."""
    if options["export_onnx"] is not None:
        from fcgen.quantization.export_onnx import export_onnx

        export_onnx(quantization, input_name, options["export_onnx"])
        terminal.note(f"quantised ONNX: {options['export_onnx']}")


def entry_grid(model: Any, options: dict[str, Any]) -> "InputGrid":
    """Return the grid of inputs that a quantised model leaves open: 8 bits over the data."""
    from fcgen.numerics.fixed import IntegerFormat
    from fcgen.numerics.real_map import InputGrid
    from fcgen.quantization.activation_grid import choose_grid
    from fcgen.quantization.model_data import gather

    data = gather(model, options["calibration"], options["bounds"], seed=options["seed"])
    values = model.input.before(data.calibration)
    grid = choose_grid(model.input_name, values, IntegerFormat(8, signed=True))
    form = grid.format
    return InputGrid(grid.scale, grid.zero_point, form.minimum, form.maximum)


def notes_of(model: Any, data: Any) -> tuple[str, ...]:
    """Return what there is to say of what `read` gave."""
    return (*getattr(model, "notes", ()), *getattr(data, "notes", ()))


def read(options: dict[str, Any]) -> Any:
    """Return the model, or a network that was quantised before; and its data, where there are any.

    A model of floats always has `ModelData`; another one `LabelledData` where labels are given.
    """
    from fcgen.load.detect import load_model
    from fcgen.load.model import Model
    from fcgen.load.network_file import read_network
    from fcgen.quantization.model_data import gather, labelled

    path = Path(options["model"])
    model: Any
    fixed = QUANTISER
    if path.suffix.lower() == ".json":
        model, fixed = read_network(path), QUANTISER | {"--target": None, "--input-format": None}
    else:
        model = load_model(path, options["target"], options["input_format"])
        if getattr(model, "open", False) and (options["calibration"] or options["bounds"]):
            model = load_model(path, options["target"], entry_grid(model, options))
            options = options | {"calibration": None, "bounds": ()}
    if not isinstance(model, Model):
        for option, default in fixed.items():
            if options[option.lstrip("-").replace("-", "_")] != default:
                rule = "the file holds integers, which stay as they are"
                found = getattr(model, "format", "a network")
                raise bad_input(option, found, rule, "leave the option out")
        if options["bounds"]:
            rule = "the inputs have a grid already"
            raise bad_input("--range", "LO HI", rule, "leave the option out")
        return model, labelled(model, options["test"], options["labels"], codes=options["codes"])
    if options["codes"]:
        rule = "a model of floats has no codes before it is quantised"
        raise bad_input("--codes", path.name, rule, "leave the option out")
    data = gather(
        model,
        options["calibration"],
        options["bounds"],
        options["labels"],
        options["test"],
        options["seed"],
    )
    return model, data

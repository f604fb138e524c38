"""``fcgen compile``: a trained model to a design."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from fcgen import devices
from fcgen.commands.layer_options import mapping_of, mapping_options
from fcgen.commands.model_options import (
    Integers,
    check_export,
    end_of,
    export,
    model_options,
    quantize_options,
    read,
)
from fcgen.commands.options import FILE, Choice, Integer, Real, common
from fcgen.commands.writing import check_output, writing
from fcgen.errors import bad_input
from fcgen.interface import INTERFACES, STREAM
from fcgen.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.folding_choice import Goal


@click.command(short_help="Turn a trained model into a design.")
@click.argument("model", metavar="MODEL", type=FILE)
@click.option("-o", "--output", "directory", type=FILE, required=True, help="Output directory.")
@model_options
@click.option("--device", default="generic", help="What the network is mapped to.")
@mapping_options
@click.option("--fps", type=Real(), help="Vectors a second, at least.")
@click.option("--latency-us", type=Real(), help="From the first input to the last output.")
@click.option("--dsp", type=Integer(1), help="Multiplier blocks, at most.")
@click.option("--fit", is_flag=True, help="The fastest that fits the device.")
@click.option("--pe", type=Integers(), help="Elements of each layer, as 8,4,2.")
@click.option("--simd", type=Integers(), help="Lanes of each layer.")
@click.option("--output-lanes", type=Integer(1), help="Outputs a beat.")
@click.option("--runtime-weights", is_flag=True, help="All trainable values can be written.")
@click.option("--clock", type=Real(), help="MHz; default the estimate for the device.")
@click.option("--name", default="network", help="Top module.")
@click.option("--prefix", default="", help="Of every module.")
@click.option("--verilog2005", is_flag=True, help="Add everything as one plain Verilog file.")
@click.option("--interface", type=Choice(INTERFACES), default=STREAM, help="For other systems.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Read MODEL, quantise it, choose its folding, and write its design.

    MODEL is a file of dense layers, ONNX, Keras, or safetensors or .npz with a JSON beside it; a
    TFLite file of int8 ones, whose integers stay as they are; or a network that `fcgen quantize`
    wrote. Without --fps, --latency-us, --dsp, --fit or --pe each layer has one multiplier.
    """
    terminal = Terminal(json=as_json, quiet=quiet)
    devices.find(options["device"])
    check_output(options["directory"])
    check_export(options)
    quantizer, end = quantize_options(options), end_of(options)
    model, data = read(options)
    goal = _goal(options, len(model.layers))
    terminal.notes(data.notes if data else getattr(model, "notes", ()))
    with writing(terminal) as progress:
        from fcgen.compile import compile_model

        compiled = compile_model(
            model,
            data,
            options["directory"],
            options=quantizer,
            end=end,
            goal=goal,
            runtime_weights=options["runtime_weights"],
            device=options["device"],
            mapping=mapping_of(options),
            name=options["name"],
            prefix=options["prefix"],
            seed=options["seed"],
            verilog2005=options["verilog2005"],
            interface=options["interface"],
            progress=progress,
        )
    if compiled.quantization:
        terminal.notes(compiled.quantization.notes)
    terminal.result(compiled.accelerator.summary().lines())
    verdicts = [found.line() for found in (compiled.accuracy, compiled.certificate) if found]
    terminal.result(["", *compiled.choice.lines, *verdicts])
    if compiled.quantization:
        export(options, compiled.quantization, model.input_name, terminal)
    terminal.record(compiled.as_dict())
    terminal.note(f"next: fcgen simulate {shlex.quote(str(options['directory']))}")


def _goal(options: dict[str, Any], layers: int) -> "Goal":
    from fcgen.folding_choice import Goal

    sizes = None
    if options["pe"] is not None or options["simd"] is not None:
        columns = []
        for option in ("pe", "simd"):
            numbers = options[option] or (1,)
            if len(numbers) not in (1, layers):
                rule = f"must be one number, or one for each of the {layers} layers"
                given = ",".join(map(str, numbers))
                raise bad_input(f"--{option}", given, rule, "give as many")
            columns.append(numbers * (layers // len(numbers)))
        sizes = tuple(zip(*columns, strict=True))
    return Goal(
        fps=options["fps"],
        latency_us=options["latency_us"],
        dsp=options["dsp"],
        fit=options["fit"],
        sizes=sizes,
        clock_mhz=options["clock"],
        output_lanes=options["output_lanes"],
    )

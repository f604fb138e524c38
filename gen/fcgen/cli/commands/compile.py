"""``fcgen compile``: a trained model to a design."""

import shlex
from typing import Any

import click

from fcgen import devices
from fcgen.cli.commands.design_options import design_options
from fcgen.cli.commands.layer_options import mapping_options
from fcgen.cli.commands.model_options import model_options
from fcgen.cli.commands.model_request import ModelRequest
from fcgen.cli.commands.options import FILE, Choice, common
from fcgen.cli.commands.writing import check_kept, check_output, writing
from fcgen.design.interface.interface import INTERFACES, STREAM
from fcgen.text.terminal import Terminal


@click.command(short_help="Turn a trained model into a design.")
@click.argument("model", metavar="MODEL", type=FILE)
@click.option("-o", "--output", "directory", type=FILE, required=True, help="Output directory.")
@model_options
@click.option("--device", default="generic", help="What the network is mapped to.")
@mapping_options
@design_options
@click.option("--verilog2005", is_flag=True, help="Add everything as one plain Verilog file.")
@click.option("--interface", type=Choice(INTERFACES), default=STREAM, help="For other systems.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Read MODEL, quantise it, choose its folding, and write its design.

    MODEL is a file of dense layers, ONNX, Keras, or safetensors or .npz with a JSON beside it; a
    TFLite file of int8 ones, whose integers stay as they are; or a network that `fcgen quantize`
    wrote. Without --fps, --latency-us, --dsp, --fit or --pe each layer has one multiplier.

    Exit code 1 where the certificate of a quantised MODEL is not exact; the design is written.
    """
    terminal = Terminal(json=as_json, quiet=quiet)
    devices.find(options["device"])
    check_output(options["directory"])
    check_kept(options["directory"], options)
    request = ModelRequest.of(options)
    terminal.notes(request.notes)
    with writing(terminal) as progress:
        compiled = request.compile(
            options["directory"],
            progress,
            device=options["device"],
            verilog2005=options["verilog2005"],
            interface=options["interface"],
        )
    request.tell(terminal, compiled, [*compiled.accelerator.summary().lines(), ""])
    terminal.record(compiled.as_dict())
    terminal.note(f"next: fcgen simulate {shlex.quote(str(options['directory']))}")
    return 0 if compiled.exact else 1

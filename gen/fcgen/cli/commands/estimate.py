"""``fcgen estimate``: what a layer will take and how fast it will be, without synthesis."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fcgen.cli.commands.layer_options import Shape, layer_options, make, mapping_of, mapping_options
from fcgen.cli.commands.options import Choice, Integer, common
from fcgen.cli.commands.synth import SPEEDS
from fcgen.errors import bad_input
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.estimation.estimate import Estimate

FOR_BOTH = {"design", "outputs", "device", "speed", "force", "as_json", "quiet", "seed"}


@click.command(short_help="Predict what synth will say, at once.")
@click.argument("design", metavar="DIR|SHAPE", type=str)
@click.argument("outputs", metavar="[M]", type=Integer(), required=False)
@click.option("--device", help="Such as ecp5-85k; default that of the design in DIR.")
@click.option("--speed", type=Choice(SPEEDS), help="Speed grade of an ECP5; default 6.")
@layer_options
@mapping_options
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Predict what `fcgen synth` will find: of the design in DIR, or of a layer of SHAPE M.

    Multipliers and RAMs are exact; look-up tables, registers and clock are close.
    """
    from fcgen.estimation.text import lines

    terminal = Terminal(json=as_json, quiet=quiet)
    of_layer = options["outputs"] is not None
    result = _of_layer(terminal, options) if of_layer else _of_design(terminal, options)
    terminal.result(lines(result))
    terminal.record(result.as_dict())


def _of_design(terminal: Terminal, options: dict[str, Any]) -> "Estimate":
    from fcgen.accelerator import open

    directory = Path(options["design"])
    if not directory.is_dir():
        rule = "is not the directory of a design"
        raise bad_input("DIR|SHAPE", options["design"], rule, "give one, or SHAPE and M")
    context = click.get_current_context()
    for name in options.keys() - FOR_BOTH:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            remedy = "leave it out, or give SHAPE and M"
            raise bad_input(option, options[name], f"{directory} decides that itself", remedy)
    accelerator = open(directory, options["force"])
    terminal.notes(accelerator.notes)
    if accelerator.design.manifest.interface is not None:
        terminal.notes(["the estimate is that of the design without its interface"])
    return accelerator.estimate(options["device"], options["speed"])


def _of_layer(terminal: Terminal, options: dict[str, Any]) -> "Estimate":
    from fcgen.estimation.for_design import estimate_layer

    if options["device"] is None:
        rule = "must be given for a layer that is not written"
        raise bad_input("--device", "missing", rule, "name a device, such as ecp5-85k")
    context = click.get_current_context()
    parameter = next(one for one in context.command.params if one.name == "design")
    shape = Shape().convert(options["design"], parameter, context)
    layer, folding, notes = make({**options, "shape": shape, "name": "layer", "prefix": ""})
    terminal.notes(notes)
    return estimate_layer(layer, folding, options["device"], options["speed"], mapping_of(options))

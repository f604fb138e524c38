"""Options of how a model becomes a design, for the commands that make one of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import Integer, Real
from fcgen.cli.commands.value_types import Integers
from fcgen.errors import bad_input

if TYPE_CHECKING:
    from fcgen.folding.choice import Goal

Function = Callable[..., Any]
GOAL = (
    click.option("--fps", type=Real(), help="Vectors a second, at least."),
    click.option("--latency-us", type=Real(), help="From the first input to the last output."),
    click.option("--dsp", type=Integer(1), help="Multiplier blocks, at most."),
    click.option("--fit", is_flag=True, help="The fastest that fits the device."),
    click.option("--pe", type=Integers(), help="Elements of each layer, as 8,4,2."),
    click.option("--simd", type=Integers(), help="Lanes of each layer."),
    click.option("--output-lanes", type=Integer(1), help="Outputs a beat."),
    click.option("--runtime-weights", is_flag=True, help="All trainable values can be written."),
    click.option("--clock", type=Real(), help="MHz; default the estimate for the device."),
    click.option("--name", default="network", help="Top module."),
    click.option("--prefix", default="", help="Of every module."),
)


def design_options(function: Function) -> Function:
    """Add the options of the folding and of the names."""
    for option in reversed(GOAL):
        function = option(function)
    return function


def goal_of(options: dict[str, Any], layers: int) -> "Goal":
    """Return what the options ask of the folding of a network with so many layers."""
    from fcgen.folding.choice import Goal

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

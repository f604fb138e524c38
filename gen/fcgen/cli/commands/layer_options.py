"""Options and arguments that describe a layer and its mapping, for the commands that make one."""

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import FILE, Choice, Integer, Real
from fcgen.devices.device import PACKS, MappingOptions
from fcgen.errors import shown

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

Function = Callable[..., Any]
ROUNDINGS = ("half_even", "half_up", "half_away", "floor")
SATURATIONS = ("saturate", "wrap")
# Options that make_layer takes as they are.
PASSED_ON = (
    "weights",
    "bias",
    "input_zero_point",
    "rounding",
    "saturation",
    "relu",
    "raw",
    "activation_scale",
    "output_scale",
    "runtime_weights",
    "seed",
    "name",
)


class Shape(click.ParamType):
    """``N`` or ``CxHxW``."""

    name = "shape"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the sizes; their range is the layer's to check."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[0-9]{1,9}(x[0-9]{1,9}x[0-9]{1,9})?", value):
            rule = "must be N or CxHxW"
            self.fail(f"{shown(value)}: {rule}; give it as 800 or 5x3x3", param, ctx)
        return tuple(int(size) for size in value.split("x"))


SIZES = (
    click.option("--pe", type=Integer(), default=1, help="Processing elements: 1 to M."),
    click.option("--simd", type=Integer(), default=1, help="Lanes of each element: 1 to N."),
    click.option("--output-lanes", type=Integer(), default=1, help="Outputs a beat: 1 to M."),
)
VALUES = (
    click.option("--weights", type=FILE, help=".npz, .npy, .csv or .hex; default seeded random."),
    click.option("--bias", type=FILE, help="Bias, where the weights' file has none."),
    click.option("--weight-bits", type=Integer(), default=8, help="1 to 16."),
    click.option("--activation-bits", type=Integer(), default=8, help="1 to 16."),
    click.option("--output-bits", type=Integer(), help="1 to 16; default as the activations."),
    click.option("--unsigned-weights", is_flag=True, help="Weights are unsigned."),
    click.option("--unsigned-activations", is_flag=True, help="Activations are unsigned."),
    click.option("--unsigned-outputs", is_flag=True, help="Outputs are unsigned."),
    click.option("--input-zero-point", type=Integer(), default=0, help="Code of a real zero."),
    click.option("--rounding", type=Choice(ROUNDINGS), help="Default half_even."),
    click.option("--saturation", type=Choice(SATURATIONS), help="Default saturate."),
    click.option("--relu", is_flag=True, help="No output below the zero point."),
    click.option("--raw", is_flag=True, help="Accumulators out, no requantization."),
    click.option("--activation-scale", type=Real(), help="Real value of one step; float weights."),
    click.option("--output-scale", type=Real(), help="Default chosen from the reach."),
    click.option("--runtime-weights", is_flag=True, help="All trainable values can be written."),
)
MAPPING = (
    click.option("--pack", type=Choice(PACKS), default="auto", help="Weights a multiplier."),
    click.option("--soft-macs", type=Integer(), default=0, help="MACs in LUTs beside multipliers."),
)


def layer_options(function: Function) -> Function:
    """Add the options of a layer's sizes and values."""
    return _add(function, (*SIZES, *VALUES))


def mapping_options(function: Function) -> Function:
    """Add the options of a layer's mapping, but for the device."""
    return _add(function, MAPPING)


def mapping_of(options: dict[str, Any]) -> MappingOptions:
    """Return what the options ask of the mapping."""
    return MappingOptions(options["pack"], options["soft_macs"])


def _add(function: Function, options: tuple[Callable[[Function], Function], ...]) -> Function:
    for option in reversed(options):
        function = option(function)
    return function


def make(options: dict[str, Any]) -> "tuple[DenseLayer, Folding, tuple[str, ...]]":
    """Check all options before a file is read, and make the layer."""
    from fcgen.design.manifest import check_names
    from fcgen.numerics.fixed import operand_format
    from fcgen.numerics.validation import check_sizes
    from fcgen.quantization.layer_options import make_layer
    from fcgen.schedule.folding import Folding

    shape, outputs = options["shape"], options["outputs"]
    default = {**options, "output_bits": options["activation_bits"]}
    given = default if options["output_bits"] is None else options
    weight, activation, output = (
        operand_format(f"--{kind}-bits", given[f"{kind}_bits"], not given[f"unsigned_{kind}s"])
        for kind in ("weight", "activation", "output")
    )
    check_sizes(shape, outputs, "SHAPE M")
    lanes = options["pe"], options["simd"], options["output_lanes"]
    folding = Folding(math.prod(shape), outputs, *lanes, weight.bits)
    check_names(options["name"], options["prefix"])
    layer, notes = make_layer(
        shape,
        outputs,
        weight_format=weight,
        activation_format=activation,
        output_format=output,
        **{key: options[key] for key in PASSED_ON},
    )
    return layer, folding, (*_without_effect(options), *notes)


def _without_effect(options: dict[str, Any]) -> list[str]:
    """Name the options of the outputs' type where accumulators leave the layer."""
    if not options["raw"]:
        return []
    given = {
        "--output-bits": options["output_bits"] is not None,
        "--unsigned-outputs": options["unsigned_outputs"],
    }
    return [f"{option} has no effect with --raw" for option, used in given.items() if used]

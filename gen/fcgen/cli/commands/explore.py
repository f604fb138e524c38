"""``fcgen explore``: many designs of one model, and the front of their trade-offs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.explore_options import Listed, Synthesis, check_kind
from fcgen.cli.commands.layer_options import Shape
from fcgen.cli.commands.model_options import (
    QUANTISER,
    end_of,
    notes_of,
    quantize_options,
    read,
    sweep_options,
)
from fcgen.cli.commands.options import FILE, Integer, Real, common
from fcgen.cli.commands.writing import check_tools
from fcgen.errors import bad_input
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.explore.subject import Subject


@click.command(short_help="Sweep bits, foldings and devices of a model.")
@click.argument("model", metavar="MODEL|SHAPE", type=str)
@click.argument("outputs", metavar="[M]", type=Integer(1), required=False)
@click.option("-o", "--output", "directory", type=FILE, required=True, help="Output directory.")
@click.option("--device", "devices", type=Listed(), required=True, help="As ecp5-25k,ice40-up5k.")
@click.option("--bits", type=Listed(), help="As 8,6,4x8 (weights x inputs); default 8,6,4.")
@click.option(
    "--folding", type=Listed(), help="Cycles a vector, or PExSIMD of each layer: 640,16x1+3x1."
)
@click.option("--pack", type=Listed(), default="auto", help="Weights a multiplier: auto,1,2.")
@click.option(
    "--seeds", type=Integer(1, 1000), default=1, show_default=True, help="Placements of a point."
)
@click.option(
    "--synth", type=Synthesis(), default="pareto", show_default=True, help="What is synthesised."
)
@click.option(
    "--margin", type=Real(), default=0.1, show_default=True, help="How wrong estimates may be."
)
@click.option("--jobs", type=Integer(1, 1024), default=2, show_default=True, help="Processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that does the work.")
@sweep_options
@click.option("--weights", type=FILE, help="Of a layer; default seeded random.")
@click.option("--bias", type=FILE, help="Of a layer, where the weights' file has none.")
@click.option("--relu", is_flag=True, help="Of a layer: no output below zero.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Estimate MODEL, or a layer of SHAPE M, for every bits, folding, packing and device.

    What may be worth it is synthesised then (--synth). A sweep that was interrupted goes on where
    it was when the same command runs again; --synth, --margin, --jobs and --scheduler may differ.

    Exit code 1 where the certificate of a quantised MODEL is not exact.
    """
    from fcgen.explore import cluster, flow, store, sweep, work
    from fcgen.explore.definition import define
    from fcgen.explore.point import Widths

    terminal = Terminal(json=as_json, quiet=quiet)
    check_kind(options)
    manner = work.Manner(options["synth"], options["margin"], options["jobs"], options["scheduler"])
    names = sweep.parse_devices(options["devices"])
    packs = sweep.parse_packs(options["pack"])
    widths = sweep.parse_widths(options["bits"] or ("8", "6", "4"))
    store.check(options["directory"])
    if options["scheduler"] is not None:
        cluster.check(options["scheduler"])
    elif options["synth"] != "none":
        check_tools(terminal, *work.tools(names))
    subject, own_widths = _subject(options, terminal)
    if own_widths:
        if options["bits"]:
            rule = "the file holds integers, which stay as they are"
            raise bad_input("--bits", ",".join(options["bits"]), rule, "leave the option out")
        widths = (Widths(),)
    foldings = sweep.parse_foldings(options["folding"], subject.layers)
    seeds = tuple(range(options["seed"], options["seed"] + options["seeds"]))
    axes = sweep.Axes(widths, foldings, packs, names, seeds)
    layer = options["outputs"] is not None
    what = f"{options['model']} {options['outputs']}" if layer else Path(options["model"])
    definition = define(what, axes, options["seed"], options)
    with terminal.progress() as progress:
        explored = flow.explore(subject, axes, definition, options["directory"], manner, progress)
    terminal.notes(explored.notes)
    certificate = subject.certificate()
    proof = [] if certificate is None else [certificate.line()]
    terminal.result([*explored.lines, *proof])
    for name, path in flow.files(options["directory"]).items():
        terminal.note(f"{name}: {path}")
    explored.check()
    terminal.record(explored.record)
    return 0 if certificate is None or certificate.exact else 1


def _subject(options: dict[str, Any], terminal: Terminal) -> "tuple[Subject, bool]":
    """Return what is explored, and whether its widths are its own."""
    from fcgen.explore.definition import OF_LAYERS
    from fcgen.explore.subject import LayerSubject, ModelSubject
    from fcgen.load.model import Model
    from fcgen.numerics.validation import check_sizes

    if options["outputs"] is not None:
        context = click.get_current_context()
        parameter = next(one for one in context.command.params if one.name == "model")
        shape = Shape().convert(options["model"], parameter, context)
        check_sizes(shape, options["outputs"], "SHAPE M")
        files = {name: options[name] for name in OF_LAYERS}
        return LayerSubject(shape, options["outputs"], **files, seed=options["seed"]), False
    names = {option: option.lstrip("-").replace("-", "_") for option in QUANTISER}
    whole = {names[option]: default for option, default in QUANTISER.items()} | options
    quantizer, end = quantize_options(whole), end_of(whole)
    model, data = read(whole)
    terminal.notes(notes_of(model, data))
    return ModelSubject(model, data, quantizer, end), not isinstance(model, Model)

"""``fcgen quantize``: a model of floats to a network of integers, and what that costs."""

from pathlib import Path
from typing import Any

import click

from fcgen.cli.commands.model_options import (
    check_export,
    end_of,
    export,
    model_options,
    quantize_options,
    read,
)
from fcgen.cli.commands.options import FILE, common
from fcgen.errors import bad_input
from fcgen.text.terminal import Terminal


@click.command(short_help="Quantise a model, and say what is lost.")
@click.argument("model", metavar="MODEL", type=FILE)
@click.option("-o", "--output", type=FILE, help="JSON file for the network; compile takes it.")
@model_options
@common
def command(output: Path | None, as_json: bool, quiet: bool, **options: Any) -> None:
    """Quantise MODEL as `fcgen compile` does, without choosing any hardware."""
    from fcgen.compile import quantization_fields
    from fcgen.load.arrays.vector_file import check_writable, write_whole
    from fcgen.load.model import Model
    from fcgen.quantization.accuracy import accuracy
    from fcgen.quantization.model import quantize

    terminal = Terminal(json=as_json, quiet=quiet)
    check_export(options)
    if output is not None:
        check_writable(output, "--output")
    quantizer, end = quantize_options(options), end_of(options)
    model, data = read(options)
    if not isinstance(model, Model):
        rule = "must be a model of floats"
        raise bad_input("MODEL", options["model"].name, rule, "compile or certify this one")
    terminal.notes(data.notes)
    found = quantize(model, data.calibration, quantizer, end)
    measured = accuracy(model, found, data, quantizer)
    terminal.notes(found.notes if measured else (*found.notes, *found.input_notes))
    terminal.result([*found.lines(), *([measured.line()] if measured else [])])
    if output is not None:
        text = found.network.to_json().encode()
        write_whole(output, lambda stream: stream.write(text), "--output")
    export(options, found, model.input_name, terminal)
    terminal.record({**quantization_fields(found), "accuracy": measured and measured.as_dict()})

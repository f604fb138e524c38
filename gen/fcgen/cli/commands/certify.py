"""``fcgen certify``: the proof that a network equals the runtime that its model came from."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fcgen.cli.commands.model_options import TARGETS
from fcgen.cli.commands.options import FILE, Choice, common
from fcgen.cli.commands.value_types import InputFormat
from fcgen.errors import bad_input
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.numerics.real_map import InputGrid


@click.command(short_help="Prove that a network equals its source runtime.")
@click.argument("model", metavar="MODEL", type=FILE)
@click.option("-o", "--output", type=FILE, help="JSON file for the certificate.")
@click.option("--target", type=Choice(TARGETS), help="Whose integers; default the file's own.")
@click.option(
    "--input-format", type=InputFormat(), help="Of inputs that an ONNX graph leaves open."
)
@common
def command(
    model: Path,
    output: Path | None,
    target: str | None,
    input_format: "InputGrid | None",
    as_json: bool,
    quiet: bool,
    seed: int,
) -> int:
    """Compare every threshold of the quantised MODEL with that of the network made of it.

    Exit code 1 where they differ; the accumulators for which they do are listed.
    """
    from fcgen.certification.certify import certify
    from fcgen.load.arrays.vector_file import check_writable, write_whole
    from fcgen.load.detect import load_model
    from fcgen.load.integer_model import IntegerModel

    terminal = Terminal(json=as_json, quiet=quiet)
    if output is not None:
        check_writable(output, "--output")
    found = load_model(model, target, input_format)
    if not isinstance(found, IntegerModel):
        rule = "has floats: its network is exact by construction where the quantiser claims it"
        raise bad_input(model, found.format, rule, "give a quantised model")
    terminal.notes(found.notes)
    _, certificate = certify(found)
    if output is not None:
        text = certificate.to_json().encode()
        write_whole(output, lambda stream: stream.write(text), "--output")
    lines = [certificate.line()]
    lines += [
        f"{one.layer}, output {one.output}: accumulators {one.first:,} to {one.last:,}: "
        f"{one.steps:+d}: {one.reason}"
        for one in certificate.differences[:10]
    ]
    terminal.result(lines)
    terminal.record({"certificate": certificate.as_dict()})
    return 0 if certificate.exact else 1

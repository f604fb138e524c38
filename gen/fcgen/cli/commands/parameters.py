"""``fcgen parameters``: weights for a design that runs, as a program of one's own writes them."""

import os
from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, common
from fcgen.text.terminal import Terminal


@click.command(short_help="Write run-time weights as a C header or a table.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--load-weights", type=FILE, help="Another training; default the design's own.")
@click.option("-o", "--output", type=FILE, required=True, help="C header (.h) or table (.csv).")
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(
    directory: Path,
    load_weights: Path | None,
    output: Path,
    force: bool,
    as_json: bool,
    quiet: bool,
    seed: int,
) -> None:
    """Write all words that the design in DIR takes over its bus or its parameter port."""
    from fcgen.accelerator import open
    from fcgen.design.loaded_parameters import load_parameters
    from fcgen.design.manifest_reader import check_not_of_a_design
    from fcgen.design.parameter_image import ParameterImage, text_for
    from fcgen.errors import bad_input
    from fcgen.load.arrays.vector_file import check_writable, write_whole

    terminal = Terminal(json=as_json, quiet=quiet)
    check_writable(output, "--output")
    check_not_of_a_design(output, "--output")
    if load_weights is not None and os.path.realpath(output) == os.path.realpath(load_weights):
        rule = "is the file of the weights, which would be lost"
        raise bad_input("--output", output, rule, "choose another file")
    accelerator = open(directory, force)
    terminal.notes(accelerator.notes)
    network = accelerator.network
    if load_weights is not None:
        network, notes = load_parameters(network, load_weights)
        terminal.notes(notes)
    image = ParameterImage.of(accelerator.design, network)
    text = text_for(image, output)
    write_whole(output, lambda stream: stream.write(text.encode()), "--output")
    if as_json:
        terminal.record({"file": str(output), **image.as_dict()})
        return
    words, runs = len(image.writes), len(image.runs())
    count = f"{words:,} parameter words in {runs:,} runs"
    terminal.result([f"{output}: {count} for {image.top}; weights {image.weights_hash[:12]}"])

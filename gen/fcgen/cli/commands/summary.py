"""``fcgen summary``: what a design is and costs."""

from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, common
from fcgen.text.terminal import Terminal


@click.command(short_help="Print what a design is and costs.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--force", is_flag=True, help="Go on although a file has changed.")
@common
def command(directory: Path, force: bool, as_json: bool, quiet: bool, seed: int) -> None:
    """Print size, folding, cycles, formats and memories of the design in DIR."""
    from fcgen.accelerator import open

    terminal = Terminal(json=as_json, quiet=quiet)
    accelerator = open(directory, force)
    terminal.notes(accelerator.notes)
    summary = accelerator.summary()
    if as_json:
        terminal.record(summary.as_dict())
    else:
        terminal.result(summary.lines())

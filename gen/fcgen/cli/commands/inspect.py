"""``fcgen inspect``: a model as it was read."""

from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, common
from fcgen.text.terminal import Terminal


@click.command(short_help="Print a model as it was read, node by node.")
@click.argument("model", metavar="MODEL", type=FILE)
@common
def command(model: Path, as_json: bool, quiet: bool, seed: int) -> None:
    """Print the layers that were found in MODEL, and what became of each node of the file."""
    from fcgen.load.detect import load_model
    from fcgen.load.model_text import as_dict, lines

    terminal = Terminal(json=as_json, quiet=quiet)
    found = load_model(model)
    if as_json:
        terminal.record(as_dict(found))
    else:
        terminal.result(lines(found))

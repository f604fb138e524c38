"""``fcgen boards``: the boards that a bitstream can be made for."""

import click

from fcgen.cli.commands.options import common
from fcgen.text.terminal import Terminal


@click.command(short_help="List the boards and what fits them.")
@common
def command(as_json: bool, quiet: bool, seed: int) -> None:
    """List the boards: part, oscillator, and what is left beside the host link."""
    from fcgen.boards.listing import lines, offers

    terminal = Terminal(json=as_json, quiet=quiet)
    found = offers()
    terminal.result(lines(found))
    terminal.record({"boards": [one.as_dict() for one in found]})

"""``fcgen doctor``: the tools that are there, and how to get those that are not."""

import click

from fcgen.cli.commands.options import common
from fcgen.errors import ToolError
from fcgen.text.terminal import Terminal


@click.command(short_help="Look for every tool.")
@common
def command(as_json: bool, quiet: bool, seed: int) -> int:
    """Look for every tool: version, place, and the command that installs what is missing."""
    from fcgen.cli.doctor import diagnose

    terminal = Terminal(json=as_json, quiet=quiet)
    diagnosis = diagnose()
    if as_json:
        terminal.record(diagnosis.as_dict())
    else:
        terminal.result(diagnosis.lines())
    return 0 if diagnosis.healthy else ToolError.exit_code

"""``fcgen flash``: a bitstream into its board."""

from typing import Any

import click

from fcgen.commands.options import FILE, common
from fcgen.terminal import Terminal


@click.command(short_help="Load a bitstream into its board.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--board", metavar="BOARD", help="Default, and checked: what DIR was built for.")
@click.option("--permanent", is_flag=True, help="Into the flash memory; it stays without power.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Load the bitstream that `fcgen build` put into DIR, by openFPGALoader."""
    from fcgen.boards.build_file import read
    from fcgen.boards.flash import TOOL, flash

    terminal = Terminal(json=as_json, quiet=quiet)
    build = read(options["directory"])
    with terminal.progress() as progress:
        progress(f"{TOOL}: {build.bitstream.name} into {build.board}")
        words = flash(build, board=options["board"], permanent=options["permanent"])
    terminal.result([f"{build.board}: {build.bitstream} is loaded"])
    terminal.record({"board": build.board, "bitstream": str(build.bitstream), "command": words})
    terminal.note(f"next: fcgen run {options['directory']} --board auto")

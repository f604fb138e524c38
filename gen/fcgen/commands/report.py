"""``fcgen report``: one page about a design."""

from pathlib import Path

import click

from fcgen.commands.options import FILE, common
from fcgen.terminal import Terminal


@click.command(short_help="One page about a design, as HTML.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("-o", "--output", type=FILE, help="HTML file to write; default DIR.report.html.")
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(
    directory: Path, output: Path | None, force: bool, as_json: bool, quiet: bool, seed: int
) -> None:
    """Write one page with all that is known of the design in DIR.

    It reads the design and the last results of `fcgen simulate` and `fcgen synth` beside it, runs
    neither, and says which command gives what is not there yet.
    """
    import gc

    from fcgen.report import write

    gc.disable()  # what a page is made of ends with the process: a third of the time is saved
    terminal = Terminal(json=as_json, quiet=quiet)
    path = write(directory, output, force)
    size = path.stat().st_size
    terminal.result([f"{path}: {size / 1e3:,.0f} kB in one file; open it in a browser"])
    terminal.record({"report": str(path), "bytes": size})

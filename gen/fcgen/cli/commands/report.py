"""``fcgen report``: one page about a design or a bitstream."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, common
from fcgen.text.terminal import Terminal


@click.command(short_help="One page about a design, as HTML.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option(
    "-o",
    "--output",
    type=FILE,
    help="HTML file to write; default DIR.report.html, of a build DIR/report.html.",
)
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(
    directory: Path, output: Path | None, force: bool, as_json: bool, quiet: bool, seed: int
) -> None:
    """Write one page with all that is known of the design, or the build, in DIR.

    It reads the design and the last results of `fcgen simulate` and `fcgen synth` beside it, runs
    neither, and says which command gives what is not there yet.
    """
    from fcgen.report import write

    terminal = Terminal(json=as_json, quiet=quiet)
    with _uncollected():
        path = write(directory, output, force)
    size = path.stat().st_size
    terminal.result([f"{path}: {size / 1e3:,.0f} kB in one file; open it in a browser"])
    terminal.record({"report": str(path), "bytes": size})


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nothing be collected, which takes a third of the time: the process ends soon."""
    from amaranth.hdl import UnusedElaboratable

    # Estimates make components that they need not elaborate; Amaranth says so when they go.
    warnings.simplefilter("ignore", UnusedElaboratable)
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

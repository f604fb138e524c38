"""``fcgen report``: one page about a design."""

from pathlib import Path

import click

from fcgen.commands.options import FILE, common
from fcgen.errors import ToolError
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
    from fcgen.load.vector_file import check_writable, write_whole
    from fcgen.manifest_reader import read

    terminal = Terminal(json=as_json, quiet=quiet)
    read(directory)
    path = output or directory.resolve().with_name(f"{directory.resolve().name}.report.html")
    check_writable(path, "-o")
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ToolError(
            f"{error.name}: not installed: it draws the report; pip install 'fcgen[report]'"
        ) from None
    from fcgen.report.evidence import gather
    from fcgen.report.page import page

    text = page(gather(directory, force)).encode()
    write_whole(path, lambda stream: stream.write(text), "-o")
    terminal.result([f"{path}: {len(text) / 1e3:,.0f} kB, open it in a browser"])
    terminal.record({"report": str(path), "bytes": len(text)})

"""``fcgen demo``: handwritten digits from trained weights to verified Verilog."""

from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, common, engine
from fcgen.cli.commands.writing import check_output, writing
from fcgen.text.terminal import Terminal


@click.command(short_help="Digits, from trained weights to verified Verilog.")
@click.option(
    "-o", "--output", "directory", type=FILE, default="build/demo", show_default=True, help="Where."
)
@engine
@common
def command(directory: Path, engine: str | None, as_json: bool, quiet: bool, seed: int) -> int:
    """Recognise handwritten digits in emitted Verilog, and compare every integer."""
    from fcgen.demo import demo

    terminal = Terminal(json=as_json, quiet=quiet)
    check_output(directory)
    with writing(terminal) as progress:
        result = demo.run(directory, engine=engine, seed=seed, progress=progress)
    terminal.notes(result.notes)
    if as_json:
        terminal.record(result.as_dict())
    else:
        terminal.result(result.lines())
    return 0 if result.equal else 1

"""``fcgen flash``: a bitstream into its board."""

import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import FILE, common
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.boards.build_file import Build


@click.command(short_help="Load a bitstream into its board.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--board", metavar="BOARD", help="Default, and checked: what DIR was built for.")
@click.option("--permanent", is_flag=True, help="Into the flash memory; it stays without power.")
@click.option(
    "--load-weights", type=FILE, help="Weights for the flash memory, in place of the design's."
)
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Load the bitstream that `fcgen build` put into DIR, by openFPGALoader.

    Where the chip loads its weights at start they are written to the flash memory first, also
    without --permanent.
    """
    from fcgen.boards.build_file import read
    from fcgen.boards.flash import flash
    from fcgen.errors import bad_input

    terminal = Terminal(json=as_json, quiet=quiet)
    build = read(options["directory"])
    chosen = {"board": options["board"], "permanent": options["permanent"]}
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        image = None
        if options["load_weights"] is not None:
            image = Path(folder) / "weights.bin"
            content = _image(terminal, build, options["load_weights"])
            try:
                image.write_bytes(content)
            except OSError as error:
                raise bad_input(image, error.strerror, "must be writable", "make room") from None
        with terminal.progress() as progress:
            commands = flash(build, **chosen, weights=image, say=progress)
    lines = [f"{build.board}: {build.bitstream} is loaded"]
    if build.weights is not None:
        weights = options["load_weights"] or build.weights.path
        lines.append(f"{build.board}: the weights of {weights} are in its flash memory")
    terminal.result(lines)
    record = {"board": build.board, "bitstream": str(build.bitstream)}
    terminal.record({**record, "command": commands[-1], "commands": commands})
    terminal.note(f"next: fcgen run {shlex.quote(str(options['directory']))} --board auto")


def _image(terminal: Terminal, build: "Build", path: Path) -> bytes:
    """Return what the flash memory gets for other weights."""
    from fcgen.boards import flash_image
    from fcgen.design.design import Design
    from fcgen.design.loaded_parameters import load_parameters
    from fcgen.errors import bad_input

    if build.weights is None:
        rule = f"the chip of {build.directory} loads no weights from a flash memory"
        raise bad_input("--load-weights", path, rule, "give it to `fcgen run`, or build again")
    design = Design.open(build.design)
    network, notes = load_parameters(design.network, path)
    terminal.notes(notes)
    content = flash_image.image(design, network)
    flash_image.check_size(build.weights.memory, len(content))
    return content

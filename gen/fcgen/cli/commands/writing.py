"""What commands that write a design say while they do."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.tools.wheels import Wheel


def check_output(directory: Path) -> None:
    """Check that the output directory can be written, before anything is made or said."""
    from fcgen.design.manifest_reader import is_design
    from fcgen.files.output_directory import check_replaceable

    check_replaceable(directory, is_design)


def check_kept(directory: Path, options: Mapping[str, Any]) -> None:
    """Refuse files of the user in a directory that is replaced whole: they would be lost.

    A design's own reference may be there, as the next design has the same one.
    """
    from fcgen.design.manifest import REFERENCE
    from fcgen.errors import bad_input

    place = os.path.realpath(directory)
    for name, value in options.items():
        if name == "directory" or not isinstance(value, (str, Path)) or os.path.isdir(value):
            continue
        # A file that is to be written need not be there; a word is seldom a file.
        named = isinstance(value, Path) or os.path.isfile(value)
        path = Path(os.path.realpath(value)) if named else None
        if path is not None and path.name != REFERENCE and path.is_relative_to(place):
            option = "MODEL" if name == "model" else f"--{name.replace('_', '-')}"
            rule = f"is in {directory}, which is replaced whole, and would be lost"
            raise bad_input(option, value, rule, "move it, or choose another -o")


def check_tools(terminal: Terminal, *tools: "Wheel") -> None:
    """Check that tools are there, and say of which the first start takes long."""
    for tool in tools:
        tool.command()
        if not tool.prepared:
            terminal.note(
                f"{tool.name} compiles itself for this machine, once: "
                f"about {tool.seconds} seconds of one processor"
            )


@contextmanager
def writing(terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Give the function that says what goes on, after a word where Yosys has to prepare itself."""
    from fcgen.tools.yosys import YOSYS

    check_tools(terminal, YOSYS)
    with terminal.progress() as progress:
        yield progress

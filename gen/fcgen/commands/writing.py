"""What commands that write a design say while they do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.wheels import Wheel


def check_output(directory: Path) -> None:
    """Check that the output directory can be written, before anything is made or said."""
    from fcgen.manifest_reader import is_design
    from fcgen.output_directory import check_replaceable

    check_replaceable(directory, is_design)


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
    from fcgen.yosys import YOSYS

    check_tools(terminal, YOSYS)
    with terminal.progress() as progress:
        yield progress

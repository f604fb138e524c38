"""What commands that write a design say while they do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fcgen.terminal import Terminal


def check_output(directory: Path) -> None:
    """Check that the output directory can be written, before anything is made or said."""
    from fcgen.manifest_reader import is_design
    from fcgen.output_directory import check_replaceable

    check_replaceable(directory, is_design)


@contextmanager
def writing(terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Give the function that says what goes on, after a word where Yosys has to prepare itself."""
    from fcgen import yosys

    if not yosys.is_prepared():
        terminal.note(
            "Yosys compiles itself for this machine, once: about 75 seconds of one processor"
        )
    with terminal.progress() as progress:
        yield progress

"""Boards: one TOML file each in this folder, and what their families need beside the devices."""

from functools import cache
from pathlib import Path

from fcgen.boards.board import Board
from fcgen.boards.board_file import read
from fcgen.errors import bad_input

FOLDER = Path(__file__).parent
SUFFIX = ".toml"


def names() -> tuple[str, ...]:
    """Return the names of all boards."""
    return tuple(sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}")))


@cache
def find(name: str) -> Board:
    """Return a board by its name, or by the path of a file that describes another one.

    Raises
    ------
    InputError
        When there is no such board, or its file is wrong.
    """
    if name.endswith(SUFFIX):
        return read(Path(name))
    if name not in names():
        rule = f"is not a known board ({', '.join(names())})"
        raise bad_input("--board", name, rule, "choose one of these, or give a .toml file")
    return read(FOLDER / f"{name}{SUFFIX}")

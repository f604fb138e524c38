"""Which toolchain a board has."""

from fcgen.boards import ecp5, gowin, ice40
from fcgen.boards.board import Board
from fcgen.boards.toolchain import Toolchain
from fcgen.errors import bad_input

TOOLCHAINS: dict[str, Toolchain] = {
    "ecp5": ecp5.TOOLCHAIN,
    "gowin": gowin.TOOLCHAIN,
    "ice40": ice40.TOOLCHAIN,
}


def toolchain(board: Board) -> Toolchain:
    """Return the toolchain of a board.

    Raises
    ------
    InputError
        When bitstreams of its family cannot be made with open tools.
    """
    name = board.family.name
    if name not in TOOLCHAINS:
        rule = f"no open tool makes bitstreams of {name}"
        raise bad_input("--board", board.name, rule, f"name one of {', '.join(TOOLCHAINS)}")
    return TOOLCHAINS[name]

"""Whether a design can fit a board, beside the host link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fcgen import boards
from fcgen.boards.board import Board
from fcgen.boards.toolchains import toolchain
from fcgen.devices.device import MappingOptions, Usage
from fcgen.estimation.estimate import Estimate
from fcgen.estimation.room import check_room
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule

KEPT_RAMS = 1
"""Block RAMs that are kept free for the link beyond those that it takes."""


def check_board(
    board: Board,
    estimate: Estimate,
    network: Network,
    schedule: Schedule,
    options: MappingOptions,
) -> None:
    """Refuse a network that cannot fit a board, and name the boards that it fits.

    Raises
    ------
    DoesNotFit
        One line that says what is too much.
    """
    check_room(
        estimate,
        network,
        schedule,
        options,
        beside=_link(board, network),
        others=_others(board, network),
        subject=f"{board.name} ({board.device.name})",
    )


def _others(board: Board, network: Network) -> Iterator[tuple[str, str, Usage]]:
    """Give other boards with their devices, and what the link takes there."""
    for name in boards.names():
        other = boards.find(name)
        if other.device != board.device:
            yield name, other.device.name, _link(other, network)


def _link(board: Board, network: Network) -> Usage:
    """Return what the host link surely takes."""
    kept = toolchain(board).reserve(board, runtime_weights=network.runtime_weights)
    return replace(kept, ram=kept.ram - KEPT_RAMS)

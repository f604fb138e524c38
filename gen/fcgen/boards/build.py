"""The search for a clock that a board's routed design meets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from fcgen.boards import bitstream
from fcgen.boards.baud import baud_rate, default_baud
from fcgen.boards.bitstream import Trial
from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ, PllSetting
from fcgen.boards.toolchains import toolchain
from fcgen.design.design import Design
from fcgen.errors import CheckError

ATTEMPTS = 4
SLOWER = Fraction(3, 100)
"""How much below the clock that was reached the next one is, once more with every attempt."""


def first_clock(board: Board, estimate_mhz: float | None = None) -> float:
    """Return the MHz to begin with: what design and host link are expected to reach."""
    link = toolchain(board).link_mhz[board.device.name]
    return min(link, estimate_mhz) if estimate_mhz else link


def routed(
    design: Design,
    board: Board,
    mhz: float,
    folder: Path,
    *,
    fixed: bool = False,
    baud: int | None = None,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> list[Trial]:
    """Route a design until it meets its clock; the last trial does.

    The clock is in the hardware, as the divider of the serial line and in INFO, so that a slower
    one is a new design, whose Fmax is another one: it is routed again, below what was reached.

    Parameters
    ----------
    design : Design
    board : Board
    mhz : float
        At most; the PLL's nearest below is taken.
    folder : Path
        Gets a folder a trial.
    fixed : bool
        No slower clock will do.
    baud : int, optional
        Default the highest usual one that board and clock can have.
    seed : int
        Of the placement.
    say : callable

    Raises
    ------
    CheckError
        When no clock is met, or the design does not fit.
    InputError
        When the clock or the rate cannot be had.
    ToolError
        When a tool is missing or fails.
    """
    chip = toolchain(board)
    setting = chip.setting(board, mhz * MHZ)
    trials: list[Trial] = []
    while setting is not None and len(trials) < ATTEMPTS:
        trial = _trial(design, board, setting, baud, seed, folder, say)
        trials.append(trial)
        if trial.met:
            return trials
        say(f"{trial.mhz:.2f} MHz: not met, {trial.fmax_mhz:.2f} MHz were reached")
        if fixed:
            break
        margin = 1 - SLOWER * len(trials)
        reached = min(Fraction(trial.fmax_mhz) * MHZ, setting.hz)
        setting = chip.setting(board, reached * margin)
    raise _unmet(board, mhz, trials, fixed)


def _trial(
    design: Design,
    board: Board,
    setting: PllSetting,
    baud: int | None,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
) -> Trial:
    wanted = default_baud(setting.hz, board.baud) if baud is None else baud
    rate = baud_rate(setting.hz, wanted)
    place = folder / f"{round(setting.hz)}hz"
    return bitstream.route(design, board, setting, rate, seed, place, say)


def _unmet(board: Board, mhz: float, trials: list[Trial], fixed: bool) -> CheckError:
    if not trials:
        return CheckError(
            f"--clock: {mhz:g} MHz: neither the PLL nor the oscillator of {board.name} is as slow; "
            "choose a faster clock"
        )
    last = trials[-1]
    reached = ", ".join(f"{trial.fmax_mhz:.2f}" for trial in trials)
    remedy = "choose a slower --clock, or leave it out" if fixed else "try another --seed"
    return CheckError(
        f"{board.name}: timing is not met: {last.mhz:.2f} MHz were asked for, {reached} MHz were "
        f"reached; {remedy}; logs: {last.folder}",
        {"fits": True, "fmax_mhz": [trial.fmax_mhz for trial in trials]},
    )

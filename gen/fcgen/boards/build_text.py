"""The printed form of a build."""

from __future__ import annotations

from math import floor
from typing import Any

from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ
from fcgen.synthesis.fit import RESOURCES
from fcgen.synthesis.result_text import figures, megahertz
from fcgen.text.table import box
from fcgen.text.wording import count


def lines(values: dict[str, Any], board: Board) -> list[str]:
    """Return the lines that `fcgen build` prints.

    Parameters
    ----------
    values : dict
        Of ``build.json``.
    board : Board
    """
    share, device = values["device_share"], board.device
    rows = [
        (
            title,
            f"{values[used]:,}",
            f"{getattr(device, available):,}",
            f"{share[used]:.1f} %",
        )
        for title, used, available in RESOURCES
        if used in share
    ]
    pll = ", ".join(f"{name} {value}" for name, value in values["pll"].items()) or "not used"
    chip, line = values["inferences_per_second"], values["line_inferences_per_second"]
    facts = [
        ("Clock", f"{values['clock_mhz']:.6g} MHz from {board.clock_hz / MHZ:g} MHz: {pll}"),
        ("Fmax", f"{megahertz(values['fmax_capped_mhz'])} MHz: timing is met"),
        ("Cap", values["fmax_cap_reason"]),
        ("Serial line", f"{values['baud']:,} baud, {_off(values['baud_error'])}"),
        ("Latency", count(values["latency"], "cycle")),
        ("Inferences", f"{floor(chip):,} a second on the chip, {floor(line):,} over its line"),
    ]
    return [*box((f"{board.name}, {board.part}", "Used", "Of", "Share"), rows), *figures(facts)]


def _off(error: float) -> str:
    """Return how far a rate is off; what is not nothing never reads as nothing."""
    if not error:
        return "exact"
    text = f"{100 * error:+.4f}"
    return f"{text} % off" if float(text) else "less than 0.0001 % off"

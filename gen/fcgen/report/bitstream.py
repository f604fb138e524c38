"""The bitstream that a design is in: what stands in the ``build.json`` beside it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fcgen.boards import build_file
from fcgen.boards.pll import MHZ
from fcgen.design.design import Design
from fcgen.design.manifest import MANIFEST, hash_file
from fcgen.errors import InputError, bad_input
from fcgen.report.content import Section, Table
from fcgen.report.synthesis import Synthesis, from_values
from fcgen.report.wording import rate
from fcgen.synthesis.result_text import megahertz

KEY, TITLE = "board", "Board"
_REMEDY = "build it again"


@dataclass(frozen=True)
class Bitstream:
    """A bitstream for a board.

    Attributes
    ----------
    directory : Path
        Of the build.
    synthesis : Synthesis
        Of the whole chip at the clock that the board gives it.
    line_rate : float
        Vectors a second that its serial line carries at most.
    facts : tuple of (str, str)
        What there is to say of it.
    from_flash : bool
        The chip loads its weights from the board's flash memory.
    """

    directory: Path
    synthesis: Synthesis
    line_rate: float
    facts: tuple[tuple[str, str], ...]
    from_flash: bool

    @property
    def flash_command(self) -> str:
        """The command that loads it, so that it starts with its weights."""
        words = ["fcgen", "flash", str(self.directory)]
        return shlex.join([*words, "--permanent"] if self.from_flash else words)


def bitstream_of(design: Design) -> tuple[Bitstream | None, list[Path]]:
    """Return the bitstream of the build that a design stands in, and the file of another design's.

    Raises
    ------
    InputError
        One line that names the file, when it is not what `fcgen build` wrote.
    """
    place = design.directory.resolve()
    folder, path = place.parent, place.parent / build_file.FILE
    if place.name != build_file.DESIGN or not build_file.is_build(folder):
        return None, []
    build, values = build_file.read(folder), build_file.load(folder)
    if values.get("design_manifest_sha256") != hash_file(design.directory / MANIFEST):
        return None, [path]
    build.check()
    try:
        return _parse(design.directory.parent, path, values, build.weights is not None), []
    except (
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        InputError,
    ) as error:
        rule = "is not what fcgen build writes"
        raise bad_input(path, f"{type(error).__name__} {error}", rule, _REMEDY) from None


def _parse(folder: Path, path: Path, values: dict[str, Any], from_flash: bool) -> Bitstream:
    named = {"seeds": [values["seed"]], "target_mhz": values["clock_mhz"]}
    routed = from_values(path, {**values, **named})
    made = replace(
        routed,
        clock=float(values["clock_mhz"]),
        board=str(values["title"]),
        command=str(values["command"]),
    )
    start = "from the board's flash memory" if from_flash else "from the host"
    line = float(values["line_inferences_per_second"])
    pll = ", ".join(f"{name} {int(value)}" for name, value in values["pll"].items())
    oscillator = int(values["oscillator_hz"]) / MHZ
    facts = (
        ("Board", f"{made.board}, {values['part']}"),
        ("File", f"{values['bitstream']}, SHA-256 {values['bitstream_sha256']}"),
        ("Build", str(values["build_id"])),
        ("Clock", f"{made.clock:.6g} MHz from {oscillator:g} MHz: {pll or 'no PLL'}"),
        ("Routed Fmax", f"{megahertz(routed.fmax[0])} MHz, so that the clock is met"),
        ("Serial line", f"{int(values['baud']):,} baud, {rate(line)} vectors a second at most"),
        ("Weights", "in the bitstream" if values["weights_at_start"] else f"{start} at start"),
    )
    return Bitstream(folder, made, line, facts, from_flash)


def section(found: Bitstream) -> Section:
    """Return what there is to know of the board's bitstream, and how to use it."""
    table = Table("The bitstream", ("What", "Value"), found.facts)
    return Section(KEY, TITLE, tables=(table,), wide=True)

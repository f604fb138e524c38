"""From a design to a bitstream at one clock: link, top module, Yosys, nextpnr, packer."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fcgen.boards import host_link
from fcgen.boards.baud import BaudRate
from fcgen.boards.board import Board
from fcgen.boards.pll import MHZ, PllSetting
from fcgen.boards.toolchains import toolchain
from fcgen.boards.top import TOP, board_text
from fcgen.design.design import Design
from fcgen.devices.device import Cap, Usage
from fcgen.hardware.host.link_plan import LinkPlan
from fcgen.schedule.mapping import GENERIC
from fcgen.synthesis import fit, netlist, report
from fcgen.synthesis.flow import capped
from fcgen.synthesis.pins import INSTANCE
from fcgen.synthesis.report import Report
from fcgen.synthesis.routing import NoPlace
from fcgen.synthesis.sources import Sources
from fcgen.tools.nextpnr import nextpnr
from fcgen.tools.wheels import Wheel
from fcgen.tools.yosys import YOSYS

REPORT, ROUTE_LOG, ROUTE_KEY, PACK_LOG = "report.json", "nextpnr.log", "routed.key", "pack.log"
DESIGN = f"{INSTANCE}.design_."
"""What the names of the design's cells begin with; its instance has the name of a keyword."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """A design that was routed for a clock.

    Attributes
    ----------
    setting : PllSetting
    rate : BaudRate
    folder : Path
        With all its files.
    plan : LinkPlan
        Of the host link.
    usage : Usage
        Of all that is on the chip.
    fmax_mhz : float
        What nextpnr reached, not above the cap.
    cap : Cap, optional
    path : report.Path
        The slowest.
    parts : mapping
        What each part of the design takes by Yosys' count, under an empty name what is in none.
    """

    setting: PllSetting
    rate: BaudRate
    folder: Path
    plan: LinkPlan
    usage: Usage
    fmax_mhz: float
    cap: Cap | None
    path: report.Path
    parts: Mapping[str, Usage]

    @property
    def mhz(self) -> float:
        """The clock."""
        return float(self.setting.hz / MHZ)

    @property
    def met(self) -> bool:
        """Whether the design is fast enough for its clock."""
        return self.fmax_mhz >= self.mhz


def tools(board: Board) -> tuple[Wheel, Wheel, Wheel]:
    """Return the tools of a bitstream, in the order of their use."""
    return YOSYS, nextpnr(board.family.nextpnr), toolchain(board).packer(board)[0]


def route(
    design: Design,
    board: Board,
    setting: PllSetting,
    rate: BaudRate,
    seed: int,
    folder: Path,
    say: Say = lambda _: None,
) -> Trial:
    """Put a design with its link and its clock onto a board, up to the routed chip.

    What an earlier run with the same inputs left in the folder is used.

    Raises
    ------
    DoesNotFit
        When the board's device is too small.
    ToolError
        When a tool is missing or fails.
    """
    chip = toolchain(board)
    family, device = board.family, chip.part(board)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as temporary:
        place = Path(temporary)
        clock_hz = round(setting.hz)
        rates = {"clock_hz": clock_hz, "baud": rate.baud}
        link = host_link.write(design, place, **rates, flash=board.flash, progress=say)
        if link.plan.flash is not None:
            board = board.reading_flash
        prefix = host_link.link_prefix(design)
        top = f"{prefix}{TOP}"
        (place / f"{top}.v").write_text(board_text(board, chip, setting, link.top, prefix))
        images = [*design.manifest.images, link.plan.image]
        files = (*link.sources, place / f"{top}.v")
        sources = Sources(files, tuple(place / name for name in images), top, ())
        texts = {
            netlist.SCRIPT: _script(sources, board),
            chip.constraint_file: chip.constraints(board),
        }
        say(f"yosys: {design.top} on {board.name}")
        key = netlist.run(sources, texts, folder, YOSYS)
    made = family.usage(netlist.cells(top, folder))
    folding = design.schedule.foldings[0] if len(design.schedule) == 1 else None
    fit.check(made, family, device, folding)
    try:
        found = _routed(board, float(setting.hz / MHZ), seed, key, folder, say)
    except NoPlace as error:
        raise fit.does_not_fit(str(error), made, family, device, folding) from None
    usage = family.usage(found.cells)
    if not usage.ff:  # nextpnr does not count them by themselves
        usage = replace(usage, ff=made.ff)
    # The link's block RAMs are nobody's mapping.
    cap = family.lowest_cap(device, board.speed, (*design.mappings, GENERIC), usage)
    inside = netlist.parts(top, folder, DESIGN)
    return Trial(
        setting,
        rate,
        folder,
        link.plan,
        usage,
        capped(found.mhz, cap),
        cap,
        found.path,
        {part: family.usage(cells) for part, cells in inside.items()},
    )


def _script(sources: Sources, board: Board) -> str:
    family, top = board.family, sources.top
    lines = [
        *netlist.reads(sources, family),
        family.synthesis(top),
        *netlist.pads(family, top),
        "check -assert",
        f"tee -q -o {netlist.COUNTS} stat -json",
        f"write_json {netlist.NETLIST}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _routed(board: Board, mhz: float, seed: int, key: str, folder: Path, say: Say) -> Report:
    """Run nextpnr, or take what an earlier run with the same inputs left."""
    chip, tool = toolchain(board), nextpnr(board.family.nextpnr)
    options = [
        *board.family.place_and_route(chip.part(board), board.speed),
        *("--json", netlist.NETLIST, *chip.routed_options(), "--freq", f"{mhz:.6f}"),
        *("--timing-allow-fail", "--seed", str(seed), "--report", REPORT, "--log", ROUTE_LOG),
        "--quiet",
    ]
    said = json.dumps([key, tool.name, tool.version, options])
    wanted = hashlib.sha256(said.encode()).hexdigest()
    stored = folder / ROUTE_KEY
    found = _kept(stored, wanted)
    if found is not None:
        return found
    stored.unlink(missing_ok=True)
    say(f"{tool.name}: {board.name} at {mhz:.2f} MHz, seed {seed}")
    outcome = tool.run(options, folder)
    full = report.no_place(outcome.stdout + outcome.stderr) if outcome.code else None
    if full:
        raise NoPlace(full)
    outcome.checked(f"see {folder / ROUTE_LOG}")
    stored.write_text(wanted)
    return report.parse((folder / REPORT).read_text(), "{}")


def _kept(stored: Path, wanted: str) -> Report | None:
    """Return the report of an earlier run; None where there is none, or it is damaged."""
    try:
        if stored.read_bytes() != wanted.encode():
            return None
        return report.parse((stored.parent / REPORT).read_text(), "{}")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return None


def pack(trial: Trial, board: Board, say: Say = lambda _: None) -> Path:
    """Make the bitstream of a routed design.

    Raises
    ------
    ToolError
        When the packer is missing or fails.
    """
    chip = toolchain(board)
    tool, options = chip.packer(board)
    say(f"{tool.name}: {chip.bitstream}")
    bitstream = trial.folder / chip.bitstream
    bitstream.unlink(missing_ok=True)
    outcome = tool.run(list(options), trial.folder)
    (trial.folder / PACK_LOG).write_text(outcome.stdout + outcome.stderr)
    outcome.checked(f"see {trial.folder / PACK_LOG}")
    return bitstream

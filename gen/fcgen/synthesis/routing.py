"""The second stage: nextpnr, once a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fcgen.devices.device import Device, Family
from fcgen.synthesis import report
from fcgen.synthesis.netlist import NETLIST, Netlist
from fcgen.synthesis.report import Report
from fcgen.tools.wheels import Wheel


@dataclass(frozen=True)
class Target:
    """What nextpnr is asked for: a device, and the clock that it aims at."""

    family: Family
    device: Device
    speed: str
    mhz: float

    def options(self, seed: int) -> list[str]:
        """Return nextpnr's options."""
        return [
            *self.family.place_and_route(self.device, self.speed),
            *("--json", NETLIST, "--freq", f"{self.mhz:g}", "--timing-allow-fail"),
            *("--seed", str(seed), "--report", f"seed-{seed}.json", "--log", f"seed-{seed}.log"),
            *("--write", f"seed-{seed}.netlist.json", "--quiet"),
        ]


def route(
    netlist: Netlist,
    target: Target,
    seeds: Sequence[int],
    nextpnr: Wheel,
    jobs: int,
    progress: Callable[[str], None],
) -> list[Report]:
    """Place and route a netlist once a seed, and return the reports in the seeds' order.

    A seed whose report is there from a run with the same netlist and options is not run again.

    Raises
    ------
    NoPlace
        When the device is too small.
    ToolError
        When nextpnr is missing or fails.
    """
    if not nextpnr.prepared:
        nextpnr.run(["--version"], netlist.folder)  # or every seed would compile it

    def one(seed: int) -> Report:
        return _route(netlist, target, seed, nextpnr, progress)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, seeds))


class NoPlace(Exception):
    """The device has no place for a cell; the text is nextpnr's."""


def _route(
    netlist: Netlist, target: Target, seed: int, nextpnr: Wheel, progress: Callable[[str], None]
) -> Report:
    folder, options = netlist.folder, target.options(seed)
    said = json.dumps([netlist.key, nextpnr.name, nextpnr.version, options])
    key = hashlib.sha256(said.encode()).hexdigest()
    stored, around = folder / f"seed-{seed}.key", folder / f"seed-{seed}.wrapper.json"
    if not (stored.is_file() and stored.read_text() == key):
        progress(f"{nextpnr.name}: seed {seed}")
        stored.unlink(missing_ok=True)
        outcome = nextpnr.run(options, folder)
        full = report.no_place(outcome.stdout + outcome.stderr) if outcome.code else None
        if full:
            raise NoPlace(full)
        outcome.checked(f"see {folder / f'seed-{seed}.log'}")
        _keep_counts(folder / f"seed-{seed}.netlist.json", around)
        stored.write_text(key)
    return report.parse((folder / f"seed-{seed}.json").read_text(), around.read_text())


def _keep_counts(routed: Path, counts: Path) -> None:
    """Put the counts of the wrapper's cells in place of the routed netlist, which is large."""
    counts.write_text(json.dumps(report.wrapper_cells(routed.read_text())))
    routed.unlink()

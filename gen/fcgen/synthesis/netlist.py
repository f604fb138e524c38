"""The first stage: Yosys, from the sources to netlists of the design and of what is around it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fcgen.devices.device import Device, Family, Usage
from fcgen.synthesis.pins import MODULE, PinPlan
from fcgen.synthesis.sources import Sources
from fcgen.wheels import Wheel

SCRIPT, LOG, KEY = "synth.ys", "yosys.log", "netlist.key"
NETLIST, VERILOG, COUNTS = "netlist.json", "netlist.v", "cells.json"
_REMEDY = f"see {LOG} beside it"


@dataclass(frozen=True)
class Netlist:
    """A synthesised design.

    Attributes
    ----------
    folder : Path
        Where all files of the run are.
    key : str
        Hash of everything that it was made from.
    usage, wrapper : Usage
        What the design takes by Yosys' count, and what the module of pins around it takes.
    cells : mapping
        Cell type to number, of the design.
    """

    folder: Path
    key: str
    usage: Usage
    wrapper: Usage
    cells: Mapping[str, int]

    @property
    def verilog(self) -> Path:
        """The design's netlist without pins, for simulation."""
        return self.folder / VERILOG


def synthesize(
    sources: Sources, family: Family, device: Device, folder: Path, yosys: Wheel
) -> Netlist:
    """Run Yosys, or take what an earlier run with the same inputs left.

    Raises
    ------
    ToolError
        When Yosys is missing or fails.
    """
    plan = PinPlan.of(sources.ports, device.pins, sources.clock, sources.step)
    wrapper = plan.text(sources.top)
    script = _script(sources, family)
    key = _key(sources, wrapper, script, yosys)
    stored = folder / KEY
    if not (stored.is_file() and stored.read_text() == key):
        stored.unlink(missing_ok=True)
        for path in (*sources.files, *sources.images):
            shutil.copyfile(path, folder / path.name)
        (folder / f"{MODULE}.v").write_text(wrapper)
        (folder / SCRIPT).write_text(script)
        yosys.run(["-Q", "-T", "-q", "-l", LOG, "-s", SCRIPT], folder).checked(_REMEDY)
        stored.write_text(key)
    modules = _modules(folder)
    cells = _cells(sources.top, modules)
    outside = {kind: n for kind, n in modules[MODULE].items() if kind not in modules}
    return Netlist(folder, key, family.usage(cells), family.usage(outside), cells)


def _script(sources: Sources, family: Family) -> str:
    definitions = " ".join(f"-D{macro}" for macro in ("SYNTHESIS", *family.macros))
    lines = [
        f"read_verilog {'-sv ' if path.suffix == '.sv' else ''}{definitions} {path.name}"
        for path in sources.files
    ]
    return "\n".join(
        [
            *lines,
            f"read_verilog {MODULE}.v",
            family.synthesis(MODULE),
            f"check {'-assert' if sources.strict else ''}",
            f"tee -q -o {COUNTS} stat -json",
            f"write_json {NETLIST}",
            f"select {sources.top}",
            f"write_verilog -noattr -selected {VERILOG}",
            "",
        ]
    )


def _key(sources: Sources, wrapper: str, script: str, yosys: Wheel) -> str:
    """Return a hash of everything that decides the netlist."""
    state = hashlib.sha256(f"{yosys.name} {yosys.version}\n{script}\n{wrapper}".encode())
    for path in (*sources.files, *sources.images):
        state.update(path.name.encode())
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def _modules(folder: Path) -> dict[str, dict[str, int]]:
    """Return for each module of the netlist how many cells of which type stand in it."""
    modules = json.loads((folder / COUNTS).read_text())["modules"]
    return {
        name.removeprefix("\\"): module["num_cells_by_type"] for name, module in modules.items()
    }


def _cells(top: str, modules: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """Return how many cells of which type a module has with all that is below it."""
    total: Counter[str] = Counter()
    for kind, number in modules[top].items():
        inside = _cells(kind, modules) if kind in modules else {kind: 1}
        total.update({cell: number * each for cell, each in inside.items()})
    return total

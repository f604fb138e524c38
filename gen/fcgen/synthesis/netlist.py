"""The first stage: Yosys, from the sources to the netlist of the design and the pins around it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fcgen.devices.device import Device, Family, Usage
from fcgen.synthesis import folder as folders
from fcgen.synthesis.pins import MODULE, PinPlan
from fcgen.synthesis.sources import Sources
from fcgen.tools.wheels import Wheel

SCRIPT, LOG, KEY = "synth.ys", "yosys.log", "netlist.key"
NETLIST, VERILOG, COUNTS = "netlist.json", "netlist.v", "cells.json"


@dataclass(frozen=True)
class Netlist:
    """A synthesised design.

    Attributes
    ----------
    folder : Path
        Where all files of the run are.
    key : str
        Hash of everything that it was made from.
    usage : Usage
        What the design takes by Yosys' count, the registers around it left out.
    cells : mapping
        Cell type to number, of the design.
    parts : mapping
        What each part of the design takes by Yosys' count: instance to usage, and under an empty
        name what stands in no part.
    """

    folder: Path
    key: str
    usage: Usage
    cells: Mapping[str, int]
    parts: Mapping[str, Usage] = field(default_factory=dict)

    @property
    def verilog(self) -> Path:
        """The design's netlist without pins, for simulation."""
        return self.folder / VERILOG


def synthesize(
    sources: Sources, family: Family, device: Device, folder: Path, yosys: Wheel
) -> Netlist:
    """Run Yosys, or take what an earlier run with the same inputs left.

    What a run with other inputs left in the folder goes.

    Raises
    ------
    InputError
        When the folder is neither new nor one of ours.
    ToolError
        When Yosys is missing or fails.
    """
    plan = PinPlan.of(sources.ports, device.pins, sources.clock, sources.step)
    texts = {
        f"{MODULE}.v": plan.text(sources.top),
        SCRIPT: _script(sources, family),
        **family.constraints(device, plan.pins),
    }
    key = run(sources, texts, folder, yosys)
    counted = cells(sources.top, folder)
    inside = {part: family.usage(found) for part, found in parts(sources.top, folder).items()}
    return Netlist(folder, key, family.usage(counted), counted, inside)


def run(sources: Sources, texts: Mapping[str, str], folder: Path, yosys: Wheel) -> str:
    """Run the script among ``texts`` in a folder with all sources, and return the hash of it all.

    What an earlier run with the same inputs left is taken; what other inputs left goes. Errors: see
    `synthesize`.
    """
    key = _key(sources, texts, yosys)
    folders.check(folder)
    stored = folder / KEY
    if not (stored.is_file() and stored.read_bytes() == key.encode()):
        folders.renew(folder)
        for path in (*sources.files, *sources.images):
            shutil.copyfile(path, folder / path.name)
        for name, text in texts.items():
            (folder / name).write_text(text)
        outcome = yosys.run(["-Q", "-T", "-q", "-l", LOG, "-s", SCRIPT], folder)
        outcome.checked(f"see {folder / LOG}")
        stored.write_text(key)
    return key


def reads(sources: Sources, family: Family) -> list[str]:
    """Return the commands that read the sources."""
    macros = [f"-D{macro}" for macro in ("SYNTHESIS", *family.macros)]
    options = " ".join(["-defer", *macros] if sources.defer else macros)
    return [
        f"read_verilog {'-sv ' if path.suffix == '.sv' else ''}{options} {path.name}"
        for path in sources.files
    ]


def pads(family: Family, top: str) -> list[str]:
    """Return the commands that put pads at the ports of the whole."""
    return [f"select {top}", family.pads(), "select -clear"] if family.pads() else []


def _script(sources: Sources, family: Family) -> str:
    lines = [
        *reads(sources, family),
        f"read_verilog {MODULE}.v",
        family.synthesis(MODULE),
        *pads(family, MODULE),
        "check -assert" if sources.strict else "check",
        f"tee -q -o {COUNTS} stat -json",
        f"write_json {NETLIST}",
        f"select * {MODULE} %d",
        f"write_verilog -noattr -selected {VERILOG}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _key(sources: Sources, texts: Mapping[str, str], yosys: Wheel) -> str:
    """Return a hash of everything that decides the netlist."""
    said = json.dumps([yosys.name, yosys.version, dict(texts), sources.top])
    state = hashlib.sha256(said.encode())
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


def cells(top: str, folder: Path) -> Counter[str]:
    """Return how many cells of which type a module has, by the counts that Yosys left."""
    return _cells(top, _modules(folder))


def _cells(top: str, modules: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """Return how many cells of which type a module has with all that is below it."""
    total: Counter[str] = Counter()
    for kind, number in modules[top].items():
        inside = _cells(kind, modules) if kind in modules else {kind: 1}
        total.update({cell: number * each for cell, each in inside.items()})
    return total


def parts(top: str, folder: Path, within: str = "") -> dict[str, Counter[str]]:
    """Return the cells of each instance in a module, by the beginnings of their names.

    Parameters
    ----------
    top : str
    folder : Path
    within : str
        The module's own place below ``top``, as the beginning of names, such as ``dut.``; what
        stands elsewhere is left out.
    """
    module = json.loads((folder / NETLIST).read_text())["modules"][top]
    found: dict[str, Counter[str]] = {}
    for name, cell in module["cells"].items():
        if not name.startswith(within):
            continue
        part, inside, _ = name.removeprefix(within).partition(".")
        place = part if inside and not name.startswith("$") else ""
        found.setdefault(place, Counter())[cell["type"]] += 1
    return found

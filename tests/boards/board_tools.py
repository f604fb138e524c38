"""Stand-ins for the tools of a bitstream: what they would write, at once."""

import json
import stat
from pathlib import Path

import pytest

from designs import small_layer
from fcgen import accelerator
from fcgen.schedule.folding import Folding
from fcgen.tools.wheels import Outcome, Wheel

CELLS = {"SB_LUT4": 1_500, "SB_DFF": 900, "SB_RAM40_4K": 6}
NETLIST = {
    "cells": {
        **{f"dut.design_.group_0.{n}": {"type": "SB_LUT4"} for n in range(40)},
        **{f"dut.design_.{n}": {"type": "SB_DFF"} for n in range(7)},
        **{f"dut.processor.{n}": {"type": "SB_LUT4"} for n in range(30)},
        "$iopad": {"type": "SB_IO"},
    }
}


def report(mhz: float) -> str:
    """What nextpnr reports of a routed chip with this Fmax."""
    place = {"cell": "dut.a", "port": "O"}
    piece = {"type": "logic", "delay": 1000 / mhz, "from": place, "to": place}
    return json.dumps(
        {
            "utilization": {"ICESTORM_LC": {"used": 1_600, "available": 5_280}},
            "fmax": {"clk": {"achieved": mhz, "constraint": 12}},
            "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": [piece]}],
        }
    )


class Tools:
    """Stands in for Yosys' synthesis, nextpnr and the packers; the emission's Yosys is real.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
    reached : list of float
        MHz of each placement, in their order; the last one again when there are more.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reached: list[float]) -> None:
        self.reached, self.calls, self.failing = list(reached), [], ""
        real = Wheel.run

        def run(wheel: Wheel, options: list[str], folder: Path) -> Outcome:
            if wheel.name == "yosys" and "synth.ys" not in options:
                return real(wheel, options, folder)
            self.calls.append(wheel.name)
            if wheel.name == self.failing:
                return Outcome(wheel.name, wheel.name, 1, "", "ERROR: it went wrong\n")
            if wheel.name == "yosys":
                (top,) = folder.glob("*boardTop.v")
                cells = {f"\\{top.stem}": {"num_cells_by_type": CELLS}}
                (folder / "cells.json").write_text(json.dumps({"modules": cells}))
                (folder / "netlist.json").write_text(json.dumps({"modules": {top.stem: NETLIST}}))
            elif wheel.name.startswith("nextpnr"):
                mhz = self.reached.pop(0) if len(self.reached) > 1 else self.reached[0]
                (folder / "report.json").write_text(report(mhz))
                (folder / "nextpnr.log").write_text(f"Max frequency {mhz}\n")
            else:
                (folder / options[-1]).write_bytes(b"bits")
            return Outcome(wheel.name, wheel.name, 0, "", "")

        monkeypatch.setattr(Wheel, "run", run)


def stand_in_loader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An openFPGALoader that keeps its options and files, and fails where a file asks it to."""
    folder.mkdir()
    program = folder / "openFPGALoader"
    program.write_text(
        f"""#!/bin/sh
echo "$@" >> {folder}/said
fails() {{ [ -f {folder}/fail ] && echo "$@" | grep -q -e "$(cat {folder}/fail)"; }}
fails "$@" && echo "no cable" >&2 && exit 1
for last in "$@"; do :; done
[ -f "$last" ] && cp "$last" {folder}
exit 0
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def write_design(out: Path) -> accelerator.Accelerator:
    """Emit a small layer for an iCE40."""
    layer = small_layer(6, 3)
    return accelerator.write(layer, Folding(6, 3, 1, 1, 1, 8), out, device="ice40-up5k")

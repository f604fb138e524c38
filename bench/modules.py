"""Look-up tables and registers of each module of a layer on an ECP5, elements and the rest.

Run as ``python bench/modules.py [INPUTS OUTPUTS] [--pe 8] [--simd 1] [--device ecp5-85k]``: int8
with bias and ReLU, random weights. Yosys keeps the modules apart, so that each is counted by
itself; a flattened design takes a little less. LUT4 are counted as nextpnr packs them: two of a
link of a carry chain (CCU2C), four of a memory in look-up tables (DPR16X4).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from place_and_route import Row, fcgen, save_weights

from fcgen import devices
from fcgen.text.table import box
from fcgen.tools import yosys

ELEMENT = "processingElement"
HEAD = ("Module", "Times", "LUT4", "Registers", "DSP", "RAM")


def modules(row: Row, folder: Path) -> dict[str, dict[str, int]]:
    """Emit and synthesise a layer; return for each module its cells and modules by type."""
    family, _ = devices.find(row.device)
    weights, design = folder / "weights.npz", folder / "layer"
    save_weights(row, weights)
    fcgen("layer", *row.words(weights), "-q", "-o", str(design))
    files = sorted(path.name for path in design.glob("*.sv") if path.name != "tb.sv")
    macros = " ".join(f"-D{macro}" for macro in ("SYNTHESIS", *family.macros))
    script = family.synthesis("layer").replace("synth_ecp5", "synth_ecp5 -noflatten")
    yosys.run(
        f"read_verilog -sv -defer {macros} {' '.join(files)}\n{script}\n"
        "tee -o cells.json stat -json\n",
        design,
    )
    found = json.loads((design / "cells.json").read_text())["modules"]
    return {name.removeprefix("\\"): module["num_cells_by_type"] for name, module in found.items()}


def instances(cells: dict[str, dict[str, int]], top: str, times: int = 1) -> Counter[str]:
    """Count how often each module stands in the design."""
    total = Counter({top: times})
    for kind, number in cells[top].items():
        if kind in cells:
            total += instances(cells, kind, times * number)
    return total


def inside(cells: dict[str, dict[str, int]], name: str) -> set[str]:
    """Return the modules that stand in those of a class."""
    found = {module for module in cells if module.split("_")[0].startswith(name)}
    while more := {k for m in found for k in cells[m] if k in cells} - found:
        found |= more
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="what each module of a layer takes")
    parser.add_argument("shape", nargs="*", type=int, default=[1024, 100])
    parser.add_argument("--pe", type=int, default=8)
    parser.add_argument("--simd", type=int, default=1)
    parser.add_argument("--device", default="ecp5-85k")
    options = parser.parse_args()
    row = Row(options.device, *options.shape, options.pe, options.simd)
    family, _ = devices.find(row.device)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        cells = modules(row, Path(folder))
    times = instances(cells, "layer")
    elements = inside(cells, ELEMENT)
    lines, totals = [], {True: Counter[str](), False: Counter[str]()}
    for name, number in sorted(times.items()):
        usage = family.usage(cells[name])
        counts = {"lut": usage.lut, "ff": usage.ff, "dsp": usage.dsp, "ram": usage.ram}
        lines.append([name, f"{number:,}", *(f"{count:,}" for count in counts.values())])
        totals[name in elements].update({key: number * n for key, n in counts.items()})
    for title, are in (("all elements", True), ("all of the rest", False)):
        cells_of = (f"{totals[are][key]:,}" for key in ("lut", "ff", "dsp", "ram"))
        lines.append([title, "", *cells_of])
    print("\n".join(box(HEAD, lines, left=1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Layers on silicon: routed results of int8 layers with bias and ReLU, one table a device and size.

Run as ``python bench/place_and_route.py TABLE --results DIR [--only NAME …] [--jobs 2]``; TABLE is
a device and a size, such as ecp5-85k-1024-100, or a device, or ``all``. Each row emits a layer of
seeded float weights for the device, streams vectors through the compiled Verilog (every output
compared, the cycles a vector measured), and runs ``fcgen synth`` with 5 seeds up to 32 elements, 3
up to 64 and 2 beyond. A row is a JSON file in DIR, and a row whose file is there is done, so that
an interrupted table goes on where it was.
With ``--designs FOLDER`` the designs and their routed seeds are kept there, and a row that was
interrupted goes on with the seed that was missing. ``--print`` runs nothing and prints the table
of what is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from stored import stored

PYTHON = sys.executable
VECTORS = 12


@dataclass(frozen=True)
class Row:
    """A layer, its folding and its device."""

    device: str
    inputs: int
    outputs: int
    pe: int
    simd: int = 1
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the row's file."""
        more = "".join(option.replace("--", "-") for option in self.options)
        return f"{self.device}-{self.inputs}-{self.outputs}-p{self.pe}-s{self.simd}{more}"

    def words(self, weights: Path) -> list[str]:
        """Return the arguments that describe the layer."""
        made = ("--device", self.device, "--pe", str(self.pe), "--simd", str(self.simd))
        shape = (str(self.inputs), str(self.outputs))
        return [*shape, *made, *self.options, "--relu", "--weights", str(weights)]

    @property
    def table(self) -> str:
        """Name of the table that it stands in, which takes less than an hour on two processors."""
        return f"{self.device}-{self.inputs}-{self.outputs}"

    @property
    def seeds(self) -> int:
        """Placements: fewer for larger designs, which take longer and scatter less."""
        macs = self.pe * self.simd
        return 5 if macs <= 32 else 3 if macs <= 64 else 2


ONE = ("--pack", "1")
RUNTIME = ("--runtime-weights",)
ROWS = (
    *(Row("ecp5-25k", 45, 10, pe, simd, ONE) for pe, simd in ((1, 1), (5, 1), (10, 2))),
    Row("ecp5-25k", 45, 10, 5, 1, RUNTIME),
    Row("ecp5-25k", 64, 32, 16, 1, (*ONE, "--soft-macs", "6")),
    Row("ecp5-25k", 640, 128, 16, 1, ("--weight-bits", "2")),
    Row("ecp5-25k", 640, 128, 8, 1, ONE),
    Row("ecp5-25k", 640, 128, 28, 1, ONE),
    Row("ecp5-25k", 640, 128, 52, 1, ("--pack", "2")),
    *(Row("ecp5-85k", 1024, 100, pe, 1, ONE) for pe in (4, 8, 25, 100)),
    *(Row("ecp5-85k", 1024, 100, pe, 1, ("--pack", "2")) for pe in (50, 100)),
    Row("ecp5-85k", 784, 128, 32, 1, ONE),
    Row("ecp5-85k", 784, 128, 64, 1, ONE),
    Row("ecp5-85k", 784, 128, 128, 1, ONE),
    Row("ecp5-85k", 784, 128, 128, 2, ("--pack", "2")),
    Row("ecp5-85k", 800, 500, 10, 4, ONE),
    Row("ice40-up5k", 45, 10, 10, 1),
    Row("ice40-up5k", 45, 10, 8, 2),
    Row("ice40-up5k", 64, 32, 16, 1),
    Row("ice40-up5k", 1024, 100, 8, 1, RUNTIME),
    Row("ice40-hx8k", 45, 10, 5, 1),
    Row("gowin-gw1nr9c", 45, 10, 10, 2),
    Row("gowin-gw1nr9c", 64, 32, 20, 1),
    Row("gowin-gw2ar18c", 640, 128, 16, 1),
    Row("gowin-gw2ar18c", 640, 128, 16, 3),
)


TABLES = {"all"} | {row.device for row in ROWS} | {row.table for row in ROWS}


def fcgen(*words: str) -> str:
    """Run the program and return what it prints on standard output."""
    command = [PYTHON, "-m", "fcgen", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def save_weights(row: Row, path: Path) -> None:
    """Write the row's weights and biases, seeded by its size."""
    random = np.random.default_rng(row.inputs * row.outputs)
    np.savez(
        path,
        weight=random.normal(0, row.inputs**-0.5, (row.outputs, row.inputs)),
        bias=random.normal(0, 0.1, row.outputs),
    )


def measure(row: Row, jobs: int, folder: Path) -> dict[str, object]:
    """Emit, simulate, synthesise; what a seed routed before stays, see ``fcgen synth``."""
    weights, design = folder / "weights.npz", str(folder / row.name)
    save_weights(row, weights)
    fcgen("layer", *row.words(weights), "-q", "-o", design)
    run = fcgen("simulate", design, "--vectors", str(VECTORS), "--json", "-q")
    routed = fcgen("synth", design, "--seeds", str(row.seeds), "--jobs", str(jobs), "--json")
    simulated, synthesised = json.loads(run), json.loads(routed)
    synthesised.pop("directory", None)  # of this machine
    command = f"fcgen layer {' '.join(row.words(Path(weights.name)))}"
    return {
        "row": row.name,
        "command": command,
        "macs_a_cycle": row.pe * row.simd,
        "mismatches": simulated["mismatches"],
        "interval_measured": simulated["initiation_interval_measured"],
        "synth": synthesised,
    }


def run(row: Row, jobs: int, designs: Path | None) -> dict[str, object]:
    """Measure a row in a folder that is kept, or in one that is not."""
    if designs is not None:
        designs.mkdir(parents=True, exist_ok=True)
        return measure(row, jobs, designs)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        return measure(row, jobs, Path(folder))


def line(result: dict[str, object]) -> str:
    """Return a row of the table."""
    synth = result["synth"]
    assert isinstance(synth, dict)
    capped = synth["fmax_capped_mhz"]
    seeds = ", ".join(f"{mhz:.0f}" for mhz in synth["fmax_mhz"])
    return (
        f"| {result['row']} | {synth['initiation_interval']:,} | {result['interval_measured']:,} "
        f"| {result['mismatches']} | {synth['lut']:,} | {synth['ff']:,} | {synth['dsp']} "
        f"| {synth['ram']} | {seeds} | **{capped:.0f}** | {synth['inferences_per_second']:,.0f} "
        f"| {synth['gmac_per_second']:.2f} |"
    )


def main() -> int:
    """Run the rows that have no result yet, and print the table."""
    parser = argparse.ArgumentParser(description="routed results of int8 layers")
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="beginnings of row names")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--print", action="store_true", help="print what is there, run nothing")
    parser.add_argument("--designs", type=Path, help="folder that keeps the designs")
    options = parser.parse_args()
    print(
        "| row | II | II measured | mismatches | LUT | FF | DSP | RAM | MHz a seed, capped ", end=""
    )
    print("| median | inferences/s | GMAC/s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for row in ROWS:
        chosen = options.table in ("all", row.device, row.table)
        if not chosen or (options.only and not row.name.startswith(tuple(options.only))):
            continue
        path = options.results / f"{row.name}.json"
        if path.exists() or not options.print:
            print(line(stored(path, partial(run, row, options.jobs, options.designs))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

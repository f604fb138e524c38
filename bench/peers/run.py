"""The peers of the benchmark: NNgen and ZyNet on dense int8 layers, through our Yosys and nextpnr.

Run as ``python bench/peers/run.py --results DIR [--only NAME …]``. One row a peer, a setting and a
layer: the peer writes its Verilog, its cycles are measured in simulation with every output
compared, and `fcgen.synthesis` does with it what it does with a layer of ours, pin wrapper and
capped clock included. A row is a JSON file in DIR; a row whose file is there is done. Everything
else stays under ``build/peers``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import environment
import facts

from fcgen import devices
from fcgen.devices.device import Family
from fcgen.synthesis import netlist
from fcgen.synthesis.flow import Request, synthesize
from fcgen.synthesis.result import Result, Work
from fcgen.synthesis.routing import Target
from fcgen.synthesis.sources import Sources

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "peers"
DEVICE, SPEED, SEEDS = "ecp5-85k", "6", (0, 1)
TARGET_MHZ = 80.0
"""Above what the peers reach; far above, nextpnr would run much longer for nothing."""
NNGEN_4 = ("--par-in", "4", "--axi", "32", "--batch", "4")
NNGEN_16 = ("--par-in", "16", "--axi", "128", "--batch", "4")


@dataclass(frozen=True)
class Row:
    """A layer by a peer: its script beside this file, the shape, and the script's options."""

    peer: str
    inputs: int
    outputs: int
    options: tuple[str, ...] = ()


ROWS = {
    "nngen-4-1024-100": Row("nngen", 1024, 100, NNGEN_4),
    "nngen-16-1024-100": Row("nngen", 1024, 100, NNGEN_16),
    "zynet-1024-100": Row("zynet", 1024, 100),
    "nngen-4-784-128": Row("nngen", 784, 128, NNGEN_4),
    "nngen-16-784-128": Row("nngen", 784, 128, NNGEN_16),
    "zynet-784-128": Row("zynet", 784, 128),
}


def generate(row: Row, folder: Path) -> list[str]:
    """Let the peer write its layer and measure its cycles, and return the command."""
    script = f"{row.peer}_layer.py"
    words = [script, str(row.inputs), str(row.outputs), *row.options]
    if not (folder / facts.NAME).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(environment.python()), str(HERE / script), *words[1:]]
        with (folder / "generate.log").open("w", encoding="utf-8") as log:
            subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=True)
    return ["python", *words]


def request_for(row: Row, made: facts.Facts) -> Request:
    """Return how every row is synthesised."""
    family, device = devices.find(DEVICE)
    work = Work(row.inputs * row.outputs, made.cycles, made.latency)
    return Request(family, device, SPEED, SEEDS, TARGET_MHZ, work=work, jobs=1)


def commands(family: Family, folder: Path) -> list[str]:
    """Return what Yosys and nextpnr were told."""
    target = Target(family, devices.find(DEVICE)[1], SPEED, TARGET_MHZ)
    routes = [" ".join([family.nextpnr, *target.options(seed)]) for seed in SEEDS]
    return [*(folder / netlist.SCRIPT).read_text().splitlines(), *routes]


def figures(row: Row, made: facts.Facts, result: Result, said: list[str]) -> dict[str, object]:
    """Return what is stored of a row."""
    per_second = result.inferences_per_second or 0.0
    return {
        "peer": row.peer,
        "inputs": row.inputs,
        "outputs": row.outputs,
        "macs_per_cycle": made.macs_per_cycle,
        "inferences_per_second_per_dsp": per_second / max(result.usage.dsp, 1),
        **result.as_dict(),
        "outputs_compared": made.outputs,
        **made.notes,
        "versions": {**made.versions, **result.versions},
        "commands": said,
    }


def measure(name: str, row: Row) -> dict[str, object]:
    """Return the figures of a row."""
    folder = BUILD / name
    command = generate(row, folder)
    made = facts.read(folder)
    sources = Sources(
        tuple(folder / path for path in made.sources),
        tuple(folder / path for path in made.images),
        made.top,
        tuple((port, way, width) for port, way, width in made.ports),
        made.clock,
        strict=False,
        defer=True,
    )
    place = folder.with_name(f"{name}.synth")
    request = request_for(row, made)
    result = synthesize(sources, request, place, lambda line: print(f"  {line}", flush=True))
    return figures(row, made, result, [" ".join(command), *commands(request.family, place)])


def line(name: str, row: dict[str, object]) -> str:
    """Return a row for people."""
    return (
        f"{name}: {row['macs_per_cycle']} MACs, {row['initiation_interval']:,} cycles, "
        f"{row['dsp']} DSP, {row['lut']:,} LUT, {row['ff']:,} FF, {row['ram']} RAM, "
        f"{row['fmax_mhz']} MHz, {row['inferences_per_second']:,.0f} inferences/s, "
        f"{row['inferences_per_second_per_dsp']:,.0f} a DSP"
    )


def main() -> int:
    """Measure the rows that have no result yet, and print all."""
    parser = argparse.ArgumentParser(description="the peers of the benchmark")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=ROWS, default=list(ROWS))
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    os.nice(10)
    for name in options.only:
        path = options.results / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(measure(name, ROWS[name]), indent=2) + "\n")
        print(line(name, json.loads(path.read_text())), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

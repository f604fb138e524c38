"""Estimates beside routed results: those of `place_and_route.py`, and shapes not fitted to.

Run as ``python bench/estimate.py --results DIR [--route] [--seeds 3] [--fit]``. DIR has the JSON
files of `place_and_route.py`. ``--route`` adds those of ten other shapes, one by one, through
``fcgen synth`` alone; a file that is there is done, so that an interrupted run goes on where it
was. ``--fit`` also prints the coefficients of the `ClockModel` of each family: least squares of the
slowest path, as nextpnr sees it without the cap, of the median placement of every row of
`place_and_route.py`. The ten other shapes have no part in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from math import log2
from pathlib import Path
from typing import Any

import numpy as np
from place_and_route import ONE, ROWS, Row, fcgen, save_weights
from stored import stored

from fcgen.devices import find

OTHERS = (
    Row("ecp5-25k", 64, 32, 4, 2),
    Row("ecp5-25k", 300, 40, 10, 1, ("--output-lanes", "2")),
    Row("ecp5-25k", 256, 24, 6, 3, ("--weight-bits", "4")),
    Row("ecp5-25k", 100, 50, 10, 1, ("--weight-bits", "2")),
    Row("ecp5-25k", 128, 56, 28, 1, ("--pack", "2")),
    Row("ecp5-45k", 96, 48, 16, 1, ("--weight-bits", "12", "--activation-bits", "12")),
    Row("ecp5-25k", 200, 30, 6, 1, ("--runtime-weights",)),
    Row("ecp5-45k", 50, 200, 40, 1, ("--unsigned-activations", *ONE)),
    Row("ecp5-25k", 500, 60, 12, 1, ("--soft-macs", "4")),
    Row("ecp5-85k", 128, 64, 16, 4, ("--output-lanes", "4", *ONE)),
)
BOUNDS = {"lut": 10, "ff": 10, "dsp": 0, "ram": 0, "fmax_capped_mhz": 15}


@dataclass(frozen=True)
class Pair:
    """A routed design and its estimate."""

    row: Row
    measured: dict[str, Any]
    estimated: dict[str, Any]

    @property
    def soft(self) -> bool:
        """Elements multiply in look-up tables."""
        few = 4 * self.measured["dsp"] < self.row.pe * self.row.simd
        return few or "--soft-macs" in self.row.options

    def error(self, key: str) -> float:
        """Return how much the estimate is above what was measured, in per cent, where it is one."""
        predicted, measured = self.estimated[key], self.measured[key]
        return 100 * (predicted / measured - 1) if predicted and measured else 0.0

    @property
    def good(self) -> bool:
        """Every figure is within its bound."""
        return all(abs(self.error(key)) <= bound for key, bound in BOUNDS.items())


def route(row: Row, seeds: int) -> dict[str, Any]:
    """Emit and synthesise a row's layer."""
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        weights, design = Path(folder) / "weights.npz", str(Path(folder) / "layer")
        save_weights(row, weights)
        fcgen("layer", *row.words(weights), "-q", "-o", design)
        routed = fcgen("synth", design, "--seeds", str(seeds), "--jobs", "1", "--json")
    measured = json.loads(routed)
    del measured["directory"]
    return {"row": row.name, "synth": measured}


def pairs(rows: tuple[Row, ...], results: Path) -> list[Pair]:
    """Return all rows that have a result."""
    found = []
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        weights = Path(folder) / "weights.npz"
        for row in rows:
            path = results / f"{row.name}.json"
            if path.exists():
                save_weights(row, weights)
                estimated = fcgen("estimate", *row.words(weights), "-q", "--json")
                measured = json.loads(path.read_text())["synth"]
                found.append(Pair(row, measured, json.loads(estimated)))
    return found


def line(pair: Pair) -> str:
    """Return a row of the table: estimated / measured, and the error."""
    cells = [
        f"{pair.estimated[key] or 0:,.0f} / {pair.measured[key]:,.0f} ({pair.error(key):+.1f} %)"
        for key in BOUNDS
    ]
    return f"| {pair.row.name} | {' | '.join(cells)} | {'' if pair.good else 'outside'} |"


def fit(found: list[Pair]) -> list[str]:
    """Return a line a family with the coefficients of its clock."""
    families: dict[str, list[Pair]] = {}
    for pair in found:
        if pair.row in ROWS:
            families.setdefault(find(pair.row.device)[0].name, []).append(pair)
    return [f"{name}: {_fitted(rows)}" for name, rows in families.items()]


def _fitted(found: list[Pair]) -> str:
    family = find(found[0].row.device)[0]
    speeds = family.speeds
    devices = sorted({pair.row.device for pair in found})
    others = [] if speeds else devices[1:]
    terms = {
        "base_ns": [1.0 for _ in found],
        "spread_ns": [
            log2(1 + (pair.measured["lut"] + pair.measured["ff"]) / 1000) for pair in found
        ],
        "soft_ns": [float(pair.soft) for pair in found],
        "runtime_ns": [float("--runtime-weights" in pair.row.options) for pair in found],
        "ram_ns": [
            pair.measured["ram"] / 100 * bool(family.costs and family.costs.clock.ram_ns)
            for pair in found
        ],
        **{
            f"device_ns {other}": [float(pair.row.device == other) for pair in found]
            for other in others
        },
    }
    known = {name: values for name, values in terms.items() if any(values)}
    paths = [pair.measured["critical_path"]["ns"] for pair in found]
    solved = np.linalg.lstsq(np.array(list(known.values())).T, np.array(paths), rcond=None)[0]
    shown = ", ".join(f"{name}={value:.2f}" for name, value in zip(known, solved, strict=True))
    return f"{shown} from {len(found)} rows"


def main() -> int:
    """Print the table; 1 where an estimate is outside of its bounds."""
    parser = argparse.ArgumentParser(description="estimates beside routed results")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--route", action="store_true", help="route what is missing of the others")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fit", action="store_true", help="print the clocks' coefficients")
    options = parser.parse_args()
    for row in OTHERS if options.route else ():
        stored(options.results / f"{row.name}.json", partial(route, row, options.seeds))
    head = ("row", "LUT", "FF", "DSP", "RAM", "MHz, capped, median", "")
    print(f"Estimated / measured.\n\n| {' | '.join(head)} |\n|---{'|--:' * 5}|---|")
    found = pairs((*ROWS, *OTHERS), options.results)
    for pair in found:
        print(line(pair), flush=True)
    if options.fit:
        print("", *fit(found), sep="\n")
    return 0 if all(pair.good for pair in found) else 1


if __name__ == "__main__":
    sys.exit(main())

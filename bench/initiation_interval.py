"""Cycles a vector of an 800 → 500 layer, measured on the compiled engine, for many foldings.

Run as ``python bench/initiation_interval.py [--vectors 12] [--output FILE]``. Each row emits the
layer with random weights, streams vectors from a producer that always has a beat and from one that
is only just fast enough (a beat every II/SF cycles), compares every output with the reference, and
gives the cycles between the last vectors beside the formula max(SF·NF, ⌈M/L⌉). L is the smallest
number of output lanes that keeps up.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fcgen import accelerator
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding, ceil_div
from fcgen.simulation.engines import compiled
from fcgen.simulation.engines.streaming import StreamOptions

INPUTS, OUTPUTS = 800, 500
INT8 = IntegerFormat(8, True)
FOLDINGS = (
    (1, 1),
    (500, 1),
    (50, 4),
    (50, 1),
    (7, 3),
    (13, 7),
    (100, 8),
    (20, 40),
    (29, 28),
    (64, 16),
    (125, 5),
    (1, 800),
    (2, 800),
    (3, 400),
    (5, 400),
)


def measure(pe: int, simd: int, vectors: int) -> str:
    """Return the row of a folding.

    Raises
    ------
    SystemExit
        When an output is wrong or a cycle count is not the formula.
    """
    start = time.monotonic()
    cycles = ceil_div(INPUTS, simd) * ceil_div(OUTPUTS, pe)
    folding = Folding(INPUTS, OUTPUTS, pe, simd, ceil_div(OUTPUTS, cycles))
    layer, _ = make_layer(
        (INPUTS,), OUTPUTS, weight_format=INT8, activation_format=INT8, output_format=INT8
    )
    inputs = np.random.default_rng(1).integers(-128, 128, (vectors, INPUTS))
    expected = forward(layer, inputs)
    interval = folding.initiation_interval
    period = interval // folding.synapse_folds
    measured = []
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        made = accelerator.write(layer, folding, Path(folder) / "layer").design
        for options in (StreamOptions(), StreamOptions(period=period)):
            run = compiled.run(made, inputs, options, workers=1, optimise=1)
            mismatches = int((run.outputs != expected).sum())
            steady = sorted(set(run.intervals()[vectors // 2 :].tolist()))
            if mismatches or steady != [interval]:
                raise SystemExit(
                    f"P={pe} S={simd}: {mismatches} mismatches, intervals {steady}, not {interval}"
                )
            measured.append(steady[0])
    return (
        f"| {pe} | {simd} | {folding.output_lanes} | {folding.synapse_folds} "
        f"| {folding.neuron_folds} | {interval:,} | {measured[0]:,} | {measured[1]:,} "
        f"| {made.latency:,} | {time.monotonic() - start:.0f} s |"
    )


def main() -> int:
    """Print the table row by row."""
    parser = argparse.ArgumentParser(description="cycles a vector of an 800 → 500 layer")
    parser.add_argument("--vectors", type=int, default=12)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    lines = [
        "| P | S | L | SF | NF | II, formula | always a beat | a beat every II/SF cycles "
        "| latency | took |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    print("\n".join(lines), flush=True)
    for pe, simd in FOLDINGS:
        lines.append(measure(pe, simd, options.vectors))
        print(lines[-1], flush=True)
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

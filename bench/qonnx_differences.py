"""Random QONNX graphs against qonnx's own executor: every code, and every listed accumulator.

Run as ``python bench/qonnx_differences.py [--count 1000] [--seed 0]``. The graphs have 1 to 3 dense
layers (MatMul, or Gemm with alpha, beta and C) of quantisers with 1 to 8 bits, whole or not, signs
among them, zero points inside and outside of the codes, every rounding that qonnx takes, narrow
ranges and a scale a channel; biases on and off the grid of the sums, BatchNormalization with
negative gammas, other elementwise nodes, functions of codes, steep and flat slopes.

Each is certified; then

- every code of every layer is compared with the executor's, for random inputs, ties, their
  neighbours and the ends, all at once and some one by one: it may differ only where the certificate
  lists the accumulator, and by as much;
- where a layer has at most 65,536 accumulators an output, all of them go through the model's step,
  the network's constants and, where float32 holds the sums, the executor's nodes behind them: the
  certificate must list what differs and nothing else;
- inputs are sought that have accumulators that are listed.

A row of the table is a hundred graphs. Any fault names its graph, ``qonnx_random.py`` draws
it again, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from fcgen.text.table import box
from qonnx_checks import Counts, check
from qonnx_random import draw

ROWS = 100
HEAD = ("Graphs", "Exact", "Codes", "Differ, as listed", "Through the nodes", "Listed", "Wrong",
        "Not listed", "Not confirmed")  # fmt: skip


def row(name: str, exact: int, counts: Counts) -> list[str]:
    """Return a row of the table."""
    numbers = (exact, counts.outputs, counts.realised, counts.swept, counts.listed, counts.wrong,
               counts.unlisted, counts.unconfirmed)  # fmt: skip
    return [name, *(f"{number:,}" for number in numbers)]


def main() -> int:
    """Check the graphs; return 1 where a code or a list is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows, total, whole, faulty = [], Counts(), 0, 0
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        for first in range(0, options.count, ROWS):
            part, exact = Counts(), 0
            last = min(first + ROWS, options.count)
            for number in range(first, last):
                drawn = draw(options.seed, number)
                random = np.random.default_rng([options.seed, number])
                checked = check(drawn, Path(name), random)
                part += checked.counts
                exact += checked.certificate.exact
                if checked.counts.faults:
                    faulty += 1
                    print(f"draw({options.seed}, {number}): {checked.counts}: {drawn.words}")
            rows.append(row(f"{first} to {last - 1}", exact, part))
            total, whole = total + part, whole + exact
    rows.append(row("all", whole, total))
    print("\n".join(box(HEAD, rows, left=1)))
    print(f"seed {options.seed}: {options.count:,} graphs, {faulty} with a fault")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())

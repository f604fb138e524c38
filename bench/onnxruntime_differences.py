"""Random quantised ONNX graphs against onnxruntime's default session: every code, every list.

Run as ``python bench/onnxruntime_differences.py [--count 1000] [--seed 0]``. The graphs have 1 to 3
layers (Gemm, MatMul, MatMul and Add, QGemm, QLinearMatMul) of codes of 8 and 16 bits and weights of
2 to 16, signed and unsigned, a scale for all or for each output, zero points, odd ones among them,
left out or given; biases of int32 with the sums' scale and others, of int8 and of floats on and off
the grid, in all shapes; alpha and beta; Relu, Clip, products and reshapes between; functions of
codes behind; steep and flat slopes; scales and quotients of float16; opsets 10 to 25.

Each is certified; then

- every code of every layer is compared with the session's, for random inputs, ties, their
  neighbours and the ends, all at once and some one by one: it may differ only where the certificate
  lists the accumulator, and by as much;
- where a layer has at most 65,536 accumulators an output, all of them go through the source's step
  and the network's constants: the certificate must list what differs and nothing else;
- onnxruntime must refuse the graphs of which fcgen says so, and open all others that fcgen opens;
- the note on MatMulNBits must stand where onnxruntime makes one, and nowhere else. Sessions of such
  graphs have the entry that the note names.

A row of the table is a hundred graphs. Any fault names its graph, ``onnxruntime_random.py``
draws it again, and the exit code is 1. Graphs whose weights pass 64 need a processor with VNNI.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from fcgen.text.table import box
from onnxruntime_checks import Counts, check
from onnxruntime_random import draw

ROWS = 100
HEAD = ("Graphs", "Certified", "Exact", "Compared", "Differ, as listed", "Tried", "Wrong",
        "Not listed", "Not confirmed", "Opened otherwise", "Notes", "Refused")  # fmt: skip


def row(name: str, counts: Counts) -> list[str]:
    """Return a row of the table."""
    numbers = (counts.graphs, counts.exact, counts.outputs, counts.realised, counts.swept,
               counts.wrong, counts.unlisted, counts.unconfirmed, counts.unopened, counts.notes,
               counts.refused.total())  # fmt: skip
    return [name, *(f"{number:,}" for number in numbers)]


def main() -> int:
    """Check the graphs; return 1 where a code, a list or a note is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows, total, faulty = [], Counts(), 0
    for first in range(0, options.count, ROWS):
        part, last = Counts(), min(first + ROWS, options.count)
        for number in range(first, last):
            drawn = draw(options.seed, number)
            counts = check(drawn, np.random.default_rng([options.seed, number, 1]))
            part += counts
            if counts.faults:
                faulty += 1
                print(f"draw({options.seed}, {number}): {counts}: {drawn.words}", flush=True)
        rows.append(row(f"{first} to {last - 1}", part))
        total += part
    rows.append(row("all", total))
    print("\n".join(box(HEAD, rows, left=1)))
    print("layers of certified graphs, as onnxruntime computes them:")
    for kind, number in total.products.most_common():
        print(f"{number:7,}  {kind}")
    print("graphs that are refused:")
    for message, number in total.refused.most_common():
        print(f"{number:7,}  {message}")
    if total.saturating:
        print(f"{total.saturating:,} graphs left out: they need a processor with VNNI")
    print(f"seed {options.seed}: {options.count:,} graphs, {faulty} with a fault")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())

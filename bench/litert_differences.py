"""TFLite files drawn by chance: every code of their certified networks beside LiteRT's own.

Run as ``python bench/litert_differences.py [--seed n] [--count n] [--first n]``. The files have one
to three dense layers and whatever a chain of them may hold, with int8, uint8 or float32 at the
ends; see ``litert_random.py``. Each is read for LiteRT's reference kernels and for XNNPACK,
and the outputs of every layer are compared with ``==``: for random inputs and extremes, and for
single sums where the outputs change. A difference that the certificate lists must be there in
LiteRT, with as many codes; any other one is wrong. Files that are refused are counted by the rule
that refuses them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fcgen.text.table import box  # noqa: E402
from litert_check import Check, check  # noqa: E402
from litert_random import draw  # noqa: E402
from tflite_examples import KERNELS  # noqa: E402

HEAD = ("kernels", "files", "refused", "LiteRT refuses", "codes", "ranges listed",
        "sums of these tried", "differences listed", "wrong")  # fmt: skip


def row(target: str, checks: list[Check]) -> list[str]:
    """Return the line of a table."""
    counts = (
        len(checks),
        sum(bool(one.refused) for one in checks),
        sum(bool(one.unrun) for one in checks),
        *(sum(getattr(one, name) for one in checks) for name in ("codes", "ranges", "tried")),
        sum(one.listed for one in checks),
        sum(len(one.wrong) for one in checks),
    )
    return [target, *(f"{count:,}" for count in counts)]


def main() -> int:
    """Compare the files; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    options = parser.parse_args()
    rows, rules, wrong = [], Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        for target in KERNELS:
            checks = []
            for number in range(options.first, options.first + options.count):
                drawn = draw(options.seed, number)
                found = check(drawn, target, Path(name), number)
                checks.append(found)
                for line in found.wrong[:3]:
                    print(f"{target}, file {number} ({drawn.words}): {line}")
                if found.refused:
                    rules[f"{target}: {found.refused.rpartition(': ')[2]}"] += 1
                if found.unrun:
                    rules[f"{target}: LiteRT: {found.unrun}"] += 1
            rows.append(row(target, checks))
            wrong += sum(len(one.wrong) for one in checks)
    print("\n".join(box(HEAD, rows)))
    for rule, count in sorted(rules.items()):
        print(f"{count:4} {rule}")
    print(f"{options.count} files of seed {options.seed}, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

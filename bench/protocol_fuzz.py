"""Hostile frames against the RTL of the host link, byte by byte through its serial line.

Run as ``python bench/protocol_fuzz.py [--frames 100000] [--seed 0]``: a design with run-time
weights, compiled. After each hostile frame, with no pause, a good INFER must be answered right. A
failure prints the seed and the number of the frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from designs import small_layer, write_small  # noqa: E402
from fcgen.boards import host_link  # noqa: E402
from protocol_fuzz import Fuzzer  # noqa: E402

CLOCK_HZ, BAUD = 12_000_000, 3_000_000


def main() -> int:
    """Attack, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        design = write_small(Path(folder) / "design", small_layer(6, 3, runtime=True)).design
        board = Path(folder) / "board"
        board.mkdir()
        files = host_link.write(design, board, clock_hz=CLOCK_HZ, baud=BAUD)
        fuzzer = Fuzzer(design, files, options.seed)
        start = time.monotonic()
        for number in range(options.frames):
            try:
                fuzzer.attack()
            except AssertionError as error:
                print(f"seed {options.seed}, frame {number}: {error}; {dict(fuzzer.counts)}")
                return 1
    replies = fuzzer.counts.pop("replies"), fuzzer.counts.pop("error replies")
    for kind, count in sorted(fuzzer.counts.items()):
        print(f"{kind:14} {count:7,}")
    print(f"{options.frames:,} hostile frames, each followed by a good one: 0 wrong, 0 hangs")
    print(f"{replies[0]:,} replies checked, {replies[1]:,} of them errors")
    print(f"slowest good answer {fuzzer.slowest:,} cycles after its first byte")
    print(f"{fuzzer.line.cycles:,} cycles in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

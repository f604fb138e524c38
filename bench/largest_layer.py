"""Time and memory of emitting large layers, and one vector of the largest through the hardware.

Run as ``python bench/largest_layer.py``: 4096 → 4096 int8 on 64 PE (16.8 million weights), at most
60 seconds and 2 GiB, and 1024 → 1024 on 128 PE, at most 20 seconds. Each is emitted in a process
of its own, whose peak memory is told.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMIT = """
import resource, sys, time
from pathlib import Path
import numpy as np
from fcgen import accelerator
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.quantization.layer_options import make_layer
inputs, outputs, pe = map(int, sys.argv[1:4])
int8 = IntegerFormat(8, True)
layer, _ = make_layer(
    (inputs,), outputs, weight_format=int8, activation_format=int8, output_format=int8
)
start = time.monotonic()
accelerator.write(layer, Folding(inputs, outputs, pe), Path(sys.argv[4]))
seconds = time.monotonic() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""
LAYERS = ((1024, 1024, 128, 20.0, 2.0), (4096, 4096, 64, 60.0, 2.0))


def main() -> int:
    """Print a line a layer; 1 where a limit or an output is missed."""
    good = True
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        for inputs, outputs, pe, most_seconds, most_gib in LAYERS:
            target = Path(folder) / f"{inputs}x{outputs}"
            sizes = [str(inputs), str(outputs), str(pe), str(target)]
            run = subprocess.run(
                [sys.executable, "-c", EMIT, *sizes], stdout=subprocess.PIPE, text=True, check=True
            )
            seconds, gib = map(float, run.stdout.split())
            good &= seconds <= most_seconds and gib <= most_gib
            print(f"{inputs} → {outputs} on {pe} PE: emitted in {seconds:.1f} s, {gib:.2f} GiB")
        import fcgen

        start = time.monotonic()
        result = fcgen.open(target).simulate(engine="compiled", vectors=1, seed=1)
        print(
            f"one vector: {result.cycles:,} cycles, {len(result.mismatches)} mismatches in "
            f"{result.outputs.size:,} outputs, {time.monotonic() - start:.1f} s with the build"
        )
    return 0 if good and not len(result.mismatches) else 1


if __name__ == "__main__":
    sys.exit(main())

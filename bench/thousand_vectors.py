"""An int8 layer over 1,000 vectors on the compiled engine, every output compared.

Run as ``python bench/thousand_vectors.py N M --pe P --simd S``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from fcgen import accelerator
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding

INT8 = IntegerFormat(8, True)
VECTORS = 1_000


def main() -> int:
    """Print one line of figures; 1 where an output differs."""
    parser = argparse.ArgumentParser(description="1,000 vectors of an int8 layer")
    parser.add_argument("inputs", type=int)
    parser.add_argument("outputs", type=int)
    parser.add_argument("--pe", type=int, default=1)
    parser.add_argument("--simd", type=int, default=1)
    options = parser.parse_args()
    layer, _ = make_layer(
        (options.inputs,),
        options.outputs,
        weight_format=INT8,
        activation_format=INT8,
        output_format=INT8,
    )
    folding = Folding(options.inputs, options.outputs, options.pe, options.simd)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        made = accelerator.write(layer, folding, Path(folder) / "layer")
        start = time.monotonic()
        result = made.simulate(engine="compiled", vectors=VECTORS)
    measured = result.initiation_interval_measured
    print(
        f"{options.inputs} → {options.outputs} on {options.pe} PE x {options.simd} SIMD: "
        f"{result.vectors:,} vectors, {result.cycles:,} cycles, initiation interval "
        f"{measured} measured, {folding.initiation_interval} by formula; "
        f"{len(result.mismatches)} mismatches in {result.outputs.size:,} outputs; "
        f"{time.monotonic() - start:.1f} s with the build"
    )
    exact = not len(result.mismatches)
    return 0 if exact and measured == folding.initiation_interval else 1


if __name__ == "__main__":
    sys.exit(main())

"""The networks of MLPerf Tiny: compiled Verilog beside LiteRT, for both of its kernels.

Run as ``python bench/mlperf_tiny.py [MODEL ...] [--count N] [--cocotb N]``, with the models in
``../shared/models`` or in ``--models DIR``. Each is compiled for an ECP5-85F with a pace as its
only goal. Half of the inputs are random codes, half are smooth: fields of few frequencies. The
outputs of the last dense layer are compared with ``==`` with those of LiteRT; what differs must be
listed by the certificate. With ``--cocotb`` so many inputs run under cocotb on Icarus and on
Verilator as well, with 30 % stalls. A row of the table is a model and a kernel.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fcgen.compile import CompileRequest, compile_model  # noqa: E402
from fcgen.design.design_request import DesignRequest  # noqa: E402
from fcgen.folding.goal import Goal  # noqa: E402
from fcgen.load.detect import load_model  # noqa: E402
from tflite_examples import KERNELS, last_dense  # noqa: E402

PACE = {"kws_dscnn": 7000.0, "ic_resnet8": 1600.0, "vww_mobilenet": 2500.0, "ad01": 20000.0}
STALL = 0.3


def inputs_of(shape: tuple[int, ...], count: int) -> np.ndarray:
    """Return codes (count, elements): random ones, and smooth ones in every second place."""
    random = np.random.default_rng(0)
    found = random.integers(-128, 128, (count, *shape))
    axes = [np.linspace(0, 1, size) for size in shape]
    for number in range(1, count, 2):
        field = np.zeros(shape)
        for _ in range(6):
            phase = random.uniform(0, 6.3)
            waves = np.meshgrid(*(axis * random.uniform(0, 12) for axis in axes), indexing="ij")
            field += np.sin(sum(waves) + phase)
        found[number] = np.clip(np.rint(field * 30), -128, 127)
    return found.reshape(count, -1)


def row(path: Path, target: str, count: int, cocotb: int) -> tuple[str, bool]:
    """Return a row of the table, and whether nothing differs but what is listed."""
    name = path.stem.removesuffix("_int8")
    model = load_model(path, target)
    request = CompileRequest(goal=Goal(fps=PACE[name]), design=DesignRequest(device="ecp5-85k"))
    with tempfile.TemporaryDirectory() as folder:
        made = compile_model(model, None, Path(folder) / "design", request)
        network = made.accelerator.network
        x = inputs_of(network.input_shape, count)
        wanted = last_dense(path.read_bytes(), x, target)
        begin = time.monotonic()
        run = made.accelerator.simulate(x.astype(np.int8), engine="compiled", codes=True)
        seconds = time.monotonic() - begin
        differ = int((run.outputs != wanted).sum())
        stalled = 0
        for engine in ("icarus", "verilator") if cocotb else ():
            some = x[:cocotb].astype(np.int8)
            outputs = made.accelerator.simulate(some, engine=engine, stall=STALL, codes=True)
            stalled += int((outputs.outputs != wanted[:cocotb]).sum())
    assert made.certificate is not None
    listed = sum(int(layer.differing.sum()) for layer in made.certificate.layers)
    interval = made.accelerator.schedule.initiation_interval
    words = (
        *(name, target, f"{len(network.layers)}", f"{interval:,}", f"{listed:,}"),
        *(f"{count:,}", f"{differ:,} of {wanted.size:,}", f"{run.mismatches}"),
        *(f"{stalled} of {2 * cocotb}" if cocotb else "-", f"{count / seconds * 60:,.0f}"),
    )
    return f"| {' | '.join(words)} |", not run.mismatches and not stalled and bool(
        listed or not differ
    )


def main() -> int:
    """Run the models, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(PACE))
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--cocotb", type=int, default=0)
    options = parser.parse_args()
    print(
        "| model | kernels | layers | cycles | sums listed | vectors | differ from LiteRT | "
        "from the reference | stalled, wrong | a minute |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    good = True
    for name in options.names:
        for target in KERNELS:
            line, fine = row(
                options.models / f"{name}_int8.tflite", target, options.count, options.cocotb
            )
            print(line, flush=True)
            good = good and fine
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

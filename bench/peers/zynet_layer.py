"""A dense layer by ZyNet: its Verilog and weights, and its cycles an inference.

Runs in the peers' environment, in the folder that it fills. The cycles are the smallest interval
between two vectors at which all outputs are still right: ZyNet says that it is always ready, but
an input that comes before the sums are cleared is lost. Its one setting for a layer is the data
width, which is that of weights, inputs and outputs and half that of the sums: at 8 bits they are
16 bits wide and saturate. That is less than an exact int8 layer needs, and is left as it is; so
are the AXI-Lite registers left out, as one of them would have to read the outputs one by one.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import facts
import layer_values
import numpy as np
from zynet import zynet

HERE = Path(__file__).resolve().parent
SOURCES = Path("src/fpga/rtl")
GENERATED = ("Weight_Memory.v", "relu.v", "neuron.v", "Layer_1.v")
TOP = "zynet_layer.v"
BENCH = "zynet_bench.v"
BITS = 8
WEIGHT_INTEGER_BITS = 1
INPUT_INTEGER_BITS = 4
BIAS_FRACTION_BITS = BITS - WEIGHT_INTEGER_BITS - INPUT_INTEGER_BITS
VECTORS = 3
LONGEST_GAP = 32


def generate(values):
    """Let ZyNet write the layer with its weights and biases."""
    outputs, inputs = values.weight.shape
    model = zynet.model()
    model.add(zynet.layer("flatten", inputs))
    model.add(zynet.layer("Dense", outputs, "relu"))
    model.compile(
        pretrained="Yes",
        weights=[(values.weight / 2 ** (BITS - WEIGHT_INTEGER_BITS)).tolist()],
        biases=[(bias_codes(values)[:, np.newaxis] / 2**BIAS_FRACTION_BITS).tolist()],
        dataWidth=BITS,
        weightIntSize=WEIGHT_INTEGER_BITS,
        inputIntSize=INPUT_INTEGER_BITS,
    )


def bias_codes(values):
    """Return the biases as ZyNet has them: 8 bits, in units of 256 of the sums."""
    return np.clip(values.bias >> BITS, -127, 127)


def expected(values):
    """Return what ZyNet computes: sums that saturate at 16 bits, ReLU, truncation, saturation."""
    low, high = -(2 ** (2 * BITS - 1)), 2 ** (2 * BITS - 1) - 1
    total = np.zeros((len(values.inputs), len(values.weight)), np.int64)
    for column, weight in zip(values.inputs.T, values.weight.T, strict=True):
        total = np.clip(total + np.outer(column, weight), low, high)
    total = np.clip(total + (bias_codes(values) << BITS), low, high)
    return np.clip(total >> (BITS - WEIGHT_INTEGER_BITS), 0, 2 ** (BITS - 1) - 1)


def simulate(interval):
    """Return the outputs in order and the latency of the first vector."""
    run = ["vvp", "bench.out", f"+interval={interval}"]
    printed = subprocess.run(run, cwd=SOURCES, capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in printed.splitlines()]
    seen = [line[1] for line in words if line[:1] == ["output"]]
    latency = next(int(line[1]) for line in words if line[:1] == ["latency"])
    return np.array([int(word) if word.isdigit() else -1 for word in seen]), latency


def write_facts(outputs, interval, latency):
    """Leave what the synthesis needs to know."""
    images = [SOURCES / "include.v", *sorted(SOURCES.glob("?_1_*.mif"))]
    facts.write(
        facts.Facts(
            top="zynet_layer",
            clock="clk",
            sources=[str(SOURCES / name) for name in (*GENERATED, TOP)],
            images=[str(path) for path in images],
            ports=[
                ("clk", "input", 1),
                ("rst", "input", 1),
                ("x_valid", "input", 1),
                ("x", "input", BITS),
                ("y_valid", "output", 1),
                ("y", "output", BITS),
            ],
            macs_per_cycle=outputs,
            cycles=interval,
            latency=latency,
            outputs=outputs * VECTORS,
            notes={"sum_bits": 2 * BITS},
            versions=facts.versions("zynet"),
        )
    )


def main():
    """Write the sources and ``layer.json``; 1 where no interval gives the right outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=int)
    parser.add_argument("outputs", type=int)
    options = parser.parse_args()
    values = layer_values.make(options.inputs, options.outputs, VECTORS)
    generate(values)
    codes = values.inputs.ravel() & (2**BITS - 1)
    (SOURCES / "x.hex").write_text("".join(f"{code:02x}\n" for code in codes.tolist()))
    for name in (TOP, BENCH):
        shutil.copyfile(HERE / name, SOURCES / name)
    build = ["iverilog", "-g2012", "-s", "zynet_bench", f"-Pzynet_bench.VECTORS={VECTORS}"]
    build += ["-o", "bench.out", BENCH, TOP, *GENERATED]
    subprocess.run(build, cwd=SOURCES, check=True, capture_output=True)
    right = expected(values).ravel()
    for interval in range(options.inputs + 1, options.inputs + LONGEST_GAP):
        seen, latency = simulate(interval)
        if np.array_equal(seen, right):
            write_facts(options.outputs, interval, latency)
            return 0
    print("zynet: no interval gives the right outputs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

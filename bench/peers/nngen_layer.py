"""A dense layer by NNgen: its Verilog, and its cycles an inference in its own AXI memory model.

Runs in the peers' environment, in the folder that it fills. NNgen fetches the weights from an
outside memory at every run. What was tried on 1,024 → 100, cycles an inference, all outputs exact:

- memory without delays 27,993 and with the delays that NNgen's model has by default 36,041 (4
  multipliers, a vector at a time); the first counts, the second is stored beside it;
- 16 multipliers as 16×1 8,641, as 8×2 or 4×4 8,633 inputs × outputs at a time: 16×1 is used, as
  each output at a time costs two more DSPs for the scale that NNgen always multiplies by;
- AXI as wide as the weights of a cycle; twice as wide 27,993 and 9,409, so no better;
- inputs stationary 27,737 and 8,569, weights stationary 27,993 and 8,641;
- buffers for more than the fewest outputs at a time 9,569;
- batches of 4 vectors, which share the weights: 16 multipliers 7,712 (inputs stationary), 7,716
  (weights), 8,838 (all weights kept in block RAM). Each vector more takes 7,427 cycles;
- products of 16 and sums of 26 bits in place of 32, the fewest that are exact here.
"""

import argparse
import sys

import facts
import layer_values
import nngen as ng
import numpy as np
from nngen_bench import IDEAL_MEMORY, simulate
from veriloggen.core import vtypes

TOP = "nngen_layer"


def describe(values, options):
    """Return NNgen's input and output nodes of the layer."""
    inputs = ng.placeholder(ng.int8, shape=values.inputs.shape, name="x")
    weight = ng.variable(ng.int8, shape=values.weight.shape, name="weight")
    weight.set_value(values.weight)
    bias = ng.variable(ng.int32, shape=values.bias.shape, name="bias")
    bias.set_value(values.bias)
    outputs = ng.matmul(
        inputs,
        weight,
        bias=bias,
        transposed_b=True,
        act_func=ng.relu,
        dtype=ng.int8,
        mul_dtype=ng.dtype_int(options.product_bits),
        sum_dtype=ng.dtype_int(options.sum_bits),
        name="y",
    )
    outputs.attribute(
        par_ich=options.par_in,
        par_och=options.par_out,
        cshamt_out=values.shift,
        concur_out_col=options.concurrent,
        stationary=options.stationary,
        right_ram_size=options.weight_ram,
        out_ram_size=options.output_ram,
    )
    return inputs, outputs


def main():
    """Write ``layer.v`` and ``layer.json`` in the current folder; 1 where an output is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=int)
    parser.add_argument("outputs", type=int)
    parser.add_argument("--par-in", type=int, default=1)
    parser.add_argument("--par-out", type=int, default=1)
    parser.add_argument("--axi", type=int, default=32)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--sum-bits", type=int, default=26)
    parser.add_argument("--product-bits", type=int, default=16)
    parser.add_argument("--stationary", choices=("left", "right"), default="left")
    parser.add_argument("--concurrent", type=int)
    parser.add_argument("--weight-ram", type=int)
    parser.add_argument("--output-ram", type=int)
    options = parser.parse_args()
    values = layer_values.make(options.inputs, options.outputs, options.batch)
    inputs, outputs = describe(values, options)
    hardware = ng.to_veriloggen(
        [outputs], TOP, config={"maxi_datawidth": options.axi}, silent=False
    )
    hardware.to_verilog("layer.v")
    results = {
        name: simulate(hardware, inputs, outputs, values, options, memory)
        for name, memory in (("ideal", IDEAL_MEMORY), ("default", {}))
    }
    expected = values.expected.ravel()
    wrong = sum(int(np.count_nonzero(seen != expected)) for _, seen in results.values())
    cycles = {name: found for name, (found, _) in results.items()}
    if wrong:
        print(f"nngen: {wrong} outputs are wrong", file=sys.stderr)
        return 1
    facts.write(
        facts.Facts(
            top=TOP,
            clock="CLK",
            sources=["layer.v"],
            images=[],
            ports=[
                (name, "input" if isinstance(port, vtypes.Input) else "output", port.width or 1)
                for name, port in hardware.io_variable.items()
            ],
            macs_per_cycle=options.par_in * options.par_out,
            cycles=cycles["ideal"] // options.batch,
            latency=cycles["ideal"],
            outputs=outputs.length,
            notes={
                "axi_bits": options.axi,
                "batch": options.batch,
                "sum_bits": options.sum_bits,
                "cycles_with_its_own_memory_delays": cycles["default"] // options.batch,
            },
            versions=facts.versions("nngen", "veriloggen", "pyverilog", "onnx", "numpy"),
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

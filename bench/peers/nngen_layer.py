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
import math
import sys
import facts
import layer_values
import nngen as ng
import numpy as np
import veriloggen as vg
from veriloggen import simulation, thread
from veriloggen.core import vtypes
from veriloggen.types import axi

TOP = "nngen_layer"
CHUNK_BYTES = 64
MEMORY_BITS = 32
LONGEST_CYCLES = 2_000_000
IDEAL_MEMORY = {"write_delay": 0, "read_delay": 0, "sleep_interval": 0, "keep_sleep": 0}


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


def memory_image(inputs, outputs, values, options):
    """Return the words of the memory, and the address of the scratch area behind them."""
    parameters = ng.export_ndarray([outputs], CHUNK_BYTES)
    start = -(-(inputs.addr + inputs.memory_size) // CHUNK_BYTES) * CHUNK_BYTES
    scratch = -(-(start + len(parameters)) // CHUNK_BYTES) * CHUNK_BYTES
    words = np.zeros([2 ** math.ceil(math.log2(scratch + 65536)) * 8 // MEMORY_BITS], np.int64)
    align = max(options.axi // 8, options.par_in)
    axi.set_memory(words, values.inputs, MEMORY_BITS, 8, inputs.addr, align)
    axi.set_memory(words, parameters, MEMORY_BITS, 8, start)
    return words, scratch


def bench(hardware, inputs, outputs, values, options, memory_options):
    """Return the test bench: start by the AXI-Lite port, wait, print the cycles and the outputs."""
    module = vg.Module("bench")
    module.copy_params(hardware)
    ports = module.copy_sim_ports(hardware)
    clock, reset_n = ports["CLK"], ports["RESETN"]
    reset = module.Wire("reset")
    reset.assign(vg.Not(reset_n))
    words, scratch = memory_image(inputs, outputs, values, options)
    memory = axi.AxiMemoryModel(
        module,
        "memory",
        clock,
        reset,
        datawidth=options.axi,
        memimg=words,
        memimg_name="memory.hex",
        memimg_datawidth=MEMORY_BITS,
        **memory_options,
    )
    memory.connect(ports, "maxi")
    host = thread.AXIMLite(module, "host", clock, reset, noio=True)
    host.connect(ports, "saxi")
    counter = module.Reg("counter", 32, initval=0)
    vg.Seq(module, "count", clock, reset)(counter.inc())
    rows, columns = outputs.shape
    pitch = outputs.aligned_shape[1]

    def control():
        ng.sim.set_global_addrs(host, scratch)
        begin = counter.value
        ng.sim.start(host)
        ng.sim.wait(host)
        print("cycles %d" % (counter.value - begin))  # noqa: UP031: compiled to $display
        for row in range(rows):
            for column in range(columns):
                print("output", memory.read_word(row * pitch + column, outputs.addr, 8))
        thread.finish()

    thread.Thread(module, "control", clock, reset, control).start()
    module.Instance(
        hardware, "dut", module.connect_params(hardware), module.connect_ports(hardware)
    )
    simulation.setup_clock(module, clock, hperiod=5)
    start = simulation.setup_reset(module, reset_n, module.make_reset(), period=100, polarity="low")
    start.add(vg.Delay(LONGEST_CYCLES * 10), vg.Systask("finish"))
    return module


def simulate(hardware, inputs, outputs, values, options, memory_options):
    """Return the cycles of a batch, from the start command to the end seen, and the outputs."""
    made = bench(hardware, inputs, outputs, values, options, memory_options)
    printed = simulation.Simulator(made, sim="iverilog").run(outputfile="bench.out")
    words = [line.split() for line in printed.splitlines()]
    cycles = next(int(line[1]) for line in words if line[:1] == ["cycles"])
    codes = np.array([int(line[1]) for line in words if line[:1] == ["output"]])
    return cycles, np.where(codes > 127, codes - 256, codes)


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

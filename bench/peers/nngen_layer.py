"""A dense layer by NNgen: its Verilog, and its cycles an inference in its own AXI memory model."""

import argparse
import json
import math
import sys
from pathlib import Path

import layer_values
import nngen as ng
import numpy as np
import veriloggen as vg
from veriloggen import simulation, thread
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
    parameters = module.copy_params(hardware)
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
        for _ in range(2):
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
    del parameters
    simulation.setup_clock(module, clock, hperiod=5)
    start = simulation.setup_reset(module, reset_n, module.make_reset(), period=100, polarity="low")
    start.add(vg.Delay(LONGEST_CYCLES * 10), vg.Systask("finish"))
    return module


def main():
    """Write ``layer.v`` and ``layer.json`` in the current folder; 1 where an output is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=int)
    parser.add_argument("outputs", type=int)
    parser.add_argument("--par-in", type=int, default=1)
    parser.add_argument("--par-out", type=int, default=1)
    parser.add_argument("--axi", type=int, default=32)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--sum-bits", type=int, default=32)
    parser.add_argument("--product-bits", type=int, default=32)
    parser.add_argument("--stationary", choices=("left", "right"), default="right")
    parser.add_argument("--concurrent", type=int)
    parser.add_argument("--weight-ram", type=int)
    parser.add_argument("--output-ram", type=int)
    parser.add_argument("--memory", choices=("ideal", "default"), default="ideal")
    options = parser.parse_args()
    values = layer_values.make(options.inputs, options.outputs, options.batch)
    inputs, outputs = describe(values, options)
    hardware = ng.to_veriloggen(
        [outputs], TOP, config={"maxi_datawidth": options.axi}, silent=False
    )
    hardware.to_verilog("layer.v")
    memory_options = IDEAL_MEMORY if options.memory == "ideal" else {}
    made = bench(hardware, inputs, outputs, values, options, memory_options)
    made.to_verilog("bench.v")
    printed = simulation.Simulator(made, sim="iverilog").run(outputfile="bench.out")
    words = [line.split() for line in printed.splitlines()]
    cycles = [int(line[1]) for line in words if line[:1] == ["cycles"]]
    seen = [int(line[1]) for line in words if line[:1] == ["output"]]
    seen = [value - 256 if value > 127 else value for value in seen]
    wrong = int(np.count_nonzero(np.array(seen) != values.expected.ravel()))
    Path("layer.json").write_text(
        json.dumps({"cycles": cycles, "wrong": wrong, "outputs": len(seen)}) + "\n"
    )
    print(cycles, wrong, len(seen))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

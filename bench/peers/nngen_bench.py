"""NNgen's layer in a test bench of its own library: an AXI memory model and an AXI-Lite host."""

import math

import nngen as ng
import numpy as np
import veriloggen as vg
from veriloggen import simulation, thread
from veriloggen.types import axi

CHUNK_BYTES = 64
MEMORY_BITS = 32
LONGEST_CYCLES = 2_000_000
IDEAL_MEMORY = {"write_delay": 0, "read_delay": 0, "sleep_interval": 0, "keep_sleep": 0}


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
        print("cycles", counter.value - begin)
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

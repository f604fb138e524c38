"""Benches of the AXI top under cocotb, driven by cocotbext-axi."""

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from interface_bench import InterfaceBench, scenario


class Bench(InterfaceBench):
    """The top between a stream source, a stream sink and an AXI4-Lite master."""

    def __init__(self, dut):
        super().__init__(dut, dut.aclk, dut.aresetn, active=0)
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, dut.aresetn, False
        )
        self.sink = AxiStreamSink(
            AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, dut.aresetn, False
        )
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.aclk, **reset)
        write, read = self.lite.write_if, self.lite.read_if
        channels = [write.aw_channel, write.w_channel, write.b_channel]
        channels += [read.ar_channel, read.r_channel, self.source, self.sink]
        if self.case.stall:
            for channel in channels:
                channel.set_pause_generator(self.pauses())

    def pauses(self):
        while True:
            yield self.random.random() < self.case.stall

    async def send(self, vector, beats=None):
        """Send a vector, cut off or lengthened to so many beats."""
        data = self.case.source.beat_list(vector, self.noise)
        beats = len(data) if beats is None else beats
        size = self.case.source.beat_bytes
        data = (data + [self.noise.bytes(size) for _ in range(beats)])[:beats]
        await self.source.send(AxiStreamFrame(b"".join(data)))

    async def receive(self):
        return self.case.target.vector(bytes(await self.sink.recv()))

    async def read(self, offset):
        answer = await self.lite.read(offset, 4)
        return int.from_bytes(answer.data, "little"), answer.resp

    async def get(self, name):
        value, response = await self.read(self.case.offset(name))
        assert response == AxiResp.OKAY, name
        return value

    async def put(self, name, value):
        assert await self.attempt(name, value) == AxiResp.OKAY, name

    async def attempt(self, name, value):
        """Write a register and return the response."""
        answer = await self.lite.write(self.case.offset(name), value.to_bytes(4, "little"))
        return answer.resp

    async def through(self, vectors):
        outputs = []
        for vector in vectors:
            await self.send(vector)
            outputs.append(await self.receive())
        return np.array(outputs)


@scenario
async def traffic(dut):
    """Random traffic on the streams while registers are read."""
    bench = await Bench.started(dut)
    case, outputs, reads = bench.case, [], 0
    for vector in case.inputs:
        await bench.send(vector)
    receiving = cocotb.start_soon(receive_all(bench, len(case.inputs), outputs))
    constants = case.constants()
    while not receiving.done():
        offset = bench.random.choice(list(constants))
        assert await bench.read(offset) == (constants[offset], AxiResp.OKAY)
        reads += 1
    await receiving
    bench.save(
        "traffic",
        outputs=np.array(outputs),
        vectors=np.array(await bench.get("vectors")),
        errors=np.array(await bench.get("errors")),
        reads=np.array(reads),
    )


async def receive_all(bench, count, outputs):
    for _ in range(count):
        outputs.append(await bench.receive())


@scenario
async def frames(dut):
    """Vectors of wrong lengths among right ones."""
    bench = await Bench.started(dut)
    case, outputs, flags = bench.case, [], []
    flag = case.bit("errors", "frame_length")
    for vector, beats in zip(case.inputs, case.lengths, strict=True):
        await bench.send(vector, int(beats))
        if beats == case.source.beats:
            outputs.append(await bench.receive())
        await bench.source.wait()
        await ClockCycles(dut.aclk, 2)
        flags.append(await bench.get("errors"))
        await bench.put("errors", flag)
        assert await bench.get("errors") == 0
    design_error = await bench.get("status") & 1
    await bench.put("control", case.bit("control", "soft_reset"))
    await ClockCycles(dut.aclk, 2)
    assert bench.sink.empty()
    bench.save(
        "frames",
        outputs=np.array(outputs),
        flags=np.array(flags),
        design_error=np.array([design_error, await bench.get("status") & 1]),
        vectors=np.array(await bench.get("vectors")),
    )


@scenario
async def registers(dut):
    """Every address, read and written as it may and may not be; a soft reset amid a vector."""
    bench = await Bench.started(dut)
    case = bench.case
    known = bench.rows_by_offset()
    for offset in range(0, 1 << len(dut.s_axil_awaddr), 4):
        value, response = await bench.read(offset)
        row = known.get(offset)
        if row is None or row["name"] == "parameter_data":  # the design is not held
            assert (value, response) == (0, AxiResp.SLVERR), hex(offset)
        else:
            assert response == AxiResp.OKAY, row["name"]
        if row is None or row["access"] in ("constant", "read"):
            answer = await bench.lite.write(offset, bytes(4))
            assert answer.resp == AxiResp.SLVERR, hex(offset)
    expected = case.bit("errors", "access") | case.bit("errors", "parameter_refused")
    assert await bench.get("errors") == expected
    await bench.put("errors", case.bit("errors", "access"))
    assert await bench.get("errors") == expected ^ case.bit("errors", "access")
    await bench.put("errors", 0xFFFFFFFF)
    await bench.put("parameter_address", 0x12345678)
    answer = await bench.lite.write(case.offset("parameter_address") + 1, b"\xff\xff")
    assert answer.resp == AxiResp.SLVERR
    assert await bench.get("parameter_address") == 0x12345678
    assert await bench.attempt("parameter_data", 1) == AxiResp.SLVERR
    assert await bench.get("errors") == expected
    await bench.send(case.inputs[0], case.source.beats - 1)  # which the reset drops
    await bench.source.wait()
    await bench.put("control", case.bit("control", "soft_reset"))
    low = await bench.get("cycles_low")
    assert low < 500
    await bench.send(case.inputs[1])
    output = await bench.receive()
    cycles = await bench.get("cycles_low")
    await ClockCycles(dut.aclk, 100)
    later = await bench.get("cycles_low")
    bench.save("registers", output=output, cycles=np.array([low, cycles, later]))


@scenario
async def weights(dut):
    """New parameters in the middle of the traffic, read back before vectors go on."""
    bench = await Bench.started(dut)
    case, outputs = bench.case, []
    half = len(case.inputs) // 2
    for vector in case.inputs[:half]:
        await bench.send(vector)
    receiving = cocotb.start_soon(receive_all(bench, len(case.inputs), outputs))
    await bench.source.wait()
    await bench.hold()
    for vector in case.inputs[half:]:
        await bench.send(vector)
    back = await bench.replace_parameters()
    await bench.put("parameter_address", 1 << 31)
    assert await bench.attempt("parameter_data", 0) == AxiResp.SLVERR
    await bench.put("control", 0)
    await receiving
    bench.save("weights", outputs=np.array(outputs), back=back)


@scenario
async def retraining(dut):
    """New parameters while nothing moves."""
    await (await Bench.started(dut)).retraining()


@scenario
async def hasty(dut):
    """A soft reset right behind the last parameter."""
    await (await Bench.started(dut)).hasty()

"""Benches of the Wishbone top under cocotb."""

import numpy as np
from cocotb.triggers import ClockCycles

from interface_bench import POLLS_MAX, InterfaceBench, scenario
from wishbone_bus import WishboneMaster


class Bench(InterfaceBench):
    """The top and a master, which does what the program of a small processor would."""

    def __init__(self, dut):
        super().__init__(dut, dut.clk_i, dut.rst_i, active=1)
        self.bus = WishboneMaster(dut, "wb", gap=self.case.stall, seed=self.case.seed)
        self.received = []

    async def get(self, name):
        return await self.bus.read(self.case.offset(name))

    async def put(self, name, value):
        await self.bus.write(self.case.offset(name), value)

    def words(self, vector):
        """Return the words of a vector in memory; noise fills the last one."""
        data = vector.astype(self.case.source.dtype).tobytes()
        data += self.noise.bytes(-len(data) % 4)
        return np.frombuffer(data, "<u4").tolist()

    def vectors(self):
        """Return the vectors in the words that were received; zeros fill the last word of each."""
        target = self.case.target
        octets = target.length * target.size
        rows = np.array(self.received, "<u4").reshape(-1, -(-octets // 4)).view(np.uint8)
        assert not rows[:, octets:].any()
        return rows[:, :octets].copy().view(target.dtype).astype(np.int64)

    async def run(self, vectors):
        """Send vectors and take what comes, in random turns."""
        todo = [word for vector in vectors for word in self.words(vector)]
        target = self.case.target
        wanted = len(self.received) + len(vectors) * -(-target.length * target.size // 4)
        for _ in range(POLLS_MAX):
            if self.random.random() < 0.5:
                space = await self.get("input_space")
                for word in todo[: self.random.randint(0, space)]:
                    await self.put("input_data", word)
                    todo.pop(0)
            else:
                for _ in range(self.random.randint(0, await self.get("output_level"))):
                    self.received.append(await self.get("output_data"))
            if not todo and len(self.received) == wanted:
                return
        raise AssertionError(f"{len(todo)} words not taken, {wanted} outputs wanted")

    async def through(self, vectors):
        self.received = []
        await self.run(vectors)
        return self.vectors()


@scenario
async def traffic(dut):
    """Vectors through the two data registers."""
    bench = await Bench.started(dut)
    await bench.run(bench.case.inputs)
    bench.save(
        "traffic",
        outputs=bench.vectors(),
        vectors=np.array(await bench.get("vectors")),
        errors=np.array(await bench.get("errors")),
        waits=np.array(bench.bus.waits),
    )


@scenario
async def overrun(dut):
    """Too many words are written and read; only those that fit count."""
    bench = await Bench.started(dut)
    case = bench.case
    assert await bench.get("output_data") == 0
    assert await bench.get("errors") == case.bit("errors", "output_underflow")
    await bench.put("errors", case.bit("errors", "output_underflow"))
    words = [word for vector in case.inputs for word in bench.words(vector)]
    taken = 0
    while await bench.get("errors") == 0:  # nobody takes the outputs: everything fills up
        assert taken < POLLS_MAX, "nothing overflows"
        await bench.put("input_data", words[taken % len(words)])
        taken += 1
    flags = await bench.get("errors")
    count = 0
    while await bench.get("output_level"):
        bench.received.append(await bench.get("output_data"))
        count += 1
        await ClockCycles(dut.clk_i, 30)
    await bench.put("control", case.bit("control", "soft_reset"))
    assert await bench.get("output_level") == 0
    whole = len(bench.received) // -(-case.target.length * case.target.size // 4)
    bench.received = bench.received[: whole * -(-case.target.length * case.target.size // 4)]
    drained = bench.vectors()
    bench.received = []
    await bench.run(case.inputs[:3])
    bench.save(
        "overrun",
        drained=drained,
        written=np.array(taken - 1),
        flags=np.array([flags, case.bit("errors", "input_overflow")]),
        outputs=bench.vectors(),
    )


@scenario
async def registers(dut):
    """Every address, read and written as it may and may not be; a soft reset amid a vector."""
    bench = await Bench.started(dut)
    case = bench.case
    access = case.bit("errors", "access")
    known = bench.rows_by_offset()
    constants = case.constants()
    for offset in range(0, 1 << len(dut.wb_adr_i), 4):
        row = known.get(offset, {"name": "", "access": ""})
        if row["access"] == "window":  # the design is not held
            continue
        value = await bench.bus.read(offset)
        assert value == constants.get(offset, value), hex(offset)
        fails = row["access"] in ("", "push")
        assert bool(await bench.get("errors") & access) == fails, hex(offset)
        await bench.put("errors", access)
        if row["access"] in ("", "constant", "read", "pop"):
            await bench.bus.write(offset, 0xFFFFFFFF)
            assert await bench.get("errors") & access, hex(offset)
            await bench.put("errors", 0xFFFFFFFF)
    await bench.put("parameter_address", 0x12345678)
    await bench.bus.write(case.offset("parameter_address"), 0, select=0b0111)
    assert await bench.get("parameter_address") == 0x12345678
    await bench.put("parameter_data", 1)
    assert await bench.get("parameter_data") == 0
    assert await bench.get("errors") == access | case.bit("errors", "parameter_refused")
    for word in bench.words(case.inputs[0])[:-1]:  # what is left of it goes with the reset
        await bench.put("input_data", word)
    await bench.put("control", case.bit("control", "soft_reset"))
    low = await bench.get("cycles_low")
    assert low < 500
    await bench.run(case.inputs[1:2])
    cycles = await bench.get("cycles_low")
    await ClockCycles(dut.clk_i, 100)
    later = await bench.get("cycles_low")
    bench.save("registers", output=bench.vectors()[0], cycles=np.array([low, cycles, later]))


@scenario
async def weights(dut):
    """New parameters between two vectors, read back."""
    bench = await Bench.started(dut)
    case = bench.case
    half = len(case.inputs) // 2
    await bench.run(case.inputs[:half])
    await bench.hold()
    back = await bench.replace_parameters()
    await bench.put("parameter_address", 1 << 31)
    await bench.put("parameter_data", 0)
    assert await bench.get("errors") == case.bit("errors", "parameter_refused")
    await bench.put("control", 0)
    await bench.run(case.inputs[half:])
    bench.save("weights", outputs=bench.vectors(), back=back)


@scenario
async def retraining(dut):
    """New parameters while nothing moves."""
    await (await Bench.started(dut)).retraining()


@scenario
async def hasty(dut):
    """A soft reset right behind the last parameter."""
    await (await Bench.started(dut)).hasty()

"""What the benches of all interfaces share: clock and case, registers by name, parameters."""

import os
import random
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

from interface_case import InterfaceCase

PERIOD = 10  # ns
TIMEOUT = 20  # ms of simulated time: nothing here takes a tenth of it
CASE, FOLDER = map(Path, os.environ["FCGEN_BENCH"].split(os.pathsep))
POLLS_MAX = 10_000

scenario = cocotb.test(timeout_time=TIMEOUT, timeout_unit="ms")


class InterfaceBench:
    """A top with its clock running; subclasses drive its bus and its vectors.

    They define ``get(name)`` and ``put(name, value)``, which fail where an access does, and
    ``through(vectors)``, which returns what vectors that pass alone become.
    """

    def __init__(self, dut, clock, reset, active):
        self.dut, self.clock, self._reset, self._active = dut, clock, reset, active
        self.case = InterfaceCase.load(CASE)
        self.random = random.Random(self.case.seed)
        self.noise = np.random.default_rng(self.case.seed)
        Clock(clock, PERIOD, "ns").start()

    @classmethod
    async def started(cls, dut):
        """Return a bench behind its reset."""
        bench = cls(dut)
        bench._reset.value = bench._active
        await ClockCycles(bench.clock, 3)
        bench._reset.value = not bench._active
        await ClockCycles(bench.clock, 2)
        return bench

    def rows_by_offset(self):
        """Return the row of the register at each offset where there is one."""
        return {
            row["offset"] + 4 * word: row
            for row in self.case.registers
            for word in range(max(1, len(row["values"])))
        }

    async def hold(self):
        """Let no further vector begin, and wait until none is under way."""
        await self.put("control", self.case.bit("control", "parameter_hold"))
        for _ in range(POLLS_MAX):
            if await self.get("status") & self.case.bit("status", "parameter_held"):
                return
        raise AssertionError("the design was never held")

    async def write_parameters(self):
        """Write all parameters of the case."""
        following = None
        for address, data in self.case.writes.tolist():
            if address != following:
                await self.put("parameter_address", address)
            await self.put("parameter_data", data)
            following = address + 1

    async def read_parameters(self):
        """Return the words at the addresses of the case's parameters."""
        found = []
        for address in self.case.writes[:, 0].tolist():
            await self.put("parameter_address", address)
            found.append(await self.get("parameter_data"))
        assert await self.get("errors") == 0
        return np.array(found)

    async def replace_parameters(self):
        """Write all parameters of the case, and return what reading them gives."""
        await self.write_parameters()
        return await self.read_parameters()

    async def retraining(self):
        """At rest between two halves of the vectors all parameters become another training's."""
        half = len(self.case.inputs) // 2
        before = await self.through(self.case.inputs[:half])
        assert await self.get("vectors") == half
        await self.hold()
        back = await self.replace_parameters()
        await self.put("control", 0)
        after = await self.through(self.case.inputs[half:])
        self.save("retraining", before=before, back=back, after=after)

    async def hasty(self):
        """The design is reset right behind the last word."""
        hold = self.case.bit("control", "parameter_hold")
        await self.hold()
        await self.write_parameters()
        await self.put("control", self.case.bit("control", "soft_reset") | hold)
        await self.hold()
        back = await self.read_parameters()
        await self.put("control", 0)
        self.save("hasty", back=back, after=await self.through(self.case.inputs))

    def save(self, name, **arrays):
        np.savez(FOLDER / f"{name}.npz", **arrays)

"""A master of a Wishbone bus under cocotb, written from the B4 specification.

Standard (not pipelined) cycles of 32 bits with bytes as the finest unit: single cycles, and block
cycles, in which ``cyc`` stays high from one transfer to the next. A transfer begins with ``stb``;
it ends at the rising edge at which ``ack`` is high, and a slave acknowledges only while ``cyc`` and
``stb`` are high. Signals change just after the edge.
"""

import random

import cocotb
from cocotb.triggers import RisingEdge

SELECT_ALL = 0xF
WAIT_MAX = 200


class BusFault(AssertionError):
    """The slave broke a rule of the bus."""


class WishboneMaster:
    """Single transfers with random gaps between them.

    Parameters
    ----------
    dut : SimHandleBase
        Its ports are ``clk_i``, ``rst_i`` and ``PREFIX_cyc_i`` and so on.
    prefix : str
    gap : float
        Probability a cycle that the next transfer waits; half of the gaps keep ``cyc`` high.
    seed : int
    """

    def __init__(self, dut, prefix, *, gap, seed):
        self.clock, self.gap = dut.clk_i, gap
        self.random = random.Random(f"wishbone {seed}")
        names = ("cyc_i", "stb_i", "we_i", "adr_i", "sel_i", "dat_i", "dat_o", "ack_o")
        self.pins = {name: getattr(dut, f"{prefix}_{name}") for name in names}
        self.waits = []  # cycles from the strobe to the acknowledgement
        self._idle(cycle=0)
        cocotb.start_soon(self._watch(dut.rst_i))

    def _put(self, **values):
        for name, value in values.items():
            self.pins[name].value = value

    def _idle(self, cycle):
        """Drive noise where it must not matter."""
        self._put(
            cyc_i=cycle,
            stb_i=0,
            we_i=self.random.getrandbits(1),
            adr_i=self.random.getrandbits(len(self.pins["adr_i"])),
            sel_i=self.random.getrandbits(4),
            dat_i=self.random.getrandbits(32),
        )

    async def _watch(self, reset):
        """Check at every edge that nothing is acknowledged that was not asked for."""
        while True:
            await RisingEdge(self.clock)
            asked = int(self.pins["cyc_i"].value) & int(self.pins["stb_i"].value)
            acknowledged = self.pins["ack_o"].value
            if int(reset.value):
                continue
            if not acknowledged.is_resolvable or (int(acknowledged) and not asked):
                raise BusFault(f"ack_o is {acknowledged} without a strobe")

    async def transfer(self, address, data=None, select=SELECT_ALL):
        """Write ``data`` where there is any, else read; return what the slave shows."""
        while self.gap and self.random.random() < self.gap:
            self._idle(cycle=self.random.getrandbits(1))
            await RisingEdge(self.clock)
        written = self.random.getrandbits(32) if data is None else data
        self._put(cyc_i=1, stb_i=1, we_i=int(data is not None), adr_i=address, sel_i=select)
        self._put(dat_i=written)
        for wait in range(WAIT_MAX):
            await RisingEdge(self.clock)
            if int(self.pins["ack_o"].value):
                self.waits.append(wait)
                shown = self.pins["dat_o"].value
                self._idle(cycle=0)
                assert shown.is_resolvable or data is not None, (hex(address), shown)
                return None if data is not None else int(shown)
        raise BusFault(f"no acknowledgement within {WAIT_MAX} cycles at {address:#x}")

    async def read(self, address):
        return await self.transfer(address)

    async def write(self, address, data, select=SELECT_ALL):
        await self.transfer(address, data, select)

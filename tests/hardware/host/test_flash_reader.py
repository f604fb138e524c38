"""The reader of a flash memory beside a model of one, which checks every edge on its pins."""

from itertools import pairwise

import pytest

from amaranth_bench import run
from fcgen.hardware.host.flash_reader import FlashReader

CONTENTS = bytes(range(7, 256, 3))
START = 0x012345
LATENCY_MORE = 3


class Memory:
    """A memory in power-down: takes AB, and 03 with an address once it is awake."""

    def __init__(self, wake):
        self.wake, self.now, self.awake = wake, 0, None
        self.sck, self.cs_n, self.mosi = 0, 1, 0
        self.last = 1
        self.bits, self.rises, self.commands = [], [], []

    def cycle(self, sck, cs_n, mosi):
        """Take the pins behind a clock edge; return what the memory puts out."""
        self.now += 1
        assert not (sck and cs_n), "the clock is low while the memory is not selected"
        if sck and not self.sck:
            assert mosi == self.mosi, "what goes in stands before the clock rises"
            self.bits.append(mosi)
            self.rises.append(self.now)
        if sck and self.sck:
            assert mosi == self.mosi, "what goes in stands while the clock is high"
        if cs_n and not self.cs_n:
            self._end()
        self.sck, self.cs_n, self.mosi = sck, cs_n, mosi
        return self._output()

    def _end(self):
        self.commands.append(self.bits)
        if self.bits == [1, 0, 1, 0, 1, 0, 1, 1]:
            self.awake = self.now + self.wake
        self.bits = []

    def _output(self):
        if self.sck or len(self.bits) < 32:
            return self.last  # it changes when the clock falls
        assert self.awake is not None
        word = int("".join(map(str, self.bits[:32])), 2)
        assert word >> 24 == 0x03
        place = (word & 0xFFFFFF) - START + (len(self.bits) - 32) // 8
        value = CONTENTS[place] if 0 <= place < len(CONTENTS) else 0xFF
        self.last = value >> (7 - (len(self.bits) - 32) % 8) & 1
        return self.last


def read(reader, memory, count, patience=lambda number: 0):
    """Return so many bytes; each waits for some cycles before it is taken."""
    found = []

    async def bench(ctx):
        ctx.set(reader.active, 1)
        waiting = 0
        while len(found) < count:
            valid, payload = ctx.get(reader.valid), ctx.get(reader.payload)
            take = valid and waiting == patience(len(found))
            ctx.set(reader.ready, take)
            if take:
                found.append(payload)
            waiting = waiting + 1 if valid and not take else 0
            await ctx.tick()
            pins = (ctx.get(getattr(reader, name)) for name in ("sck", "cs_n", "mosi"))
            ctx.set(reader.miso, memory.cycle(*pins))

    run(reader, bench)
    return bytes(found)


@pytest.mark.parametrize("half_period", [1, 2, 5])
def test_the_bytes_behind_the_address_are_read_in_order(half_period):
    memory = Memory(wake=20)
    found = read(FlashReader(START, half_period, 20), memory, 20)
    assert found == CONTENTS[:20]
    spans = [b - a for a, b in pairwise(memory.rises[8:])]
    assert min(spans) == 2 * half_period


def test_the_clock_stands_still_while_a_byte_waits():
    memory = Memory(wake=3)
    found = read(FlashReader(START, 1, 3), memory, 12, patience=lambda number: 7 * (number % 3))
    assert found == CONTENTS[:12]


def test_a_byte_takes_sixteen_halves_and_a_cycle():
    memory = Memory(wake=3)
    read(FlashReader(START, 2, 3), memory, 5)
    firsts = memory.rises[40::8]
    assert {b - a for a, b in pairwise(firsts)} == {16 * 2 + 1}


@pytest.mark.parametrize(("half_period", "wake"), [(1, 1), (1, 9), (3, 4)])
def test_the_first_byte_comes_after_the_stated_latency(half_period, wake):
    reader, memory, waited = FlashReader(START, half_period, wake), Memory(wake), []

    async def bench(ctx):
        ctx.set(reader.active, 1)
        while not ctx.get(reader.valid):
            waited.append(1)
            await ctx.tick()
            pins = (ctx.get(getattr(reader, name)) for name in ("sck", "cs_n", "mosi"))
            ctx.set(reader.miso, memory.cycle(*pins))

    run(reader, bench)
    assert len(waited) == 96 * half_period + wake + LATENCY_MORE


def test_the_memory_has_its_time_to_wake_up():
    memory = Memory(wake=50)
    reader = FlashReader(START, 1, 50)
    read(reader, memory, 1)
    assert memory.rises[8] >= memory.awake


def test_when_it_is_asked_again_it_begins_at_the_address():
    memory, reader = Memory(wake=3), FlashReader(START, 1, 3)
    found = []

    async def bench(ctx):
        for active in (1, 0, 1):
            ctx.set(reader.active, active)
            ctx.set(reader.ready, 1)
            for _ in range(150 if active else 3):
                if ctx.get(reader.valid):
                    found.append(ctx.get(reader.payload))
                await ctx.tick()
                pins = (ctx.get(getattr(reader, name)) for name in ("sck", "cs_n", "mosi"))
                ctx.set(reader.miso, memory.cycle(*pins))

    run(reader, bench)
    half = len(found) // 2
    assert bytes(found) == 2 * CONTENTS[:half]
    assert half > 2


@pytest.mark.parametrize("values", [(-1, 1, 1), (1 << 24, 1, 1), (0, 0, 1), (0, 1, 0)])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match="must be"):
        FlashReader(*values)

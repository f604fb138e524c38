"""Receiver and transmitter of the serial line, and the CRC, in Amaranth's simulator."""

import random
import zlib

import pytest
from amaranth import Module
from amaranth.sim import Simulator

from fcgen.hardware.host.crc32 import Crc32
from fcgen.hardware.host.uart import PHASE_BITS, UartReceiver, UartTransmitter, phase_step

CLOCK = 12_000_000


def simulate(m, bench):
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("deviation", [-0.02, 0.02])
@pytest.mark.parametrize("clock", [16_000_000, 25_000_000])
def test_bytes_pass_back_to_back_at_rates_that_differ(clock, deviation):
    baud = 3_000_000
    sender = UartTransmitter(clock, round(baud * (1 + deviation)))
    receiver = UartReceiver(clock, baud)
    m = Module()
    m.submodules.sender, m.submodules.receiver = sender, receiver
    m.d.comb += receiver.rx.eq(sender.tx)
    wanted = [0, 0xFF, 0x55, 0xAA, *range(1, 256, 11)]
    found = []

    async def bench(ctx):
        todo = list(wanted)
        ctx.set(sender.valid, 1)
        for _ in range(len(wanted) * 12 * clock // baud):
            ctx.set(sender.payload, todo[0] if todo else 0)
            ctx.set(sender.valid, bool(todo))
            if todo and ctx.get(sender.ready):
                todo.pop(0)
            await ctx.tick()
            assert not ctx.get(receiver.broken)
            if ctx.get(receiver.valid):
                found.append(ctx.get(receiver.payload))

    simulate(m, bench)
    assert found == wanted


def test_a_break_is_one_broken_byte_and_a_glitch_is_none():
    receiver = UartReceiver(CLOCK, 3_000_000)
    m = Module()
    m.submodules.receiver = receiver
    seen = []

    async def bench(ctx):
        async def hold(level, cycles):
            ctx.set(receiver.rx, level)
            for _ in range(cycles):
                await ctx.tick()
                seen.extend(n for n in ("valid", "broken") if ctx.get(getattr(receiver, n)))

        await hold(1, 20)
        await hold(0, 1)
        await hold(1, 60)
        assert seen == []
        await hold(0, 400)
        await hold(1, 60)
        assert seen == ["broken"]

    simulate(m, bench)


@pytest.mark.parametrize("rates", [(12_000_000, 3_000_001), (100_000_000, 24_000), (100, 0)])
def test_rates_without_enough_or_with_too_many_cycles_a_bit_are_refused(rates):
    with pytest.raises(ValueError, match="a bit takes 4 to 4096 cycles"):
        phase_step(*rates)


@pytest.mark.parametrize("clock", [12e6, 25e6, 27e6, 48e6, 100e6])
@pytest.mark.parametrize("baud", [115_200, 921_600, 1_000_000, 3_000_000])
def test_the_rate_is_exact_to_a_thousandth(clock, baud):
    assert phase_step(int(clock), baud) / 2**PHASE_BITS == pytest.approx(baud / clock, rel=1e-3)


def test_the_crc_is_that_of_zlib():
    crc = Crc32()
    m = Module()
    m.submodules.crc = crc
    source = random.Random(0)
    texts = [b"", b"\0", b"\xff" * 5, bytes(range(256)), source.randbytes(60)]

    async def bench(ctx):
        async def take(data):
            for byte in data:
                ctx.set(crc.payload, byte)
                ctx.set(crc.valid, 1)
                await ctx.tick()
                ctx.set(crc.valid, 0)
                await ctx.tick().repeat(8)

        for text in texts:
            ctx.set(crc.start, 1)
            await ctx.tick()
            ctx.set(crc.start, 0)
            await take(text)
            value = zlib.crc32(text)
            assert ctx.get(crc.value) == value
            assert not text or not ctx.get(crc.match)
            await take(value.to_bytes(4, "little"))
            assert ctx.get(crc.match)

    simulate(m, bench)

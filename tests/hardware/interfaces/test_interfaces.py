"""Components of the interfaces in Amaranth's simulator, against what their contracts say."""

import random

import numpy as np
import pytest
from amaranth import Module, Signal

from amaranth_bench import observe, pack, run, unpack
from fcgen.hardware.interfaces.control_status import ControlStatus
from fcgen.hardware.interfaces.padding import Element, padded, unpadded
from fcgen.hardware.interfaces.parameter_window import ParameterWindow
from fcgen.hardware.interfaces.register_bank import RegisterBank
from fcgen.hardware.interfaces.register_map import Register, RegisterMap
from fcgen.hardware.interfaces.wishbone import WishboneSlave
from fcgen.hardware.interfaces.word_joiner import WordJoiner
from fcgen.hardware.interfaces.word_splitter import WordSplitter

TABLE = RegisterMap(
    (
        Register("magic", 0, "constant", "", values=(0xABCD1234,)),
        Register("state", 4, "read", "", tells=True),
        Register("mode", 8, "write", ""),
        Register("slow", 16, "window", ""),
        Register("into", 20, "push", ""),
        Register("hash", 24, "constant", "", values=(1, 2)),
    )
)


async def access(ctx, bank, offset, write, whole=1):
    """Ask a bank for one access; return its answer, and the strobes that it gave."""
    strobes = set()
    names = [name for name in bank.signature.members if name.endswith(("_write", "_read"))]
    ctx.set(bank.request, 1)
    ctx.set(bank.address, offset // 4)
    ctx.set(bank.write, write)
    ctx.set(bank.whole, whole)
    for cycle in range(20):
        strobes |= {name for name in names if ctx.get(getattr(bank, name))}
        ctx.set(bank.slow_done, cycle == 5)
        if ctx.get(bank.done):
            found = ctx.get(bank.read_data), ctx.get(bank.failed), strobes
            ctx.set(bank.request, 0)
            await ctx.tick()
            return found
        await ctx.tick()
    raise AssertionError("no answer")


@pytest.mark.parametrize(
    ("offset", "write", "whole", "answer"),
    [
        (0, 0, 1, (0xABCD1234, 0, set())),
        (0, 1, 1, (0xABCD1234, 1, set())),
        (4, 0, 0, (77, 0, {"state_read"})),
        (8, 0, 0, (99, 0, set())),
        (8, 1, 1, (99, 0, {"mode_write"})),
        (8, 1, 0, (99, 1, set())),
        (12, 0, 1, (0, 1, set())),
        (12, 1, 1, (0, 1, set())),
        (16, 0, 0, (55, 0, {"slow_read"})),
        (16, 1, 1, (55, 0, {"slow_write"})),
        (16, 1, 0, (55, 1, set())),
        (20, 0, 1, (0, 1, set())),
        (28, 0, 1, (2, 0, set())),
    ],
)
def test_a_bank_answers_as_its_table_says(offset, write, whole, answer):
    bank = RegisterBank(TABLE)

    async def bench(ctx):
        for name, value in {"state_value": 77, "mode_value": 99, "slow_value": 55}.items():
            ctx.set(getattr(bank, name), value)
        assert await access(ctx, bank, offset, write, whole) == answer

    run(bank, bench)


def test_an_error_that_comes_while_its_flag_is_cleared_is_kept():
    status = ControlStatus((0, 3), holds=False)
    clear = {"errors_write": 1, "data": 0b1001}
    steps = [
        {"raised": 0b11},
        {"raised": 0b10, **clear},
        {"raised": 0, "errors_write": 0},
        {"raised": 0, **clear},
        {"errors_write": 0},
    ]
    seen = observe(status, steps, ["errors_value"])
    assert [step["errors_value"] for step in seen] == [0, 0b1001, 0b1000, 0b1000, 0]


def test_reading_the_lower_half_of_the_cycles_keeps_the_upper_one():
    status = ControlStatus((0,), holds=True)

    async def bench(ctx):
        ctx.set(status.control_write, 1)
        ctx.set(status.data, 0b11)
        await ctx.tick()
        ctx.set(status.control_write, 0)
        assert ctx.get(status.soft_reset)
        await ctx.tick()
        assert not ctx.get(status.soft_reset)
        assert ctx.get(status.cycles_low_value) == 0
        assert ctx.get(status.control_value) == 0b10
        ctx.set(status.cycles_low_read, 1)
        await ctx.tick().repeat(3)
        assert (ctx.get(status.cycles_low_value), ctx.get(status.cycles_high_value)) == (3, 0)

    run(status, bench)


@pytest.mark.parametrize("bits", [1, 5, 8, 13, 24, 33])
@pytest.mark.parametrize("signed", [False, True])
def test_a_value_keeps_its_number_at_its_place_and_back(bits, signed):
    element, lanes = Element(bits, signed), 3
    m = Module()
    beat, places = Signal(bits * lanes), Signal(8 * element.octets * lanes)
    back = Signal(bits * lanes)
    m.d.comb += [places.eq(padded(beat, lanes, element)), back.eq(unpadded(places, lanes, element))]
    m.d.sync += Signal().eq(0)
    lowest = -(1 << bits - 1) if signed else 0
    values = [lowest, lowest + (1 << bits) - 1, -1 if signed else 1]

    async def bench(ctx):
        ctx.set(beat, pack(values, bits))
        found = unpack(ctx.get(places), 8 * element.octets, lanes, signed=signed)
        assert (found, ctx.get(back)) == (values, pack(values, bits))

    run(m, bench)


@pytest.mark.parametrize("octets", [1, 4, 6, 11])
def test_words_become_the_bytes_of_vectors_and_words_again(octets):
    splitter, joiner = WordSplitter(octets), WordJoiner()
    m = Module()
    m.submodules.splitter, m.submodules.joiner = splitter, joiner
    end = Signal()
    m.d.comb += [
        joiner.payload.eq(splitter.out_payload),
        joiner.valid.eq(splitter.out_valid & ~end),
        splitter.out_ready.eq(joiner.ready & ~end),
    ]
    source = random.Random(octets)
    vectors = [source.randbytes(octets) for _ in range(6)]
    padding = -octets % 4
    words = np.frombuffer(b"".join(v + source.randbytes(padding) for v in vectors), "<u4").tolist()
    wanted = np.frombuffer(b"".join(v + bytes(padding) for v in vectors), "<u4").tolist()
    found = []

    async def bench(ctx):
        todo, count = list(words), 0
        for _ in range(400):
            ctx.set(splitter.valid, bool(todo) and source.random() < 0.7)
            ctx.set(splitter.payload, todo[0] if todo else 0)
            ctx.set(joiner.room, source.random() < 0.7)
            ctx.set(joiner.vector_end, count % octets == octets - 1)
            if ctx.get(splitter.valid) and ctx.get(splitter.ready):
                todo.pop(0)
            if ctx.get(joiner.write):
                found.append(ctx.get(joiner.write_data))
            count += ctx.get(joiner.valid) & ctx.get(joiner.ready)
            await ctx.tick()

    run(m, bench)
    assert found == wanted


def test_an_address_that_the_port_has_not_is_refused_without_asking():
    window = ParameterWindow(4, 9)

    async def bench(ctx):
        ctx.set(window.data, 0x1F)
        ctx.set(window.parameter_address_write, 1)
        await ctx.tick()
        ctx.set(window.parameter_address_write, 0)
        ctx.set(window.parameter_data_write, 1)
        assert not ctx.get(window.parameter_write)
        await ctx.tick()
        ctx.set(window.parameter_data_write, 0)
        assert ctx.get(window.parameter_data_done)
        assert ctx.get(window.parameter_data_failed)
        await ctx.tick()
        assert ctx.get(window.parameter_address_value) == 0x1F

    run(window, bench)


def test_a_cycle_that_its_master_gives_up_is_not_acknowledged():
    slave = WishboneSlave(4)
    asked = {"cyc_i": 1, "stb_i": 1, "done": 0}
    steps = [asked, {}, {"cyc_i": 0, "done": 1}, {"done": 0}, asked, {"done": 1}, {"done": 0}, {}]
    seen = observe(slave, steps, ["ack_o"])
    assert [step["ack_o"] for step in seen] == [0, 0, 0, 0, 0, 0, 1, 0]


def test_what_is_asked_after_an_access_was_given_up_gets_its_own_answer():
    slave = WishboneSlave(4)
    first, second = ({"cyc_i": 1, "stb_i": 1, "adr_i": address, "done": 0} for address in (4, 8))
    waits, done, quiet = {}, {"done": 1}, {"done": 0}
    steps = [first, waits, {"stb_i": 0}, second, done, quiet, waits, done, quiet, {"stb_i": 0}]
    seen = observe(slave, steps, ["ack_o", "address"])
    assert [step["ack_o"] for step in seen] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert seen[4]["address"] == 1
    assert seen[8]["address"] == 2


def test_a_pipelined_master_that_is_stalled_until_the_acknowledgement_gets_each_word():
    slave = WishboneSlave(6)
    m = Module()
    m.submodules.slave = slave
    m.d.sync += slave.done.eq(slave.request & ~slave.done)  # registers that hold their number
    m.d.comb += slave.read_data.eq(slave.address)
    todo, found = [3, 1, 2, 9, 9, 4], []

    async def bench(ctx):
        ctx.set(slave.cyc_i, 1)
        for _ in range(40):
            ctx.set(slave.stb_i, len(found) < len(todo))
            ctx.set(slave.adr_i, 4 * todo[min(len(found), len(todo) - 1)])
            stalled = not ctx.get(slave.ack_o)
            if not stalled:
                found.append(ctx.get(slave.dat_o))
            await ctx.tick()

    run(m, bench)
    assert found == todo

"""No word of the queue is lost, duplicated, reordered or changed."""

from __future__ import annotations

from amaranth import Module, ResetSignal, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable

from fcgen.hardware.interfaces.word_queue import WordQueue
from formal.inside import Bench


class WordQueueHarness(Elaboratable):
    """A queue under any writes and reads, cleared and reset at any time.

    Words are numbered modulo twice the depth; which one is followed is any constant.
    """

    def __init__(
        self, depth: int, dut: type[WordQueue] = WordQueue, *, invariants: bool = True
    ) -> None:
        self.dut = dut(depth)
        self.invariants = invariants
        self.bits = depth.bit_length()

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        inside = platform.open(dut)
        store = platform.open(inside.module.submodules.store)
        for name in ("clear", "write", "write_data", "ready"):
            port = getattr(dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        taken = dut.valid & dut.ready
        written, read = Signal(self.bits), Signal(self.bits)
        stored, followed, ahead = Signal(self.bits), Signal(self.bits), Signal(self.bits)
        value = Signal(len(dut.payload))
        m.d.comb += [
            followed.eq(AnyConst(self.bits)),
            stored.eq(written - read),
            ahead.eq(followed - read),
            Assume(~dut.write | (dut.level != dut.depth)),
        ]
        m.d.sync += [written.eq(written + dut.write), read.eq(read + taken)]
        with m.If(dut.write & (written == followed)):
            m.d.sync += value.eq(dut.write_data)
        with m.If(dut.clear):
            m.d.sync += [written.eq(0), read.eq(0)]
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        place = followed[: self.bits - 1]
        here = (ahead == 0) & (stored != 0)
        moving = inside["settling"]
        first = store.module.submodules.store.read_ports[0].data
        with m.If(~Initial()):
            m.d.comb += [
                Assert(dut.level == stored, "the level counts words"),
                Assert(~dut.valid | (stored != 0), "only a word that is there is offered"),
                Assert(~(dut.valid & here) | (dut.payload == value), "words leave as they came"),
            ]
        with m.If(~Initial() & int(self.invariants)):
            m.d.comb += [
                Assert(stored <= dut.depth),
                Assert(inside["head"] == written[: self.bits - 1]),
                Assert(inside["tail"] == read[: self.bits - 1]),
                Assert((ahead >= stored) | (store.memory("store", place) == value)),
                Assert(moving | ~here | (first == value)),
                Assert(~dut.valid | ~moving),
            ]
        m.d.comb += Cover(
            ~Initial() & taken & (stored == dut.depth) & (read == dut.depth + 1),
            "it fills up again",
        )
        return m

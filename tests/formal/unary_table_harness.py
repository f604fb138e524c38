"""A table alone, with any entries, under every order of beats and stalls."""

from __future__ import annotations

from amaranth import Array, Cat, Module, ResetSignal, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from formal.inside import Bench, Inside, ring, since_start

BIT = IntegerFormat(1, signed=False)
RING_BITS = 3
"""Beats are numbered modulo 8: never more than three are inside."""


class UnaryTableHarness(Elaboratable):
    """One lane of one bit, resets at any time; one beat is followed, whichever it is."""

    def __init__(self, *, invariants: bool = True) -> None:
        plan = TablePlan.of(ActivationTable("any", BIT, BIT, [0, 1]))
        self.dut = UnaryTable(plan, outputs=1, lanes=1)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        for name in ("in_payload", "in_valid", "in_first", "in_last", "out_ready"):
            port = getattr(dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        (image,) = dut.images
        words = Array(platform.words(image, 2, 1))
        came = ring(m, RING_BITS, dut.in_valid & dut.in_ready, "came")
        left = ring(m, RING_BITS, dut.out_valid & dut.out_ready, "left")
        followed = Signal(RING_BITS)
        beat = Signal(3, reset_less=True)
        m.d.comb += followed.eq(AnyConst(RING_BITS))
        with m.If(dut.in_valid & dut.in_ready & (came == followed)):
            m.d.sync += beat.eq(Cat(words[dut.in_payload], dut.in_first, dut.in_last))
        shown = Cat(dut.out_payload, dut.out_first, dut.out_last)
        inside = Signal(RING_BITS)
        m.d.comb += inside.eq(came - left)
        stalled = since_start(m, dut.out_valid & ~dut.out_ready & ~ResetSignal(), 1, "stalled")
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        with m.Else():
            m.d.comb += [
                Assert(~dut.out_valid | (inside != 0), "nothing leaves that did not come"),
                Assert(~stalled | dut.out_valid, "a stalled beat stays"),
                Assert(
                    ~(dut.out_valid & (left == followed)) | (shown == beat),
                    "beats leave in order, each with its entry",
                ),
                Assert(dut.in_ready == (inside != 3), "beats come in while three have room"),
                Cover(
                    (left == 7) & dut.out_valid & (inside == 3), "eight beats left, three inside"
                ),
            ]
            if self.invariants:
                _assert_places(m, platform.open(dut), (followed - left)[:RING_BITS], beat, inside)
        return m


def _assert_places(m: Module, dut: Inside, ahead: Value, beat: Value, inside: Value) -> None:
    """State where beats stand: in the registers from the first one on, and in the memory."""
    filled = [dut[f"filled_{n}"] for n in range(3)]
    moving = [dut["arrived_1"], dut["arrived_2"]]
    m.d.comb += [
        Assert(inside == sum(filled) + sum(moving), "each beat has a place"),
        Assert(dut["pending"] == inside, "beats are counted"),
    ]
    for n in range(3):
        before = filled[n - 1] if n else 1
        here = filled[n] & (ahead == n)
        m.d.comb += [
            Assert(~filled[n] | before, "there is no hole"),
            Assert(~here | (dut[f"waiting_{n}"] == beat), "beats wait in order"),
        ]

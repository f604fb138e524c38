"""A result queue alone, under everything that can happen to it."""

from __future__ import annotations

from amaranth import Module, ResetSignal, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assume, Cover, Elaboratable

from fcgen.hardware.requantization.result_queue import ResultQueue
from formal.inside import Bench
from formal.result_queue_ghost import ResultQueueGhost
from formal.result_queue_invariants import ResultQueueInvariants


class ResultQueueHarness(Elaboratable):
    """A queue under every order of valid beats that has room, every stall, resets at any time."""

    def __init__(
        self, *, dut: type[ResultQueue] = ResultQueue, invariants: bool = True, **parameters: int
    ) -> None:
        self.dut = dut(**parameters)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        ring_bits = (dut.words + 3).bit_length()
        ghost = ResultQueueGhost(m, dut, platform.open(dut), ring_bits)
        for name in ("results", "tag", "out_ready"):
            port = getattr(dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        m.d.comb += [Assume(ghost.tag_is_right), Assume(ghost.has_room)]
        result = Signal(range(max(dut.outputs, 2)))
        value = Signal(dut.width, reset_less=True)
        m.d.comb += [result.eq(AnyConst(len(result))), Assume(result < dut.outputs)]
        ghost.follow(AnyConst(ring_bits), result, value)
        comes, lane = ghost.written_lane()
        with m.If(comes):
            m.d.sync += value.eq(lane)
        history = ghost.history(m)
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        with m.Else():
            ghost.assert_contract(m)
            ghost.assert_history(m, *history)
            if self.invariants:
                ResultQueueInvariants(ghost).assert_all(m)
            m.d.comb += Cover(
                (ghost.left == 2) & ghost.last_beat & dut.out_valid, "two vectors left"
            )
        return m

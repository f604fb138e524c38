"""Counters and flags of the host link."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import STATUS

CYCLE_BITS, VECTOR_BITS, FRAME_BITS, FLAGS = 48, 32, 16, 8


class LinkStatus(wiring.Component):
    """Counts cycles, vectors and damaged frames, keeps error flags, and sends all of them.

    Counters wrap, but for that of damaged frames, which stops at its largest value. What is sent
    is what stood there when ``reading`` rose.

    Latency: a byte a cycle. Handshake: valid/ready. Reset and ``clear``: all zero.

    Ports
    -----
    clear : In(1)
    at_work, vector_end, damaged : In(1)
    raised : In(8)
        Flags to set.
    flags : Out(8)
    reading : In(1)
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "clear": In(1),
                "at_work": In(1),
                "vector_end": In(1),
                "damaged": In(1),
                "raised": In(FLAGS),
                "flags": Out(FLAGS),
                "reading": In(1),
                "out_payload": Out(8),
                "out_valid": Out(1),
                "out_ready": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """There are none."""
        return {}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        cycles = Signal(CYCLE_BITS)
        working = Signal(CYCLE_BITS)
        vectors = Signal(VECTOR_BITS)
        frames = Signal(FRAME_BITS)
        ended = Signal()  # registered, because `vector_end` is late in its cycle
        m.d.sync += [
            ended.eq(self.vector_end),
            cycles.eq(cycles + 1),
            working.eq(working + self.at_work),
            vectors.eq(vectors + ended),
            frames.eq(frames + (self.damaged & ~frames.all())),
            self.flags.eq(self.flags | self.raised),
        ]
        with m.If(self.clear):
            m.d.sync += [value.eq(0) for value in (cycles, working, vectors, frames, self.flags)]
        everything = Cat(cycles, working, vectors, frames, self.flags)
        assert len(everything) == 8 * STATUS.size
        shown = Signal(len(everything), reset_less=True)
        with m.If(~self.reading):
            m.d.sync += shown.eq(everything)
        with m.Elif(self.out_ready):
            m.d.sync += shown.eq(shown >> 8)
        m.d.comb += [self.out_valid.eq(self.reading), self.out_payload.eq(shown[:8])]
        return m

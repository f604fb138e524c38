"""Queue on the shorter way of a branch."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.beat_store import add_beat_store
from fcgen.hardware.registers import delay
from fcgen.hardware.waiting_row import waiting_row

READ_LATENCY = 2
QUEUE_DELAY = 3
"""Cycles from a beat that comes to a queue with nothing in it to that beat at its output."""


class BeatQueue(wiring.Component):
    """Keeps beats in order, so that the longer way of a branch can begin.

    The beats stand in a memory, and those that have left it and wait for their reader in a short
    row of registers.

    Latency: `QUEUE_DELAY` cycles through an empty queue. Initiation interval: 1 cycle. Handshake:
    valid/ready on both sides; ``in_ready`` and ``out_valid`` depend on registers alone. Reset:
    everything is dropped.

    Parameters
    ----------
    depth : int, at least 2
        Beats that the memory holds.
    width : int, positive
        Bits of a beat.
    block_ram : bool
        The beats stand in a `VectorStore`; otherwise the synthesis tool chooses the kind of RAM.

    Ports
    -----
    in_payload, in_valid, in_ready : In(width), In(1), Out(1)
    out_payload, out_valid, out_ready : Out(width), Out(1), In(1)
    """

    def __init__(self, depth: int, width: int, *, block_ram: bool = False) -> None:
        if depth < 2 or width < 1:
            raise ValueError("a queue holds two beats at least, of a bit at least")
        self.depth = depth
        self.width = width
        self.block_ram = block_ram
        super().__init__(
            {
                "in_payload": In(width),
                "in_valid": In(1),
                "in_ready": Out(1),
                "out_payload": Out(width),
                "out_valid": Out(1),
                "out_ready": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two queues the same module."""
        own: Parameters = {"depth": self.depth, "width": self.width}
        return own | ({"block_ram": True} if self.block_ram else {})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        places = READ_LATENCY + 1
        count = Signal(range(self.depth + 1), name="stored")
        write_at = Signal(range(self.depth), name="write_address")
        read_at = Signal(range(self.depth), name="read_address")
        write, fetch, left = Signal(), Signal(), Signal()
        under_way = Signal(range(places + 1))
        m.d.comb += [
            self.in_ready.eq(count != self.depth),
            write.eq(self.in_valid & self.in_ready),
            fetch.eq((count != 0) & (under_way != places)),
            left.eq(self.out_valid & self.out_ready),
        ]
        m.d.sync += [count.eq(count + write - fetch), under_way.eq(under_way + fetch - left)]
        for step, at in ((write, write_at), (fetch, read_at)):
            with m.If(step):
                m.d.sync += at.eq(Mux(at == self.depth - 1, 0, at + 1))
        word = add_beat_store(
            m,
            "store",
            self.depth,
            (write, write_at, self.in_payload),
            read_at,
            "block" if self.block_ram else "",
        )
        arrives = delay(m, fetch, READ_LATENCY, "arrives", reset=True)
        filled, waiting = waiting_row(m, places, arrives, word, self.out_ready)
        m.d.comb += [
            self.out_valid.eq(filled[0] | arrives),
            self.out_payload.eq(Mux(filled[0], waiting[0], word)),
        ]
        return m

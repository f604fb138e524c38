"""Queue of words in block RAM, with its level."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import DATA_BITS
from fcgen.hardware.memories.text_memory import VectorStore


class WordQueue(wiring.Component):
    """Queue of words of 32 bits.

    A word counts from its write on, but can be read a little later.

    Latency: 3 cycles from a write to the word, and from a read to the next word. Handshake:
    valid/ready at the output; a write to a full queue is not allowed. Reset, and ``clear``: empty.

    Parameters
    ----------
    depth : int
        Words, a power of two.

    Ports
    -----
    clear : In(1)
    write : In(1)
    write_data : In(32)
    level : Out(range(depth + 1))
    payload : Out(32)
    valid, ready : Out, In(1)
    """

    def __init__(self, depth: int) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two, not {depth}")
        self.depth = depth
        super().__init__(
            {
                "clear": In(1),
                "write": In(1),
                "write_data": In(DATA_BITS),
                "level": Out(range(depth + 1)),
                "payload": Out(DATA_BITS),
                "valid": Out(1),
                "ready": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two queues the same module."""
        return {"depth": self.depth}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = VectorStore(self.depth, DATA_BITS)
        head = Signal(range(self.depth))
        tail = Signal(range(self.depth))
        settling = Signal()
        taken = Signal()
        empty = Signal()
        m.d.comb += [
            store.write.eq(self.write),
            store.write_address.eq(head),
            store.write_data.eq(self.write_data),
            store.address.eq(tail),
            self.payload.eq(store.word),
            empty.eq(self.level == 0),
            taken.eq(self.valid & self.ready),
        ]
        m.d.sync += self.level.eq(self.level + self.write - taken)
        with m.If(self.write):
            m.d.sync += head.eq(head + 1)
        # The word at the tail is read in every cycle. It is right two cycles after it was
        # counted, or after the tail moved to it, whichever was later.
        m.d.sync += settling.eq(taken | empty)
        with m.If(taken):
            m.d.sync += [tail.eq(tail + 1), self.valid.eq(0)]
        with m.Elif(~empty & ~settling):
            m.d.sync += self.valid.eq(1)
        with m.If(self.clear):
            m.d.sync += [head.eq(0), tail.eq(0), self.level.eq(0), self.valid.eq(0)]
        return m

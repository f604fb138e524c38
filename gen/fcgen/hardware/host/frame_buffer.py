"""Ring buffer of received frames."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import CHECK
from fcgen.hardware.memories.text_memory import VectorStore

READ_LATENCY = 2


class FrameBuffer(wiring.Component):
    """Ring of bytes in block RAM, of which only committed frames can be read.

    ``commit`` makes the bytes since the last frame readable, but for the CRC at their end; ``drop``
    takes them back.

    Latency: 3 cycles from a read byte to the next. Handshake: valid/ready. Reset: empty.

    Parameters
    ----------
    address_bits : int
        The ring has 2^address_bits bytes, one of which stays free.

    Ports
    -----
    write : In(1)
    write_data : In(8)
    commit, drop : In(1)
        Not in the cycle of a write, and no sooner than 3 cycles after one.
    full : Out(1)
    payload : Out(8)
    valid, ready : Out, In(1)
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(
            {
                "write": In(1),
                "write_data": In(8),
                "commit": In(1),
                "drop": In(1),
                "full": Out(1),
                "payload": Out(8),
                "valid": Out(1),
                "ready": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two buffers the same module."""
        return {"address_bits": self.address_bits}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = self.address_bits
        m.submodules.store = store = VectorStore(1 << bits, 8)
        head = Signal(bits)
        committed = Signal(bits)
        tail = Signal(bits)
        settling = Signal(range(READ_LATENCY + 1))
        after_head = Signal(bits)
        m.d.comb += [
            after_head.eq(head + 1),
            self.full.eq(after_head == tail),
            store.write.eq(self.write),
            store.write_address.eq(head),
            store.write_data.eq(self.write_data),
            store.address.eq(tail),
            self.payload.eq(store.word),
            self.valid.eq((tail != committed) & (settling == 0)),
        ]
        with m.If(self.commit):
            end = (head - CHECK.size)[:bits]
            m.d.sync += [committed.eq(end), head.eq(end)]
        with m.Elif(self.drop):
            m.d.sync += head.eq(committed)
        with m.Elif(self.write):
            m.d.sync += head.eq(after_head)
        with m.If(self.valid & self.ready):
            m.d.sync += [tail.eq(tail + 1), settling.eq(READ_LATENCY)]
        with m.Elif(settling != 0):
            m.d.sync += settling.eq(settling - 1)
        return m

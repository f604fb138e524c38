"""Words from the bytes of vectors."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import DATA_BITS


class WordJoiner(wiring.Component):
    """Puts bytes together to words, lowest byte first; zeros fill the last word of a vector.

    Latency: none from the last byte of a word to the word. Initiation interval: 1 cycle a byte.
    Reset, and ``clear``: the next byte begins a word.

    Ports
    -----
    payload : In(8)
    valid, ready : In, Out(1)
    vector_end : In(1)
        This byte is a vector's last one.
    clear : In(1)
    room : In(1)
        A word can be written.
    write : Out(1)
    write_data : Out(32)
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "payload": In(8),
                "valid": In(1),
                "ready": Out(1),
                "vector_end": In(1),
                "clear": In(1),
                "room": In(1),
                "write": Out(1),
                "write_data": Out(DATA_BITS),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """There are none."""
        return {}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        octet = Signal(range(DATA_BITS // 8))
        before = Signal(DATA_BITS)
        taken = Signal()
        placed = Signal(DATA_BITS)
        m.d.comb += [
            self.ready.eq(self.room),
            taken.eq(self.valid & self.ready),
            placed.word_select(octet, 8).eq(self.payload),
            self.write_data.eq(before | placed),
            self.write.eq(taken & (octet.all() | self.vector_end)),
        ]
        with m.If(taken):
            m.d.sync += [octet.eq(octet + 1), before.eq(self.write_data)]
        with m.If(self.write | self.clear):
            m.d.sync += [octet.eq(0), before.eq(0)]
        return m

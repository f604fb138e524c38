"""The bytes of vectors from words."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import DATA_BITS


class WordSplitter(wiring.Component):
    """Takes words apart, lowest byte first; a vector begins with a word, and ends within one.

    Latency: 1 cycle. Initiation interval: 5 cycles a word. Handshake: valid/ready on both sides.
    Reset, and ``clear``: the next word begins a vector.

    Parameters
    ----------
    octets : int
        Bytes of a vector.

    Ports
    -----
    payload : In(32)
    valid, ready : In, Out(1)
    clear : In(1)
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    """

    def __init__(self, octets: int) -> None:
        self.octets = octets
        super().__init__(
            {
                "payload": In(DATA_BITS),
                "valid": In(1),
                "ready": Out(1),
                "clear": In(1),
                "out_payload": Out(8),
                "out_valid": Out(1),
                "out_ready": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two splitters the same module."""
        return {"octets": self.octets}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = Signal(DATA_BITS)
        octet = Signal(range(DATA_BITS // 8))
        position = Signal(range(self.octets))
        vector_end = Signal()
        m.d.comb += [
            vector_end.eq(position == self.octets - 1),
            self.ready.eq(~self.out_valid),
            self.out_payload.eq(word[:8]),
        ]
        with m.If(self.valid & self.ready):
            m.d.sync += [word.eq(self.payload), self.out_valid.eq(1), octet.eq(0)]
        with m.Elif(self.out_valid & self.out_ready):
            m.d.sync += [word.eq(word >> 8), octet.eq(octet + 1), position.eq(position + 1)]
            with m.If(octet.all() | vector_end):
                m.d.sync += self.out_valid.eq(0)
            with m.If(vector_end):
                m.d.sync += position.eq(0)
        with m.If(self.clear):
            m.d.sync += [self.out_valid.eq(0), position.eq(0)]
        return m

"""CRC-32 of frames, a byte a cycle."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border

POLYNOMIAL = 0xEDB88320  # 0x04C11DB7, bits reversed as bytes go least significant bit first
ONES = 0xFFFFFFFF
RESIDUE = 0xDEBB20E3  # contents of the register after a body and its CRC


class Crc32(wiring.Component):
    """CRC-32 of a stream of bytes, the one of Ethernet and zlib, a bit a cycle.

    All ones at the start, inverted at the end. A byte of a serial line takes 40 cycles or more, so
    that nothing is gained by a circuit that takes all its bits at once (`amaranth.lib.crc`), which
    has three times as many look-up tables.

    Latency: 9 cycles from a byte to the CRC with it. Initiation interval: 9 cycles. Reset: as
    ``start``.

    Ports
    -----
    start : In(1)
        Begin again.
    payload : In(8)
    valid : In(1)
    value : Out(32)
        CRC of the bytes so far; its low byte is sent first.
    match : Out(1)
        The last four bytes were the CRC of those before.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "payload": In(8),
                "valid": In(1),
                "value": Out(32),
                "match": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """There are none."""
        return {}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        register = Signal(32, init=ONES)
        byte = Signal(8)
        left = Signal(range(9))
        feedback = Signal()
        m.d.comb += [
            feedback.eq(register[0] ^ byte[0]),
            self.value.eq(~register),
            self.match.eq(register == RESIDUE),
        ]
        with m.If(self.start):
            m.d.sync += [register.eq(ONES), left.eq(0)]
        with m.Elif(self.valid):
            m.d.sync += [byte.eq(self.payload), left.eq(8)]
        with m.Elif(left != 0):
            m.d.sync += [
                register.eq((register >> 1) ^ Mux(feedback, POLYNOMIAL, 0)),
                byte.eq(byte >> 1),
                left.eq(left - 1),
            ]
        return m

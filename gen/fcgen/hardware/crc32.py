"""The check of frames."""

from __future__ import annotations

from amaranth import Module
from amaranth.hdl import Fragment
from amaranth.lib import wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border


class Crc32(wiring.Component):
    """CRC-32 of a stream of bytes, the one of Ethernet and zlib.

    Polynomial 0x04C11DB7, bits least significant first, all ones at the start, inverted at the end;
    the circuit is that of `amaranth.lib.crc`.

    Latency: 1 cycle from a byte to the CRC with it. Initiation interval: 1 cycle. Reset: as
    ``start``.

    Ports
    -----
    start : In(1)
        Begin again, with the byte of this cycle where there is one.
    payload : In(8)
    valid : In(1)
    crc : Out(32)
        Of the bytes so far; its low byte is sent first.
    match : Out(1)
        The last four bytes were the CRC of those before.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "payload": In(8),
                "valid": In(1),
                "crc": Out(32),
                "match": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """There are none."""
        return {}

    @module_border
    def elaborate(self, platform: object) -> Module:
        circuit = CRC32_ISO_HDLC(data_width=8).create()
        # Its statements stand in this module: a module of its own would have no header. Amaranth
        # warns of what it has not been given.
        Fragment.get(circuit, None)
        m: Module = circuit.elaborate(None)
        m.d.comb += [
            circuit.start.eq(self.start),
            circuit.data.eq(self.payload),
            circuit.valid.eq(self.valid),
            self.crc.eq(circuit.crc),
            self.match.eq(circuit.match_detected),
        ]
        return m

"""Frames from bytes: borders, escapes, length and CRC."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.crc32 import Crc32
from fcgen.hardware.host.protocol import ESCAPE, FLAG, FLIP, FRAME_BYTES_MIN, HEADER

LENGTH_PLACE = HEADER.size - 2


class FrameReceiver(wiring.Component):
    """Takes frames out of a stream of bytes, and says of each one whether it is whole.

    A frame stands between two flags, which occur nowhere else, as RFC 1662 escapes them. So
    whatever came before, a flag begins a new frame: a damaged or truncated one costs nothing but
    itself. Bytes go to a buffer as they come; at the closing flag ``commit`` keeps them, or
    ``drop`` takes them back: where the CRC-32 is wrong, the length is not the one in the header,
    an escape is none, a byte of the line was broken, or the buffer was full.

    Latency: bytes and verdicts appear in the cycle of ``valid``. Bytes come at most every
    tenth cycle. Reset: waits for a flag as if one had been.

    Parameters
    ----------
    payload_max : int
        Bytes of the longest payload.

    Ports
    -----
    payload, valid, broken : In(8), In(1), In(1)
        Of the line.
    full : In(1)
        The buffer takes no byte.
    write : Out(1)
    write_data : Out(8)
        Header, payload and CRC, without escapes.
    commit, drop : Out(1)
    damaged, overflow : Out(1)
        One cycle, with ``drop``: why; ``overflow`` where only room was missing.
    """

    def __init__(self, payload_max: int) -> None:
        self.payload_max = payload_max
        super().__init__(
            {
                "payload": In(8),
                "valid": In(1),
                "broken": In(1),
                "full": In(1),
                "write": Out(1),
                "write_data": Out(8),
                "commit": Out(1),
                "drop": Out(1),
                "damaged": Out(1),
                "overflow": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two receivers the same module."""
        return {"payload_max": self.payload_max}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checker = crc = Crc32()
        longest = self.payload_max + FRAME_BYTES_MIN
        count = Signal(range(longest + 1))
        length = Signal(16)
        escaped = Signal()
        wrong = Signal()
        missing_room = Signal()
        complete = Signal()  # known by the next byte, so that no verdict waits for the comparison
        m.d.sync += complete.eq(count == length + FRAME_BYTES_MIN)
        flag = Signal()
        escape = Signal()
        m.d.comb += [
            flag.eq(self.valid & (self.payload == FLAG)),
            escape.eq(self.valid & (self.payload == ESCAPE)),
            self.write_data.eq(Mux(escaped, self.payload ^ FLIP, self.payload)),
            crc.payload.eq(self.write_data),
            crc.valid.eq(self.write),
            crc.start.eq(flag),
        ]
        legal = Signal()
        m.d.comb += legal.eq((self.write_data == FLAG) | (self.write_data == ESCAPE))

        with m.If(self.broken):
            m.d.sync += wrong.eq(1)
        with m.Elif(flag):
            self._close(m, count, complete, (escaped | wrong, missing_room, crc.match))
            m.d.sync += [count.eq(0), escaped.eq(0), wrong.eq(0), missing_room.eq(0)]
        with m.Elif(escape):
            m.d.sync += [escaped.eq(1), wrong.eq(wrong | escaped)]
        with m.Elif(self.valid):
            m.d.sync += [escaped.eq(0), wrong.eq(wrong | (escaped & ~legal))]
            with m.If(self.full | (count == longest)):
                m.d.sync += missing_room.eq(1)
            with m.Elif(~missing_room):
                m.d.comb += self.write.eq(1)
                m.d.sync += count.eq(count + 1)
        with m.If(self.write & ((count == LENGTH_PLACE) | (count == LENGTH_PLACE + 1))):
            m.d.sync += length.eq(Cat(length[8:], self.write_data))
        return m

    def _close(self, m: Module, count: Signal, complete: Signal, found: tuple) -> None:
        """Judge the frame that a flag ends; nothing between two flags is no frame."""
        wrong, missing_room, match = found
        whole = Signal()
        m.d.comb += whole.eq(match & complete)
        with m.If(wrong | (~missing_room & ~whole & (count != 0))):
            m.d.comb += [self.drop.eq(1), self.damaged.eq(1)]
        with m.Elif(missing_room):
            m.d.comb += [self.drop.eq(1), self.overflow.eq(1)]
        with m.Elif(count != 0):
            m.d.comb += self.commit.eq(1)

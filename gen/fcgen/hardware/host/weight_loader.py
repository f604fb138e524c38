"""Loader of weights from a flash memory, before the serial line is connected."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.crc32 import Crc32
from fcgen.hardware.host.protocol import CHECK, FLAG, FLASH_FIXED, FLASH_HEADER_BYTES, Request

COUNT_BITS = 24
QUIET = 15
"""Cycles in which nothing moves that tell that nothing is under way: processor and buffer never
pause for more than 4, and a CRC is known after 9."""


class WeightLoader(wiring.Component):
    """Stands between the line and the frame receiver, and puts frames of a flash memory before it.

    Where the weights are not complete after a reset, the image in the memory (docs/protocol.md) is
    read: a header, frames, a CRC-32. The frames go to the receiver but for their last byte, the
    flag that closes the seal. It follows when all frames before were served without an error and
    the CRC of the whole image is right; otherwise the seal is broken first. So a seal from the
    memory is served only when everything before it was. A flag of the memory behind the beginning
    of a seal goes on as a zero, which damages it: in a mixture of two images the seal of one may
    stand inside. When the header is another one nothing is taken.

    Then the line is heard, from its first flag on. Loading is bounded by the count in the header,
    which has 24 bits.

    Latency: the line passes in the same cycle; loading takes as long as the memory and the
    processor need. Handshake: valid/ready towards the memory. Reset: loading begins again where the
    weights are not complete.

    Parameters
    ----------
    header : bytes of length 16
        First bytes of an image for this design.

    Ports
    -----
    known, usable : In(1)
        Whether the weights are complete, and whether this is known.
    reading : Out(1)
        Bytes of the memory are wanted, from the image's first one on.
    flash_payload, flash_valid, flash_ready : In(8), In, Out(1)
        At most every tenth cycle.
    line_payload, line_valid, line_broken : In(8), In(1), In(1)
    payload, valid, broken : Out(8), Out(1), Out(1)
        Of the frame receiver.
    full : In(1)
        Its buffer takes no byte.
    quiet : In(1)
        No byte moves, neither of a request nor of a reply.
    raised : In(1)
        An error occurred.
    loading : Out(1)
        Replies are nobody's.
    failed : Out(1)
        One cycle: it has ended, and the weights are not complete.
    """

    def __init__(self, header: bytes) -> None:
        if len(header) != FLASH_FIXED:
            raise ValueError(f"header must have {FLASH_FIXED} bytes")
        self.header = header
        super().__init__(
            {
                "known": In(1),
                "usable": In(1),
                "reading": Out(1),
                "flash_payload": In(8),
                "flash_valid": In(1),
                "flash_ready": Out(1),
                "line_payload": In(8),
                "line_valid": In(1),
                "line_broken": In(1),
                "payload": Out(8),
                "valid": Out(1),
                "broken": Out(1),
                "full": In(1),
                "quiet": In(1),
                "raised": In(1),
                "loading": Out(1),
                "failed": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two loaders the same module."""
        return {"header": self.header.hex()}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checker = crc = Crc32()
        place = Signal(range(max(FLASH_HEADER_BYTES, CHECK.size)))
        count = Signal(COUNT_BITS)
        still = Signal(range(QUIET + 1))
        wrong = Signal()
        taken = Signal()
        fresh = Signal(init=1)  # the next byte is the type of a frame
        sealing = Signal()
        m.d.comb += [
            taken.eq(self.flash_valid & self.flash_ready),
            crc.payload.eq(self.flash_payload),
            crc.valid.eq(taken),
            self.loading.eq(1),
            self.payload.eq(self.flash_payload),
        ]
        m.d.sync += [wrong.eq(wrong | self.raised), still.eq(still + (still != QUIET))]
        with m.If(~self.quiet):
            m.d.sync += still.eq(0)
        with m.FSM():
            with m.State("START"), m.If(self.known):
                m.next = "HEADER"
                with m.If(self.usable):
                    m.next = "LISTEN"
            with m.State("HEADER"):
                self._header(m, place, count, taken)
            with m.State("FRAMES"):
                m.d.comb += [
                    self.reading.eq(1),
                    self.flash_ready.eq(~self.full & (count != 0)),
                    self.valid.eq(taken),
                ]
                with m.If(sealing & (self.flash_payload == FLAG)):
                    m.d.comb += self.payload.eq(0)
                with m.If(taken):
                    m.d.sync += [
                        count.eq(count - 1),
                        fresh.eq(self.flash_payload == FLAG),
                        sealing.eq(
                            sealing | (fresh & (self.flash_payload == Request.WEIGHTS_SEAL))
                        ),
                    ]
                with m.If(count == 0):
                    m.next = "CHECK"
            with m.State("CHECK"):
                m.d.comb += [self.reading.eq(1), self.flash_ready.eq(1)]
                m.d.sync += still.eq(0)
                with m.If(taken):
                    m.d.sync += place.eq(place + 1)
                    with m.If(place == CHECK.size - 1):
                        m.next = "BREAK"
            with m.State("BREAK"), m.If(still == QUIET):
                m.d.comb += self.broken.eq(wrong | ~crc.match)
                m.next = "CLOSE"
            with m.State("CLOSE"):
                m.d.comb += [self.payload.eq(FLAG), self.valid.eq(1)]
                m.d.sync += still.eq(0)
                m.next = "SETTLE"
            with m.State("SETTLE"), m.If(still == QUIET):
                m.next = "END"
            with m.State("END"):
                m.d.comb += self.failed.eq(~self.usable)
                m.next = "LISTEN"
            with m.State("LISTEN"):
                m.d.comb += [
                    self.loading.eq(0),
                    self.payload.eq(self.line_payload),
                    self.valid.eq(self.line_valid & (self.line_payload == FLAG)),
                ]
                with m.If(self.valid):
                    m.next = "LINE"
            with m.State("LINE"):
                m.d.comb += [
                    self.loading.eq(0),
                    self.payload.eq(self.line_payload),
                    self.valid.eq(self.line_valid),
                    self.broken.eq(self.line_broken),
                ]
        return m

    def _header(self, m: Module, place: Signal, count: Signal, taken: Signal) -> None:
        """Compare the fixed bytes of the header, and store how many bytes follow."""
        known = Const(int.from_bytes(self.header, "little"), 8 * FLASH_FIXED)
        other = Signal()
        last = Signal()
        m.d.comb += [
            self.reading.eq(1),
            self.flash_ready.eq(1),
            last.eq(place == FLASH_HEADER_BYTES - 1),
        ]
        with m.If(place < FLASH_FIXED):
            m.d.comb += other.eq(self.flash_payload != known.word_select(place[:4], 8))
        with m.Elif(last):
            m.d.comb += other.eq(self.flash_payload.any())
        with m.If(taken):
            m.d.sync += place.eq(place + 1)
            with m.If(other):
                m.next = "END"
            with m.Elif(last):
                m.d.sync += place.eq(0)
                m.next = "FRAMES"
            with m.Elif(place >= FLASH_FIXED):
                m.d.sync += count.eq(Cat(count[8:], self.flash_payload))

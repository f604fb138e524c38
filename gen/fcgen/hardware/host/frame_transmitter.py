"""Frames from bytes: flags, escapes and CRC."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.crc32 import Crc32
from fcgen.hardware.host.protocol import CHECK, ESCAPE, FLAG, FLIP


class FrameTransmitter(wiring.Component):
    """Puts bytes between flags, escapes them as RFC 1662 does, and adds their CRC-32.

    A byte that was accepted waits in a register, so that no path leads through from the line to the
    reply's source: that of the escapes is long.

    Latency: a byte leaves in the cycle after the one in which it is accepted, but for the first
    one, before which a flag goes. Handshake: valid/ready on both sides; the line takes a
    byte every tenth cycle at most. Reset: no frame is open.

    Ports
    -----
    payload : In(8)
    valid, ready, last : In, Out, In(1)
        Header and payload; ``last`` closes the frame.
    abort : In(1)
        Held until ``idle``: an open frame is given up by an escape before a flag, which no frame
        has; one of which the last byte was taken is finished.
    idle : Out(1)
        No frame is open.
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "payload": In(8),
                "valid": In(1),
                "ready": Out(1),
                "last": In(1),
                "abort": In(1),
                "idle": Out(1),
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
        m.submodules.checker = crc = Crc32()
        sent = Signal()
        byte = Signal(8)
        waiting = Signal()
        final = Signal()  # the waiting byte ends its frame, so that an abort no longer applies
        given_up = Signal()
        m.d.comb += [
            self.ready.eq(~waiting),
            given_up.eq(self.abort & ~(waiting & final)),
            crc.payload.eq(byte),
        ]
        with m.If(self.valid & self.ready):
            m.d.sync += [byte.eq(self.payload), final.eq(self.last), waiting.eq(1)]
        with m.Elif(given_up):
            m.d.sync += waiting.eq(0)
        check = Signal(32)
        check_left = Signal(range(CHECK.size + 1))
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [self.idle.eq(~waiting), crc.start.eq(1)]
                with m.If(waiting & ~given_up):
                    m.next = "OPEN"
            with m.State("OPEN"):
                self._plain(m, FLAG, "BODY")
            with m.State("BODY"):
                with m.If(given_up):
                    self._plain(m, ESCAPE, "CLOSE")
                with m.Else():
                    self._escaped(m, "body", byte, waiting, sent)
                    m.d.comb += crc.valid.eq(sent)
                    with m.If(sent):
                        m.d.sync += waiting.eq(0)
                    with m.If(sent & final):
                        m.d.sync += check_left.eq(CHECK.size)
                        m.next = "CHECK"
            with m.State("CHECK"):
                # The CRC is complete before the line takes its first byte.
                shifted = Signal(32)
                m.d.comb += shifted.eq(Mux(check_left == CHECK.size, crc.value, check))
                self._escaped(m, "check", shifted[:8], 1, sent)
                with m.If(sent):
                    m.d.sync += [check.eq(shifted >> 8), check_left.eq(check_left - 1)]
                    with m.If(check_left == 1):
                        m.next = "CLOSE"
            with m.State("CLOSE"):
                self._plain(m, FLAG, "IDLE")
        return m

    def _plain(self, m: Module, byte: int, after: str) -> None:
        """Send a byte without an escape, and go to the state ``after``."""
        m.d.comb += [self.out_payload.eq(byte), self.out_valid.eq(1)]
        with m.If(self.out_ready):
            m.next = after

    def _escaped(
        self, m: Module, part: str, byte: Signal, valid: Signal | int, sent: Signal
    ) -> None:
        """Send a byte, behind an escape where it needs one; ``sent`` when it has left."""
        escaping = Signal(name=f"escaping_{part}")
        special = Signal(name=f"special_{part}")
        m.d.comb += [special.eq((byte == FLAG) | (byte == ESCAPE)), self.out_valid.eq(valid)]
        with m.If(special & ~escaping):
            m.d.comb += self.out_payload.eq(ESCAPE)
            m.d.sync += escaping.eq(valid & self.out_ready)
        with m.Else():
            m.d.comb += [
                self.out_payload.eq(Mux(special, byte ^ FLIP, byte)),
                sent.eq(valid & self.out_ready),
            ]
            with m.If(self.out_ready & valid):
                m.d.sync += escaping.eq(0)

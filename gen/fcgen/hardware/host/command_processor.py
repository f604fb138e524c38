"""Execution of requests: the check, the unit that serves it, and the reply."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import (
    ERROR,
    ERROR_PAYLOAD,
    HEADER,
    NO_SEQUENCE,
    REPLY,
    Code,
    Request,
)
from fcgen.hardware.host.request_check import RequestCheck

ERROR_BYTES = HEADER.size + ERROR_PAYLOAD.size


class CommandProcessor(wiring.Component):
    """Takes whole frames one by one; each gets exactly one reply, with its type and number.

    Header, then the check of type and length, then ``active``: the unit of this ``kind`` gets the
    payload and gives that of the reply, both at once. Where the reply has no payload it leaves
    after the unit has done its work. A unit's fault, or ``watchdog`` cycles without a byte that
    passes, ends it: the reply that was begun is given up, the accelerator is reset, the rest of
    the request is thrown away, and an error reply leaves. Damaged frames, of which nothing can be
    believed, are answered by an error reply without a number once no frame waits.

    Latency: 7 cycles and one a vector from the first byte of a request to that of the reply.
    Handshake: valid/ready. Reset: no request is under way.

    Parameters
    ----------
    check : RequestCheck
        Checks the headers of requests.
    watchdog : int
        Cycles.

    Ports
    -----
    frame_payload, frame_valid, frame_ready : In(8), In, Out(1)
    damaged, overflow : In(1)
        A frame was dropped.
    usable : In(1)
        Weights are complete.
    kind : Out(8)
        Type of the request.
    active : Out(1)
    body_valid, body_ready : Out, In(1)
        Bytes of the payload for the unit, which are those of ``frame_payload``.
    reply_payload, reply_valid, reply_ready : In(8), In, Out(1)
    busy, refused, fault : In(1)
        Of the unit.
    payload, valid, ready, last, abort, idle
        Of the frame transmitter.
    raised : Out(8)
        Flags of errors.
    reset_accelerator : Out(1)
    """

    def __init__(self, check: RequestCheck, watchdog: int) -> None:
        self.check, self.watchdog = check, watchdog
        super().__init__(
            {name: In(8) for name in ("frame_payload", "reply_payload")}
            | {name: In(1) for name in ("frame_valid", "damaged", "overflow", "usable")}
            | {name: In(1) for name in ("body_ready", "reply_valid", "busy", "refused", "fault")}
            | {name: In(1) for name in ("ready", "idle")}
            | {name: Out(8) for name in ("kind", "payload", "raised")}
            | {name: Out(1) for name in ("frame_ready", "active", "body_valid", "reply_ready")}
            | {name: Out(1) for name in ("valid", "last", "abort", "reset_accelerator")}
        )

    @property
    def parameters(self) -> Parameters:
        """The parameters of the check, and the watchdog."""
        return self.check.parameters | {"watchdog": self.watchdog}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        header = Signal(8 * HEADER.size)
        sequence, length = header[8:24], header[24:40]
        text = Signal(8 * ERROR_BYTES)
        text_left = Signal(range(ERROR_BYTES + 1))
        body_left = Signal(16)
        reply_left = Signal(16)
        silent = Signal()  # the reply has no payload
        code = Signal(4)
        pending = Signal(2)
        m.submodules.check = check = self.check
        m.d.comb += [
            self.kind.eq(header[:8]),
            check.kind.eq(self.kind),
            check.length.eq(length),
            check.usable.eq(self.usable),
            self.payload.eq(text[:8]),
        ]
        m.d.sync += [self.reset_accelerator.eq(0), pending.eq(pending | self._dropped())]

        def say(*parts: Value, sized: int) -> None:
            m.d.sync += [text.eq(Cat(*parts)), text_left.eq(sized)]

        answer = Cat(self.kind | REPLY, sequence)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += text_left.eq(HEADER.size)
                with m.If(self.frame_valid):
                    m.next = "HEADER"
                with m.Elif(pending.any()):
                    m.d.sync += [
                        header.eq(Cat(Const(0, 8), Const(NO_SEQUENCE, 16))),
                        code.eq(Code.OVERFLOW),
                        pending.eq(self._dropped()),
                    ]
                    with m.If(pending[0]):
                        m.d.sync += code.eq(Code.FRAME)
                    m.next = "DISCARD"
            with m.State("HEADER"):
                m.d.comb += self.frame_ready.eq(1)
                with m.If(self.frame_valid):
                    m.d.sync += [
                        header.eq(Cat(header[8:], self.frame_payload)),
                        text_left.eq(text_left - 1),
                    ]
                    with m.If(text_left == 1):
                        m.next = "CHECK"
            with m.State("CHECK"):
                m.d.comb += check.active.eq(1)
                m.d.sync += [body_left.eq(length), reply_left.eq(check.reply_length)]
                m.d.sync += [silent.eq(check.reply_length == 0), code.eq(check.code)]
                with m.If(check.wrong):
                    m.d.comb += self.raised.eq(1 << (check.code - 1)[:3])
                    m.next = "DISCARD"
                with m.Elif(check.right):
                    say(answer, check.reply_length, sized=HEADER.size)
                    m.next = "SERVE"
            with m.State("SERVE"):
                self._serve(m, text, text_left, body_left, reply_left, silent, code)
            with m.State("GIVE_UP"):
                m.d.comb += [self.abort.eq(1), self.raised.eq(1 << (code - 1)[:3])]
                with m.If(self.idle):
                    m.next = "DISCARD"
            with m.State("DISCARD"):
                m.d.comb += self.frame_ready.eq(body_left != 0)
                with m.If(body_left == 0):
                    head = Const(ERROR, 8), sequence, Const(ERROR_PAYLOAD.size, 16)
                    say(*head, code, Const(0, 8 - len(code)), self.kind, sized=ERROR_BYTES)
                    m.next = "SAY"
                with m.Elif(self.frame_valid):
                    m.d.sync += body_left.eq(body_left - 1)
            with m.State("SAY"):
                m.d.comb += [self.valid.eq(1), self.last.eq(text_left == 1)]
                self._shift(m, text, text_left)
                with m.If(self.ready & self.last):
                    m.next = "IDLE"
        # A frame that is dropped sets its flag at once, in every state.
        with m.If(self._dropped().any()):
            m.d.comb += self.raised[:2].eq(self._dropped())
        return m

    def _dropped(self) -> Value:
        return Cat(self.damaged, self.overflow)

    def _shift(self, m: Module, text: Signal, left: Signal) -> None:
        with m.If(self.ready):
            m.d.sync += [text.eq(text >> 8), left.eq(left - 1)]

    def _serve(
        self,
        m: Module,
        text: Signal,
        text_left: Signal,
        body_left: Signal,
        reply_left: Signal,
        silent: Signal,
        code: Signal,
    ) -> None:
        """Pass bytes to the unit and back until both payloads are complete, or on an error."""
        waited = Signal(range(self.watchdog + 1))
        moved = Signal()
        m.d.comb += [
            self.active.eq(1),
            self.body_valid.eq(self.frame_valid & (body_left != 0)),
            self.frame_ready.eq(self.body_ready & (body_left != 0)),
            moved.eq((self.frame_valid & self.frame_ready) | (self.valid & self.ready)),
        ]
        with m.If(self.frame_valid & self.frame_ready):
            m.d.sync += body_left.eq(body_left - 1)
        with m.If((text_left != 0) & ~silent):
            m.d.comb += self.valid.eq(1)
            self._shift(m, text, text_left)
        with m.Elif(reply_left != 0):
            m.d.comb += [
                self.payload.eq(self.reply_payload),
                self.valid.eq(self.reply_valid),
                self.last.eq(reply_left == 1),
                self.reply_ready.eq(self.ready),
            ]
            with m.If(self.valid & self.ready):
                m.d.sync += reply_left.eq(reply_left - 1)
        with m.Elif((body_left == 0) & ~self.busy):
            m.next = "IDLE"
            with m.If(silent):
                m.next = "SAY"
        m.d.sync += waited.eq(waited + 1)
        with m.If(moved):
            m.d.sync += waited.eq(0)
        expired = Signal()
        m.d.comb += expired.eq(waited == self.watchdog)
        with m.If(self.fault | self.refused | expired):
            m.d.comb += [self.valid.eq(0), self.reply_ready.eq(0)]
            m.d.sync += [self.reset_accelerator.eq(1), code.eq(Code.WATCHDOG), waited.eq(0)]
            with m.If(self.refused):
                m.d.sync += code.eq(Code.REFUSED)
            with m.Elif(self.fault):
                m.d.sync += code.eq(Code.ACCELERATOR)
            m.next = "GIVE_UP"
        with m.If(self.kind == Request.RESET):
            m.d.sync += self.reset_accelerator.eq(1)

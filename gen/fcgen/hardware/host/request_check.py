"""Check of request headers, and the length of the replies."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import HASH_BYTES, PAYLOAD_MAX, STATUS, Code, Info, Request

PAIR, WORD = 8, 4  # bytes of an address with its word, and of one of them


class RequestCheck(wiring.Component):
    """Says of a header whether the request is served.

    The payload of INFER must be whole vectors: it is counted down by one of them a cycle.

    Latency: a cycle, and one a vector, from ``active`` to ``right`` or ``wrong``. Handshake:
    ``active`` is held until one of them is high. Reset: not needed.

    Parameters
    ----------
    info : Info
        Sizes of vectors, and whether weights can be written.

    Ports
    -----
    active : In(1)
    kind : In(8)
    length : In(16)
    usable : In(1)
        Weights are complete.
    right, wrong : Out(1)
    reply_length : Out(16)
        Of a request that is right.
    code : Out(4)
        Why it is wrong.
    """

    def __init__(self, info: Info) -> None:
        self.info = info
        super().__init__(
            {
                "active": In(1),
                "kind": In(8),
                "length": In(16),
                "usable": In(1),
                "right": Out(1),
                "wrong": Out(1),
                "reply_length": Out(16),
                "code": Out(4),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """What makes two checks the same module."""
        return {
            "vector_bytes": self.info.vector_bytes,
            "answer_bytes": self.info.answer_bytes,
            "writable": self.info.writable,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = Signal(16)
        answers = Signal(range(PAYLOAD_MAX + self.info.answer_bytes + 1))
        counting = Signal()
        m.d.sync += counting.eq(self.active)
        with m.If(~counting):
            m.d.sync += [left.eq(self.length), answers.eq(0)]
        fits = Signal()
        m.d.comb += [self.code.eq(Code.LENGTH), fits.eq(0)]
        with m.Switch(self.kind):
            with m.Case(Request.INFO):
                m.d.comb += [fits.eq(self.length == 0), self.reply_length.eq(Info.LAYOUT.size)]
            with m.Case(Request.STATUS):
                m.d.comb += [fits.eq(self.length == 0), self.reply_length.eq(STATUS.size)]
            with m.Case(Request.RESET):
                m.d.comb += fits.eq(self.length == 0)
            with m.Case(Request.INFER):
                self._count(m, left, answers, counting, fits)
            if self.info.writable:
                self._weights(m, fits)
            with m.Default():
                m.d.comb += self.code.eq(Code.TYPE)
        waiting = Signal()
        m.d.comb += [
            waiting.eq((self.kind == Request.INFER) & (left >= self.info.vector_bytes)),
            self.right.eq(counting & fits),
            self.wrong.eq(counting & ~fits & ~waiting),
        ]
        return m

    def _count(
        self, m: Module, left: Signal, answers: Signal, counting: Signal, fits: Signal
    ) -> None:
        """Subtract a vector from the payload, and add one to the reply."""
        more = Signal()
        m.d.comb += [
            more.eq(left >= self.info.vector_bytes),
            self.reply_length.eq(answers),
            fits.eq((left == 0) & (answers != 0) & (answers <= PAYLOAD_MAX) & self.usable),
        ]
        with m.If(~self.usable):
            m.d.comb += self.code.eq(Code.WEIGHTS)
        with m.If(counting & more):
            m.d.sync += left.eq(left - self.info.vector_bytes)
            with m.If(answers <= PAYLOAD_MAX):
                m.d.sync += answers.eq(answers + self.info.answer_bytes)

    def _weights(self, m: Module, fits: Signal) -> None:
        length = self.length
        with m.Case(Request.WEIGHTS_WRITE):
            m.d.comb += fits.eq((length % PAIR == 0) & (length != 0))
        with m.Case(Request.WEIGHTS_READ):
            m.d.comb += [
                fits.eq((length % WORD == 0) & (length != 0)),
                self.reply_length.eq(length),
            ]
        with m.Case(Request.WEIGHTS_SEAL):
            m.d.comb += fits.eq(length == HASH_BYTES)

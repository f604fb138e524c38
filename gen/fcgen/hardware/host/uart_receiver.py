"""Bytes from an asynchronous serial line."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.baud_rate import PHASE_BITS, phase_step
from fcgen.hardware.registers import delay


class UartReceiver(wiring.Component):
    """Receives bytes of 8 data bits, least significant first, no parity, 1 stop bit.

    A phase accumulator of 24 bits keeps the rate to better than 0.1 %, however it divides the
    clock. It starts in the middle at the edge of a start bit, so that it wraps in the middle of
    every bit, whose value is the majority of three samples, a cycle apart. After the middle of
    the stop bit the next start bit may come, so that a sender may be faster or slower by 2 %.

    Latency: 3 cycles more than 9.5 bits from the edge of the start bit. No handshake: ``valid``
    stands for one cycle. Reset: waits for a start bit.

    Parameters
    ----------
    clock_hz, baud : int
        See `phase_step`.

    Ports
    -----
    rx : In(1)
        The line, not synchronised.
    payload : Out(8)
    valid : Out(1)
    broken : Out(1)
        One cycle: a stop bit was 0. The line must return to 1 before a byte is received again.
    """

    def __init__(self, clock_hz: int, baud: int) -> None:
        self.clock_hz, self.baud = clock_hz, baud
        self.step = phase_step(clock_hz, baud)
        super().__init__({"rx": In(1), "payload": Out(8), "valid": Out(1), "broken": Out(1)})

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two receivers the same module."""
        return {"clock_hz": self.clock_hz, "baud": self.baud}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        line = Signal()
        m.d.comb += line.eq(~delay(m, ~self.rx, 2, "synchronised", reset=True))
        before = Signal(2, init=3)
        m.d.sync += before.eq(Cat(line, before[0]))
        bit = Signal()
        m.d.comb += bit.eq((line & before[0]) | (line & before[1]) | (before[0] & before[1]))

        phase = Signal(PHASE_BITS)
        sum_ = Signal(PHASE_BITS + 1)
        middle = Signal()
        m.d.comb += [sum_.eq(phase + self.step), middle.eq(sum_[PHASE_BITS])]
        count = Signal(4)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [phase.eq(1 << (PHASE_BITS - 1)), count.eq(0)]
                with m.If(~line):
                    m.next = "BITS"
            with m.State("BITS"):
                m.d.sync += phase.eq(sum_[:PHASE_BITS])
                with m.If(middle):
                    m.d.sync += count.eq(count + 1)
                    with m.If((count == 0) & bit):
                        m.next = "IDLE"
                    with m.Elif(count == 9):
                        m.d.comb += [self.valid.eq(bit), self.broken.eq(~bit)]
                        m.next = "IDLE"
                        with m.If(~bit):
                            m.next = "BREAK"
                    with m.Else():
                        m.d.sync += self.payload.eq(Cat(self.payload[1:], bit))
            with m.State("BREAK"), m.If(line):
                m.next = "IDLE"
        return m

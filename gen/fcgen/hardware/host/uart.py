"""An asynchronous serial line: its rate, the receiver and the transmitter."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import delay

PHASE_BITS = 24
CYCLES_MIN = 4  # a bit: three samples and a margin of one
CYCLES_MAX = 4096


def phase_step(clock_hz: int, baud: int) -> int:
    """Return the step of a phase accumulator of 24 bits that wraps once a bit.

    Parameters
    ----------
    clock_hz, baud : int
        Hertz and bits a second; a bit takes 4 to 4096 cycles.

    Raises
    ------
    ValueError
        When a bit has fewer or more cycles.
    """
    if baud < 1 or not CYCLES_MIN <= clock_hz / baud <= CYCLES_MAX:
        raise ValueError(f"a bit takes {CYCLES_MIN} to {CYCLES_MAX} cycles of the clock")
    return round((baud << PHASE_BITS) / clock_hz)


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


BITS = 10  # of a byte on the line: start, data, stop


class UartTransmitter(wiring.Component):
    """Sends bytes of 8 data bits, least significant first, no parity, 1 stop bit.

    A phase accumulator of 24 bits divides the clock; an edge is at most a cycle late, and no error
    adds up. Bytes that follow at once have no gap.

    Latency: 1 cycle from an accepted byte to its start bit. Handshake: valid/ready. Reset: the line
    is idle, a byte under way is cut off.

    Parameters
    ----------
    clock_hz, baud : int
        See `phase_step`.

    Ports
    -----
    payload : In(8)
    valid, ready : In, Out(1)
    tx : Out(1)
    """

    def __init__(self, clock_hz: int, baud: int) -> None:
        self.clock_hz, self.baud = clock_hz, baud
        self.step = phase_step(clock_hz, baud)
        super().__init__({"payload": In(8), "valid": In(1), "ready": Out(1), "tx": Out(1)})

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two transmitters the same module."""
        return {"clock_hz": self.clock_hz, "baud": self.baud}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        phase = Signal(PHASE_BITS)
        sum_ = Signal(PHASE_BITS + 1)
        bit_end = Signal()
        m.d.comb += [sum_.eq(phase + self.step), bit_end.eq(sum_[PHASE_BITS])]

        # The register holds the bits inverted, so that the zeros shifted in are the idle line.
        low_bits = Signal(BITS - 1)
        left = Signal(range(BITS + 1))
        m.d.comb += [
            self.tx.eq(~low_bits[0]),
            self.ready.eq((left == 0) | ((left == 1) & bit_end)),
        ]
        with m.If(left == 0):
            m.d.sync += phase.eq(0)
        with m.Else():
            m.d.sync += phase.eq(sum_[:PHASE_BITS])
        with m.If(self.valid & self.ready):
            m.d.sync += [low_bits.eq(Cat(Const(1, 1), ~self.payload)), left.eq(BITS)]
        with m.Elif(bit_end & (left != 0)):
            m.d.sync += [low_bits.eq(low_bits[1:]), left.eq(left - 1)]
        return m

"""Bytes onto an asynchronous serial line."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.baud_rate import PHASE_BITS, phase_step

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

        # The register has the bits inverted, so that what comes in behind is the idle line.
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

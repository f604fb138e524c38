"""Reader of a serial flash memory: a stream of bytes from an address on."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border

RELEASE_POWER_DOWN, READ_DATA = 0xAB, 0x03
ADDRESS_BITS = 24
_COMMAND_BITS = 8 + ADDRESS_BITS


class FlashReader(wiring.Component):
    """Reads a serial flash memory from one address on, as long as it is asked to.

    SPI mode 0, most significant bits first: it releases the memory from the power-down in which
    an FPGA leaves it (AB), waits, and reads (03 and the address). ``miso`` is taken in the cycle in
    which ``sck`` falls, so that memory and wires have a whole period of ``sck``. While a byte waits
    to be taken ``sck`` stands still.

    Latency: 96 · half_period + wake + 3 cycles to the first byte. Initiation interval:
    16 · half_period + 1 cycles a byte. Handshake: valid/ready. Reset, and ``active`` being low:
    the memory is not selected; the next byte is the one at the address.

    Parameters
    ----------
    address : int
        Of the first byte, below 2^24.
    half_period : int
        Cycles in which ``sck`` is high, and low, at least 1.
    wake : int
        Cycles that the memory needs after its release, at least 1.

    Ports
    -----
    active : In(1)
    payload : Out(8)
    valid, ready : Out, In(1)
    sck, cs_n, mosi, miso : Out, Out, Out, In(1)
        Of the memory; ``miso`` is its output.
    """

    def __init__(self, address: int, half_period: int, wake: int) -> None:
        if not 0 <= address < 1 << ADDRESS_BITS:
            raise ValueError(f"address must be 0 to {(1 << ADDRESS_BITS) - 1:#x}")
        if half_period < 1 or wake < 1:
            raise ValueError("half_period and wake must be at least 1")
        self.address, self.half_period, self.wake = address, half_period, wake
        super().__init__(
            {
                "active": In(1),
                "payload": Out(8),
                "valid": Out(1),
                "ready": In(1),
                "sck": Out(1),
                "cs_n": Out(1, init=1),
                "mosi": Out(1),
                "miso": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two readers the same module."""
        names = ("address", "half_period", "wake")
        return {name: getattr(self, name) for name in names}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        text = Signal(_COMMAND_BITS)  # sent from its top, while received bits enter at the bottom
        left = Signal(range(_COMMAND_BITS + 1))
        waited = Signal(range(self.wake + 1))
        moving = Signal()
        m.d.comb += [
            self.mosi.eq(text[-1]),
            self.payload.eq(text[:8]),
            moving.eq(left != 0),
        ]
        self._shift(m, text, left, moving)

        def say(command: int, bits: int) -> None:
            m.d.sync += [self.cs_n.eq(0), left.eq(bits), text.eq(command << _COMMAND_BITS - bits)]

        with m.FSM():
            with m.State("REST"):
                m.d.sync += waited.eq(0)
                with m.If(self.active):
                    say(RELEASE_POWER_DOWN, 8)
                    m.next = "RELEASE"
            with m.State("RELEASE"):
                with m.If(~moving):
                    m.d.sync += [self.cs_n.eq(1), waited.eq(waited + 1)]
                    with m.If(waited == self.wake):
                        say(READ_DATA << ADDRESS_BITS | self.address, _COMMAND_BITS)
                        m.next = "COMMAND"
                self._end(m)
            with m.State("COMMAND"):
                with m.If(~moving):
                    m.d.sync += left.eq(8)
                    m.next = "BYTE"
                self._end(m)
            with m.State("BYTE"):
                with m.If(~moving):
                    m.d.comb += self.valid.eq(1)
                    with m.If(self.ready):
                        m.d.sync += left.eq(8)
                self._end(m)
        with m.If(~self.active):
            m.d.sync += [self.cs_n.eq(1), self.sck.eq(0), left.eq(0)]
        return m

    def _end(self, m: Module) -> None:
        with m.If(~self.active):
            m.next = "REST"

    def _shift(self, m: Module, text: Signal, left: Signal, moving: Signal) -> None:
        """Let ``sck`` rise and fall once for every bit that is left."""
        tick: Signal | Const = Const(1)
        if self.half_period > 1:
            tick = Signal()
            phase = Signal(range(self.half_period))
            m.d.comb += tick.eq(phase == self.half_period - 1)
            m.d.sync += phase.eq(phase + 1)
            with m.If(tick | ~moving):
                m.d.sync += phase.eq(0)
        with m.If(moving & tick):
            m.d.sync += self.sck.eq(~self.sck)
            with m.If(self.sck):
                m.d.sync += [text.eq(Cat(self.miso, text[:-1])), left.eq(left - 1)]

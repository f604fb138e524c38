"""Each access to a parameter asks its port once, and moves the address on or fails."""

from __future__ import annotations

from amaranth import Module, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Assume, Elaboratable, Value

from fcgen.hardware.interfaces.parameter_window import ParameterWindow
from formal.inside import Bench, any_inputs, register_since_start

ADDRESS_BITS, LANDING_CYCLES = 4, 5


class ParameterWindowHarness(Elaboratable):
    """A window between a bank, which asks for one thing at a time, and any parameter port.

    The port refuses in the next cycle, or answers a read whenever it likes.
    """

    def __init__(
        self, dut: type[ParameterWindow] = ParameterWindow, *, invariants: bool = True
    ) -> None:
        self.dut = dut(ADDRESS_BITS, LANDING_CYCLES)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.inside = platform.open(dut)
        any_inputs(m, dut)
        self._follow(m)
        self._land(m)
        return m

    def _follow(self, m: Module) -> None:
        """Follow an access from the bank to the port, and its answer back."""
        dut = self.dut
        write, read = dut.parameter_data_write, dut.parameter_data_read
        done, moves = dut.parameter_data_done, dut.parameter_address_write
        known = dut.parameter_address_value < 1 << ADDRESS_BITS
        busy, reading = Signal(), Signal()
        asked = register_since_start(m, (write | read) & known & ~ResetSignal(), "asked")
        unknown = register_since_start(m, (write | read) & ~known & ~ResetSignal(), "unknown")
        m.d.comb += [
            Assume(write + read + moves <= 1),
            Assume(~busy | ~(write | read | moves)),
            Assume(~dut.parameter_refused | asked),
            Assume(~dut.parameter_read_valid | (reading & ~dut.parameter_refused)),
        ]
        m.d.sync += busy.eq(write | read | (busy & ~done))
        m.d.sync += reading.eq((read & known) | (reading & ~done))
        address = Signal(32)
        with m.If(moves):
            m.d.sync += address.eq(dut.data)
        with m.Elif(done & ~dut.parameter_data_failed):
            m.d.sync += address.eq(address + 1)
        fails = unknown | dut.parameter_refused
        ends = fails | (busy & (~reading | dut.parameter_read_valid))
        value = dut.parameter_data_value
        with m.If(~Initial()):
            m.d.comb += [
                Assert(dut.parameter_write == (write & known), "a write reaches the port"),
                Assert(dut.parameter_read == (read & known), "a read reaches the port"),
                Assert(~write | (dut.parameter_write_data == dut.data), "so does its data"),
                Assert(dut.parameter_address_value == address, "success moves the address"),
                Assert(dut.parameter_address == address[:ADDRESS_BITS], "the port has its end"),
                Assert(done == ends, "an access is answered once, and in time"),
                Assert(~done | (dut.parameter_data_failed == fails), "it fails as it must"),
                Assert(dut.refused == (done & fails), "what did nothing is said"),
                Assert(self._reads(value), "a read gives its word, and else nothing is seen"),
            ]
            if self.invariants:
                m.d.comb += [
                    Assert(self.inside.states("ANSWER") == busy),
                    Assert(~busy | unknown | (self.inside["reading"] == reading)),
                    Assert(~busy | (unknown == ~known)),
                    Assert(busy | ~reading),
                ]

    def _reads(self, value: Value) -> Value:
        dut = self.dut
        answered = dut.parameter_read_valid & (value == dut.parameter_read_data)
        return answered | (~dut.parameter_read_valid & (value == 0))

    def _land(self, m: Module) -> None:
        """Check that what was written counts as on its way for as long as that may be."""
        dut = self.dut
        lately = Signal(LANDING_CYCLES)
        m.d.sync += lately.eq((lately << 1) | dut.parameter_write)
        with m.If(~Initial()):
            m.d.comb += Assert(dut.landing == lately.any(), "a write is on its way for its time")
            if self.invariants:
                age = self.inside["left"]
                for cycle in range(LANDING_CYCLES):
                    first = lately[cycle] & ~lately[:cycle].any()
                    m.d.comb += Assert(~first | (age == LANDING_CYCLES - cycle))

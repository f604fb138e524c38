"""Every Wishbone access is done once, and acknowledged once unless its master gave it up."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.interfaces.wishbone import WishboneSlave
from fcgen.hardware.registers import register
from formal.inside import Bench, any_inputs

ADDRESS_BITS = 4
SLOWEST = 2  # cycles of a request before prompt registers
PATIENCE = 2 * (SLOWEST + 2)  # an access that was given up is finished first


class WishboneHarness(Elaboratable):
    """A slave under any master, before registers that answer whenever they like.

    The master keeps an access as it is until it is acknowledged, or gives it up: then ``cyc`` or
    ``stb`` is low for a cycle at least. With ``prompt`` the registers answer soon, so that how long
    an access takes has a bound, which is asserted.
    """

    def __init__(
        self,
        dut: type[WishboneSlave] = WishboneSlave,
        *,
        prompt: bool = False,
        invariants: bool = True,
    ) -> None:
        self.dut = dut(ADDRESS_BITS)
        self.prompt, self.invariants = prompt, invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.inside = platform.open(dut)
        any_inputs(m, dut)
        self._master(m)
        self._registers(m)
        self._follow(m)
        return m

    def _master(self, m: Module) -> None:
        """Find the cycles in which an access goes on; assume that it stays the same."""
        dut = self.dut
        self.asked = dut.cyc_i & dut.stb_i
        asked_before = register(m, self.asked & ~dut.ack_o, "asked_before")
        self.goes_on = self.asked & asked_before
        for port in (dut.we_i, dut.adr_i, dut.sel_i, dut.dat_i):
            before = register(m, port, f"before_{port.name}")
            m.d.comb += Assume(~self.goes_on | (port == before))

    def _registers(self, m: Module) -> None:
        """Answer only what is asked, and keep what was answered."""
        dut = self.dut
        waited = Signal(range(SLOWEST + 1))
        before = register(m, dut.read_data, "read_data_before")
        m.d.sync += waited.eq(Mux(dut.request & ~dut.done, waited + (waited != SLOWEST), 0))
        m.d.comb += Assume(~dut.done | (dut.request & (waited != 0)))
        with m.If(~dut.request):
            m.d.comb += Assume(Initial() | (dut.read_data == before))
        if self.prompt:
            m.d.comb += Assume(~dut.request | (waited != SLOWEST) | dut.done)

    def _follow(self, m: Module) -> None:
        """Check what becomes of the access that the master asks for now."""
        dut = self.dut
        answer = Signal.like(dut.read_data)
        begun, served, asking = Signal(), Signal(), Signal()
        begins = dut.request & ~register(m, dut.request & ~dut.done, "request_before")
        m.d.comb += asking.eq(self.goes_on & (begins | begun))
        m.d.sync += [
            begun.eq(asking & ~dut.done & ~dut.ack_o),
            served.eq((asking & dut.request & dut.done) | (served & self.goes_on & ~dut.ack_o)),
        ]
        with m.If(dut.request & dut.done):
            m.d.sync += answer.eq(dut.read_data)
        with m.If(~Initial()):
            m.d.comb += [
                Assert(~dut.ack_o | self.asked, "no ack without cyc and stb"),
                Assert(~dut.ack_o | (self.goes_on & served), "what is acknowledged was done"),
                Assert(~dut.ack_o | (dut.dat_o == answer), "a read gives its own answer"),
                Assert(~(begins & self.goes_on & (served | begun)), "an access is done once"),
                Assert(~begins | register(m, self.asked, "asked"), "no access without a master"),
                Assert(~asking | self._same(), "accesses are those of the master"),
            ]
        with m.If(~Initial() & int(self.invariants)):
            m.d.comb += [
                Assert(self.inside.states("IDLE", "ACCESS", "ACKNOWLEDGE")),
                Assert(~begun | dut.request),
                Assert(~dut.request | ((self.inside["waiting"] & self.goes_on) == asking)),
                Assert(~(dut.request & self.goes_on & served)),
            ]
        waits = Signal(range(PATIENCE + 1))
        m.d.sync += waits.eq(Mux(self.asked & ~dut.ack_o, waits + 1, 0))
        if self.prompt:
            with m.If(~Initial()):
                m.d.comb += Assert(waits < PATIENCE, "an access is acknowledged")
        given_up = register(m, dut.request & ~self.goes_on, "given_up")
        m.d.comb += Cover(~Initial() & given_up & dut.request & self.asked, "the next one waits")

    def _same(self) -> Value:
        dut = self.dut
        return (
            (dut.address == dut.adr_i[2:])
            & (dut.write == dut.we_i)
            & (dut.whole == dut.sel_i.all())
            & (dut.data == dut.dat_i)
        )

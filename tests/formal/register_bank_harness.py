"""A bank of registers answers every access once, as its table says, and tells nobody else of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amaranth import Const, Module, Mux, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Assume, Elaboratable, Value

from fcgen.hardware.interfaces.register_bank import DATA_BITS, RegisterBank
from fcgen.hardware.interfaces.register_map import Register, RegisterMap
from fcgen.hardware.registers import register
from formal.inside import Bench, any_inputs

WRITABLE, READABLE = ("write", "window", "push"), ("constant", "read", "write", "window", "pop")
UNITS = ("window", "push", "pop")


class RegisterBankHarness(Elaboratable):
    """A bank under any accesses, before units that answer whenever they like.

    What the table means is written down a second time here. Each access must take one cycle, or
    one after the answer of its unit: that is also the bound on how long it takes.
    """

    def __init__(
        self,
        registers: RegisterMap,
        dut: type[RegisterBank] = RegisterBank,
        *,
        invariants: bool = True,
    ) -> None:
        self.dut = dut(registers)
        self.registers = registers.registers
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.inside = platform.open(dut)
        any_inputs(m, dut)
        self.under_way = register(m, dut.request & ~dut.done & ~ResetSignal(), "under_way")
        for port in (dut.request, dut.write, dut.whole, dut.address):
            before = register(m, port, f"before_{port.name}")
            m.d.comb += Assume(~self.under_way | (port == before))
        self._follow(m)
        return m

    def _follow(self, m: Module) -> None:
        """Keep what the access must give, and compare."""
        dut = self.dut
        busy, waits, failed = Signal(), Signal(), Signal()
        starts = dut.request & ~busy
        expected = Signal(DATA_BITS)
        legal = self._table(lambda row, _: self._allowed(row), Const(0, 1))
        asks_unit = legal & self._table(lambda row, _: row.access in UNITS, Const(0, 1))
        with m.If(starts):
            m.d.sync += [
                busy.eq(1),
                expected.eq(self._table(self._value, Const(0, DATA_BITS))),
                failed.eq(~legal),
                waits.eq(asks_unit),
            ]
        with m.If(dut.done):
            m.d.sync += busy.eq(0)
        for row in self.registers:
            if row.access in UNITS:
                with m.If(waits & self._here(row) & getattr(dut, f"{row.name}_done")):
                    m.d.sync += [
                        waits.eq(0),
                        expected.eq(self._value(row, 0)),
                        failed.eq(getattr(dut, f"{row.name}_failed")),
                    ]
        with m.If(~Initial()):
            self._assert_strobes(m, starts)
            m.d.comb += [
                Assert(dut.access_failed == (starts & ~legal), "what is not allowed is said"),
                Assert(dut.done == (busy & ~waits), "an access ends once, and in time"),
                Assert(waits | (dut.read_data == expected), "a read gives its register"),
                Assert(waits | (dut.failed == failed), "an access fails as it must"),
            ]
            if self.invariants:
                idle, waiting = self.inside.states("IDLE"), self.inside.states("WAIT")
                m.d.comb += [
                    Assert(self.inside.states("IDLE", "WAIT", "DONE")),
                    Assert((idle == ~busy) & (waiting == waits)),
                    Assert(busy == self.under_way),
                    Assert(~waits | (asks_unit & (self.inside["constant"] == 0))),
                ]

    def _assert_strobes(self, m: Module, starts: Value) -> None:
        """Check that each unit hears of its own accesses, and of no other one."""
        dut = self.dut
        for row in self.registers:
            here = starts & self._here(row)
            told = {"write": here & dut.write & dut.whole, "read": here & ~dut.write}
            for way, strobe in told.items():
                port = getattr(dut, f"{row.name}_{way}", None)
                if port is not None:
                    m.d.comb += Assert(port == strobe, "a unit is told of its own accesses")

    def _here(self, row: Register, word: int = 0) -> Value:
        return self.dut.address == row.offset // 4 + word

    def _table(self, meaning: Callable[[Register, int], Any], otherwise: Value) -> Value:
        """Return what the table says at the address of the access."""
        found = otherwise
        for row in self.registers:
            for word in range(max(len(row.values), 1)):
                found = Mux(self._here(row, word), meaning(row, word), found)
        return found

    def _allowed(self, row: Register) -> Value:
        write, whole = self.dut.write, self.dut.whole
        writes = write & whole if row.access in WRITABLE else Const(0, 1)
        return writes | ~write if row.access in READABLE else writes

    def _value(self, row: Register, word: int) -> Value:
        if row.access == "constant":
            return Const(row.values[word], DATA_BITS)
        return getattr(self.dut, f"{row.name}_value", Const(0, DATA_BITS))

"""The pins of a flash memory keep SPI's rules, and bytes are what the memory put out."""

from __future__ import annotations

from amaranth import Cat, Module, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Cover, Elaboratable

from fcgen.hardware.host.flash_reader import FlashReader
from formal.inside import Bench, any_inputs

ADDRESS = 0x123456


class FlashReaderHarness(Elaboratable):
    """A reader beside any memory; it is asked, stopped and reset at any time."""

    def __init__(
        self, half_period: int, dut: type[FlashReader] = FlashReader, *, invariants: bool = True
    ) -> None:
        self.dut, self.invariants = dut(ADDRESS, half_period, 2), invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        inside = platform.open(dut)
        any_inputs(m, dut)
        before = {name: Signal(name=f"before_{name}") for name in ("sck", "cs_n", "mosi", "kept")}
        m.d.sync += [before[name].eq(getattr(dut, name)) for name in ("sck", "cs_n", "mosi")]
        m.d.sync += before["kept"].eq(dut.active & dut.valid & ~dut.ready)
        with m.If(ResetSignal()):
            m.d.sync += before["cs_n"].eq(1)
        seen, payload = Signal(8), Signal(8)  # what the memory put out, taken as the clock falls
        m.d.sync += payload.eq(dut.payload)
        left = inside["left"]
        shifted = inside["moving"] & dut.sck & self._tick(inside)
        with m.If(shifted):
            m.d.sync += seen.eq(Cat(dut.miso, seen[:-1]))
        with m.If(~Initial()):
            m.d.comb += [
                Assert(~(dut.sck & dut.cs_n), "no clock without a selection"),
                Assert(
                    ~(dut.sck | before["sck"])
                    | before["cs_n"]
                    | dut.cs_n
                    | (dut.mosi == before["mosi"])
                    | (before["sck"] & ~dut.sck),
                    "what goes in stands around the rising edge",
                ),
                Assert(~dut.valid | (dut.payload == seen), "a byte is what the memory put out"),
                Assert(~dut.valid | ~dut.sck, "the clock stands still while a byte waits"),
                Assert(~before["kept"] | (dut.payload == payload), "a byte waits as it is"),
            ]
        if self.invariants:
            with m.If(~Initial()):
                m.d.comb += [
                    Assert(~dut.sck | inside["moving"]),
                    Assert(~inside["moving"] | ~dut.cs_n),
                    Assert(~inside.states("REST") | (dut.cs_n & (left == 0))),
                    Assert(~inside.states("COMMAND", "BYTE") | ~dut.cs_n),
                    Assert(~inside.states("BYTE") | (left > 8) | self._same(inside, seen, left)),
                    Assert(~inside.states("BYTE") | (left <= 8)),
                ]
        m.d.comb += Cover(~Initial() & dut.valid & dut.ready, "a byte is taken")
        return m

    def _same(self, inside, seen, left):
        """Say whether the bits that came are at the end of what the reader holds."""
        text = inside["text"]
        cases = [(left != 8 - n) | (text[:n] == seen[:n]) for n in range(1, 9)]
        return Cat(cases).all()

    def _tick(self, inside):
        return 1 if self.dut.half_period == 1 else inside["tick"]

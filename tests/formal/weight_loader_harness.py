"""What a flash memory gives can be used as weights only when all of it is right."""

from __future__ import annotations

from amaranth import Cat, Const, Module, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Cover, Elaboratable

from fcgen.hardware.host.protocol import FLAG, FLASH_FIXED, Request
from fcgen.hardware.host.weight_loader import COUNT_BITS, WeightLoader
from formal.inside import Bench, any_inputs

HEADER = b"fcgw" + bytes(range(12))


class WeightLoaderHarness(Elaboratable):
    """A loader beside any memory, any line, and a link that does as it likes."""

    def __init__(self, dut: type[WeightLoader] = WeightLoader, *, invariants: bool = True) -> None:
        self.dut, self.invariants = dut(HEADER), invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        inside = platform.open(dut)
        any_inputs(m, dut)
        taken = dut.flash_valid & dut.flash_ready
        place, other = Signal(5), Signal()  # bytes of the header so far, and whether one is wrong
        counted, given, raised = Signal(COUNT_BITS), Signal(COUNT_BITS), Signal()
        with m.If(taken & (place < FLASH_FIXED + 4)):
            m.d.sync += place.eq(place + 1)
            with m.If(place < FLASH_FIXED):
                wanted = Const(int.from_bytes(HEADER, "little"), 128).word_select(place[:4], 8)
                m.d.sync += other.eq(other | (dut.flash_payload != wanted))
            with m.Elif(place < FLASH_FIXED + 3):
                m.d.sync += counted.eq(Cat(counted[8:], dut.flash_payload))
            with m.Else():
                m.d.sync += other.eq(other | dut.flash_payload.any())
        m.d.sync += [raised.eq(raised | dut.raised), given.eq(given + (dut.valid & dut.loading))]
        seal_broken, right = Signal(), Signal()
        m.d.sync += [
            seal_broken.eq(dut.broken),
            right.eq(inside.module.submodules.checker.match & ~raised),
        ]
        fresh, sealing = Signal(init=1), Signal()  # behind a flag; a seal has begun
        with m.If(dut.valid & taken):
            m.d.sync += [
                fresh.eq(dut.flash_payload == FLAG),
                sealing.eq(sealing | (fresh & (dut.flash_payload == Request.WEIGHTS_SEAL))),
            ]
        closing = dut.valid & dut.loading & ~taken
        line = ~dut.loading
        with m.If(~Initial() & ~ResetSignal()):
            m.d.comb += [
                Assert(~closing | seal_broken | right, "a seal is closed only when all is right"),
                Assert(~closing | (given == counted), "behind the last frame"),
                Assert(~closing | (dut.payload == FLAG), "by a flag"),
                Assert(~dut.valid | line | ~other, "nothing of another image is taken"),
                Assert(~(dut.valid & taken) | (place == FLASH_FIXED + 4), "a header is no frame"),
                Assert(~(dut.valid & taken) | (given < counted), "no more bytes than announced"),
                Assert(
                    ~(dut.valid & taken & sealing) | (dut.payload != FLAG),
                    "no flag of the memory closes a seal",
                ),
                Assert(~(dut.valid & taken) | ~dut.full, "a byte waits until there is room"),
                Assert(~line | ~taken, "the memory is not read while the line is heard"),
                Assert(
                    ~(line & dut.valid) | (dut.line_valid & (dut.payload == dut.line_payload)),
                    "what is heard is the line",
                ),
            ]
        if self.invariants:
            self._invariants(m, inside, place, other, counted, given, raised)
            with m.If(~Initial()):
                m.d.comb += Assert((inside["fresh"] == fresh) & (inside["sealing"] == sealing))
        m.d.comb += Cover(~Initial() & closing & (given == 2), "the last flag comes")
        return m

    def _invariants(self, m, inside, place, other, counted, given, raised) -> None:
        """State what the induction needs."""
        header, frames = inside.states("START", "HEADER"), inside.states("FRAMES")
        later = inside.states("CHECK", "BREAK", "CLOSE")
        read = place == FLASH_FIXED + 4
        here, count = inside["place"], inside["count"]
        with m.If(~Initial()):
            m.d.comb += [
                Assert(~header | ((here == place) & (place < FLASH_FIXED + 4) & ~other)),
                Assert(~header | ((count == counted) & (given == 0))),
                Assert(~inside.states("START") | (place == 0)),
                Assert(~header | (place >= FLASH_FIXED + 3) | (place > FLASH_FIXED) | True),
                Assert(~(frames | later) | (read & ~other)),
                Assert(~frames | (given + count == counted) & (given <= counted)),
                Assert(~later | (given == counted)),
                Assert(inside["wrong"] == raised),
            ]

"""Nothing lost, duplicated, reordered or overwritten in the vector memory."""

from __future__ import annotations

from amaranth import Array, Cat, Const, Module, Mux, ResetSignal, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.memories.vector_memory import VectorMemory
from fcgen.hardware.registers import delay, register
from formal.inside import Bench, Inside, ring, since_start

RING_BITS = 2
"""Vectors are numbered modulo 4: never more than two are stored."""


class VectorMemoryGhost:
    """The contract of a vector memory, and one vector that is followed.

    Which vector (modulo the ring) is any constant, so that what holds for it holds for all.

    Attributes
    ----------
    accepted, released, stored : Signal
        Vectors that came in whole and that were given back, modulo the ring; their difference.
    followed, values : Signal, list of Signal
        Number of a vector, modulo the ring, and the payloads that came with its beats.
    too_early : Value
        The last beat is read in the cycle in which its vector becomes available.
    """

    def __init__(
        self,
        m: Module,
        dut: VectorMemory,
        inside: Inside,
        *,
        invariants: bool,
        ring_bits: int = RING_BITS,
    ) -> None:
        self.dut, self.inside = dut, inside
        self.accept = dut.in_valid & dut.in_ready
        self._follow_framing(m)
        self.accepted = ring(m, ring_bits, self.complete, "accepted")
        self.released = ring(m, ring_bits, dut.vector_end, "released")
        self.stored = Signal(ring_bits)
        self.followed = Signal(ring_bits)
        self.values = [
            Signal(dut.width, reset_less=True, name=f"value_{beat}") for beat in range(dut.beats)
        ]
        m.d.comb += [
            self.stored.eq(self.accepted - self.released),
            self.followed.eq(AnyConst(ring_bits)),
        ]
        self.completed = register(m, self.complete, "completed", reset=True)
        self.too_early = self.completed & (self.stored == 1) & (dut.address == dut.beats - 1)
        if dut.beats == 1:
            self.too_early = Const(0)
        for beat, value in enumerate(self.values):
            with m.If(self.accept & (self.accepted == self.followed) & (self.place == beat)):
                m.d.sync += value.eq(dut.in_payload)
        reads = self._delayed_reads(m)
        with m.If(~Initial()):
            self._assert_handshake(m)
            self._assert_reads(m, *reads)
            if invariants:
                self._assert_invariants(m)

    def _follow_framing(self, m: Module) -> None:
        """State machine of the stream's rules, as the interface words them."""
        beats, first, last = self.dut.beats, self.dut.in_first, self.dut.in_last
        self.held = held = Signal(range(beats + 1), name="held")
        self.dropping = dropping = Signal(name="dropping")
        self.broken = broken = Signal(name="broken")
        self.complete = complete = Signal(name="complete")
        self.place = Mux(first, 0, held)
        wrong = Signal(name="wrong")
        goes_on = Signal(name="goes_on")
        with m.If(self.accept):
            with m.If(first):
                m.d.comb += wrong.eq(held != 0)
                m.d.comb += goes_on.eq(1)
            with m.Elif(~dropping):
                m.d.comb += [wrong.eq(held == 0), goes_on.eq(held != 0)]
            with m.If(goes_on):
                whole = self.place == beats - 1
                m.d.sync += [held.eq(self.place + 1), dropping.eq(0)]
                with m.If(whole | last):
                    m.d.sync += [held.eq(0), dropping.eq(~last)]
                    m.d.comb += complete.eq(whole & last)
                with m.If(whole != last):
                    m.d.comb += wrong.eq(1)
            with m.Else():
                m.d.sync += dropping.eq(~last)
        m.d.sync += broken.eq(broken | wrong)

    def _assert_handshake(self, m: Module) -> None:
        dut = self.dut
        under_way = self.held != 0
        open_ = self.stored < 2
        if dut.holdable:
            open_ &= ~dut.hold | under_way
            empty = (self.stored == 0) & ~under_way
            m.d.comb += Assert(dut.empty == empty, "empty says that nothing is there")
        m.d.comb += [
            Assert(dut.available | ~dut.vector_end, "only a vector that is there is given back"),
            Assert(dut.in_ready == open_, "beats are accepted while a vector has a place"),
            Assert(dut.available == (self.stored != 0), "every whole vector becomes available"),
            Assert(dut.error == self.broken, "error tells broken framing"),
        ]

    def _delayed_reads(self, m: Module) -> tuple[Value, Value]:
        """Return whether the followed vector was read two cycles ago, and what was to be read."""
        reads = ~Initial() & self.dut.available & (self.released == self.followed)
        value = Array(self.values)[self.dut.address]
        reads &= self.dut.address < self.dut.beats
        return since_start(m, reads, 2, "reads"), delay(m, value, 2, "read_value")

    def _assert_reads(self, m: Module, reads: Value, value: Value) -> None:
        store = self.inside.module.submodules.store
        write, read = store.write_ports[0], store.read_ports[0]
        meeting = write.en & (write.addr == read.addr)
        m.d.comb += [
            Assert(~(self.dut.available & meeting), "no address is read while written"),
            Assert(~reads | (self.dut.word == value), "the controller reads what was accepted"),
        ]

    def _assert_invariants(self, m: Module) -> None:
        inside, stored = self.inside, self.stored
        write, read = inside["write_bank"], inside["read_bank"]
        m.d.comb += [
            Assert(inside["beat"] == self.held, "beats held"),
            Assert(inside["between"] == (self.held == 0), "no beat held, a step ahead"),
            Assert(
                inside["last_next"] == ((self.held != 0) & (self.held == self.dut.beats - 1)),
                "the last beat follows, a step ahead",
            ),
            Assert(self.held < self.dut.beats, "a vector under way is not whole"),
            Assert(~self.dropping | (self.held == 0), "swallowed beats are not held"),
            Assert(~self.dropping | self.broken, "beats are swallowed only after a fault"),
            Assert(stored <= 2, "two vectors at most"),
            Assert(inside["place"] == (stored < 2), "a place, a step ahead"),
            Assert(write == read ^ stored[0], "banks alternate"),
        ]
        ahead = Signal(len(stored), name="ahead")
        m.d.comb += ahead.eq(self.followed - self.released)
        port = inside.module.submodules.store.write_ports[0]
        for beat, value in enumerate(self.values):
            kept = (ahead < stored) | ((ahead == stored) & (self.held > beat))
            address = Cat(Const(beat, len(port.addr) - 1), read ^ ahead[0])
            content = inside.memory("store", address)
            if self.dut.beats > 1:
                content = Mux(port.en & (port.addr == address), port.data, content)
            m.d.comb += Assert(~kept | (content == value), "a vector stays until it is given back")
        if self.dut.beats > 1:
            row, bank = port.addr[:-1], port.addr[-1]
            last = (row == self.dut.beats - 1) & (bank != write)
            under_way = (bank == write) & (stored < 2)
            m.d.comb += [
                Assert(~port.en | Mux(self.completed, last, under_way), "the beat of a cycle ago"),
                Assert(~self.completed | (stored != 0)),
            ]


class VectorMemoryHarness(Elaboratable):
    """A vector memory under any input, any stalls, any use and resets at any time."""

    def __init__(
        self,
        *,
        beats: int,
        width: int,
        holdable: bool = False,
        dut: type[VectorMemory] = VectorMemory,
        invariants: bool = True,
    ) -> None:
        self.dut = dut(beats=beats, width=width, holdable=holdable)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = self.dut
        inside = platform.open(self.dut)
        ghost = VectorMemoryGhost(m, self.dut, inside, invariants=self.invariants)
        names = ["in_payload", "in_valid", "in_first", "in_last", "vector_end", "address"]
        for name in names + ["hold"] * self.dut.holdable:
            port = getattr(self.dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        m.d.comb += [
            Assume(self.dut.available | ~self.dut.vector_end),
            Assume(~ghost.too_early),
        ]
        third = ghost.released == 3
        m.d.comb += Cover(
            ~Initial() & third & self.dut.available & (ghost.stored == 2), "three vectors passed"
        )
        return m

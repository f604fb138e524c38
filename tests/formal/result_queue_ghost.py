"""Every result leaves the queue once, in order and in its lane."""

from __future__ import annotations

from amaranth import Array, Cat, Module, Mux, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Value

from fcgen.hardware.layer.drain_controller import FOLD_END, VALID, VECTOR_END
from fcgen.hardware.requantization.result_queue import ResultQueue
from formal.inside import Inside, register_since_start, ring


class ResultQueueGhost:
    """The contract of a result queue, and one result of one vector that is followed.

    Attributes
    ----------
    written, count : Signal
        Whole vectors that came in, modulo the ring, and the results of the one under way.
    size : Value
        Results of the next beat.
    followed, result : Value
        Number of a vector, modulo the ring, and of one of its results.
    expected : Value
        What the followed result must be when it leaves.
    """

    def __init__(self, m: Module, dut: ResultQueue, inside: Inside, ring_bits: int) -> None:
        self.dut, self.inside = dut, inside
        self.ring_bits = ring_bits
        self.lanes = dut.word_lanes
        self.beats = -(-dut.outputs // dut.output_lanes)
        self.words = -(-dut.outputs // self.lanes)
        self._count_in(m)
        self._count_out(m)

    def _count_in(self, m: Module) -> None:
        dut = self.dut
        self.valid = dut.tag[VALID]
        self.count = count = Signal(range(dut.outputs + 1), name="count")
        sizes = [
            min(dut.result_lanes, dut.pe - done % dut.pe, dut.outputs - done)
            for done in range(dut.outputs)
        ]
        self.size = Signal(range(dut.result_lanes + 1), name="size")
        self.vector_end = Signal(name="vector_end")
        fold_ends = [(done + size) % dut.pe == 0 for done, size in enumerate(sizes)]
        m.d.comb += [
            self.size.eq(Array(sizes)[count]),
            self.vector_end.eq(count + self.size == dut.outputs),
        ]
        kind = self.vector_end | (dut.tag[FOLD_END] == Array(map(int, fold_ends))[count])
        self.tag_is_right = ~self.valid | ((dut.tag[VECTOR_END] == self.vector_end) & kind)
        with m.If(self.valid):
            m.d.sync += count.eq(Mux(self.vector_end, 0, count + self.size))
        self.written = ring(m, self.ring_bits, self.valid & self.vector_end, "written")

    def _count_out(self, m: Module) -> None:
        dut = self.dut
        self.word = Signal(range(max(self.words, 2)), name="word")
        last_word = self.word == self.words - 1
        self.read = ring(m, self.ring_bits, dut.word_taken & last_word, "read")
        self.current = Signal(self.ring_bits, name="current")
        self.current_word = Signal.like(self.word, name="current_word")
        with m.If(dut.word_taken):
            m.d.sync += [
                self.word.eq(Mux(last_word, 0, self.word + 1)),
                self.current.eq(self.read),
                self.current_word.eq(self.word),
            ]
        self.beat = Signal(range(max(self.beats, 2)), name="out_beat")
        self.last_beat = self.beat == self.beats - 1
        leaves = dut.out_valid & dut.out_ready
        with m.If(leaves):
            m.d.sync += self.beat.eq(Mux(self.last_beat, 0, self.beat + 1))
        self.left = ring(m, self.ring_bits, leaves & self.last_beat, "left")
        counts = range(dut.outputs + 1)
        self.whole = Signal(range(self.words + 1), name="whole")
        self.partial = Signal(range(self.lanes), name="partial")
        m.d.comb += [
            self.whole.eq(Array(done // self.lanes for done in counts)[self.count]),
            self.partial.eq(Array(done % self.lanes for done in counts)[self.count]),
        ]
        self.stored = Signal(8, name="stored_words")
        vectors = Signal(self.ring_bits, name="vectors")
        m.d.comb += [
            vectors.eq(self.written - self.read),
            self.stored.eq(vectors * self.words + self.whole - self.word),
        ]
        filled = self.partial + self.size
        rounded = Mux(filled > self.lanes, 2 * self.lanes, self.lanes)
        self.places = self.stored * self.lanes + self.partial
        self.has_room = ~self.valid | (
            self.stored * self.lanes + Mux(self.vector_end, rounded, filled)
            <= dut.words * self.lanes
        )

    def follow(self, followed: Value, result: Signal, expected: Value) -> None:
        """Choose what is followed."""
        self.followed, self.result, self.expected = followed, result, expected

    def written_lane(self) -> tuple[Value, Value]:
        """Return whether the followed result comes in now, and the lane that carries it."""
        here = self.valid & (self.written == self.followed)
        inside = (self.result >= self.count) & (self.result < self.count + self.size)
        lane = (self.result - self.count)[: max((self.dut.result_lanes - 1).bit_length(), 1)]
        return here & inside, self.dut.results.word_select(lane, self.dut.width)

    def assert_contract(self, m: Module) -> None:
        """State what the user of the queue sees; to be called where time has begun."""
        dut, beat, lanes = self.dut, self.beat, self.dut.output_lanes
        there = self.left != self.written
        ends = Array(min(done * lanes + lanes, dut.outputs) for done in range(self.beats))[beat]
        mine = dut.out_valid & (self.left == self.followed)
        place = Array(result // lanes for result in range(dut.outputs))[self.result]
        lane = Array(result % lanes for result in range(dut.outputs))[self.result]
        value = dut.out_payload.word_select(lane, dut.width)
        used = dut.outputs - (self.beats - 1) * lanes
        padding = dut.out_payload[used * dut.width :]
        m.d.comb += [
            Assert(~dut.out_valid | there | (ends <= self.count), "only what came in leaves"),
            Assert(~dut.out_valid | (dut.out_first == (beat == 0)), "first marks the first beat"),
            Assert(~dut.out_valid | (dut.out_last == self.last_beat), "last marks the last beat"),
            Assert(
                ~(mine & (beat == place)) | (value == self.expected), "results leave as they came"
            ),
        ]
        if used < lanes:
            last = dut.out_valid & self.last_beat
            m.d.comb += Assert(~last | (padding == 0), "unused lanes are zero")

    def history(self, m: Module) -> tuple[Value, ...]:
        """Return what the contract remembers of the cycle before."""
        dut = self.dut
        parts = self.lanes // dut.output_lanes
        more_of_word = (
            ~self.last_beat
            & Array(int(beat % parts != parts - 1) for beat in range(self.beats))[self.beat]
        )
        goes_on = (self.stored != 0) | (dut.out_valid & more_of_word)
        begun = ~Initial() & ~ResetSignal()
        stalled = begun & dut.out_valid & ~dut.out_ready
        output = Cat(dut.out_payload, dut.out_first, dut.out_last)
        return (
            register_since_start(m, stalled, "stalled"),
            register_since_start(m, begun & ~stalled & goes_on, "goes_on"),
            output,
            register_since_start(m, output, "output_before"),
        )

    def assert_history(
        self, m: Module, stalled: Value, goes_on: Value, now: Value, before: Value
    ) -> None:
        """State what holds from a cycle to the next."""
        m.d.comb += [
            Assert(~stalled | self.dut.out_valid, "valid holds until ready"),
            Assert(~stalled | (now == before), "payload and framing hold until ready"),
            Assert(~goes_on | self.dut.out_valid, "what is complete leaves without a gap"),
        ]

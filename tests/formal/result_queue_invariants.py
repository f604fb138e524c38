"""How the registers of a result queue follow from the counts of its ghost."""

from __future__ import annotations

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Value

from formal.result_queue_ghost import ResultQueueGhost


class ResultQueueInvariants:
    """What an induction needs to know of a queue beyond its contract."""

    def __init__(self, ghost: ResultQueueGhost) -> None:
        self.ghost, self.dut, self.inside = ghost, ghost.dut, ghost.inside

    def assert_all(self, m: Module) -> None:
        dut, inside, ghost = self.dut, self.inside, self.ghost
        reachable = {0}
        for done in range(dut.outputs):
            if done in reachable:
                size = min(dut.result_lanes, dut.pe - done % dut.pe, dut.outputs - done)
                reachable.add((done + size) % dut.outputs)
        stored, read = inside["stored"], inside["read_word"]
        write = self._wrapped(read + stored)
        m.d.comb += [
            Assert(Cat(ghost.count == done for done in reachable).any(), "reachable counts"),
            Assert(ghost.word < ghost.words),
            Assert(stored == ghost.stored, "complete words"),
            Assert(inside["any_stored"] == (stored != 0), "whether there is one, a step ahead"),
            Assert(ghost.places <= dut.words * ghost.lanes, "what is stored has its place"),
            Assert(read < dut.words),
            Assert(inside["write_word"] == write, "words follow one another"),
        ]
        if dut.offsets != (0,):
            m.d.comb += Assert(inside["offset"] == ghost.partial, "offset")
        self._assert_output_side(m)
        self._assert_followed(m)

    def _wrapped(self, word: Value) -> Value:
        return Mux(word >= self.dut.words, word - self.dut.words, word)

    def _assert_output_side(self, m: Module) -> None:
        dut, inside, ghost = self.dut, self.inside, self.ghost
        parts = ghost.lanes // dut.output_lanes
        word = Array(beat // parts for beat in range(ghost.beats))[ghost.beat]
        part = Array(beat % parts for beat in range(ghost.beats))[ghost.beat]
        last = ghost.current_word == ghost.words - 1
        m.d.comb += Assert(ghost.beat < ghost.beats)
        with m.If(dut.out_valid):
            m.d.comb += [
                Assert((ghost.current == ghost.left) & (ghost.current_word == word)),
                Assert(inside["part"] == part),
                Assert(inside["position"] == Mux(ghost.last_beat, 0, ghost.beat + 1)),
                Assert(ghost.read == (ghost.current + last)[: ghost.ring_bits]),
                Assert(ghost.word == Mux(last, 0, ghost.current_word + 1)),
            ]
        with m.Else():
            m.d.comb += [
                Assert((ghost.read == ghost.left) & (ghost.word == word) & (part == 0)),
                Assert(inside["position"] == ghost.beat),
            ]

    def _assert_followed(self, m: Module) -> None:
        """The followed result stands in its lane of its word until it has left."""
        dut, ghost = self.dut, self.ghost
        ahead = Signal(ghost.ring_bits, name="followed_ahead")
        vectors = Signal(ghost.ring_bits, name="vectors_ahead")
        place = Array(result // ghost.lanes for result in range(dut.outputs))[ghost.result]
        lane = Array(result % ghost.lanes for result in range(dut.outputs))[ghost.result]
        came = (ahead < vectors) | ((ahead == vectors) & (ghost.result < ghost.count))
        stays = came & ((ahead != 0) | (place >= ghost.word))
        address = Signal(range(max(dut.words, 2)), name="followed_address")
        contents, outputs = [], []
        for number in range(ghost.lanes):
            contents.append(self.inside.memory(f"lane_{number}", address))
            store = getattr(self.inside.module.submodules, f"lane_{number}")
            outputs.append(store.read_ports[0].data)
        current = dut.out_valid & (ghost.current == ghost.followed) & (ghost.current_word == place)
        distance = ahead * ghost.words + place - ghost.word
        m.d.comb += [
            ahead.eq(ghost.followed - ghost.read),
            vectors.eq(ghost.written - ghost.read),
            address.eq(self._wrapped(self.inside["read_word"] + distance)),
            Assert(~stays | (Array(contents)[lane] == ghost.expected), "a result stays"),
            Assert(~current | (Array(outputs)[lane] == ghost.expected), "a result is offered"),
        ]

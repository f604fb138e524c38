"""A whole layer with any weights against the dot product that it stands for."""

from __future__ import annotations

from amaranth import Array, Module, Mux, ResetSignal, Signal, signed
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.registers import delay
from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import Folding
from formal.dot_product import DotProduct
from formal.inside import Bench
from formal.layer_controller_harness import LayerControllerGhost
from formal.result_queue_ghost import ResultQueueGhost
from formal.result_queue_invariants import ResultQueueInvariants
from formal.vector_memory_harness import VectorMemoryGhost


class LayerHarness(Elaboratable):
    """A raw layer of one group of elements under any input, any stalls, resets at any time.

    One result of one vector is followed from the vector memory to the output. Only the formats of
    ``dense`` and the width of its accumulators matter: its weights and biases are any words.
    """

    def __init__(
        self,
        dense: DenseLayer,
        folding: Folding,
        *,
        dut: type[Layer] = Layer,
        invariants: bool = True,
    ) -> None:
        self.dense, self.folding = dense, folding
        self.dut = dut(dense, folding)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.parts = platform.open(dut).module.submodules
        self.platform = platform
        for name in ("in_payload", "in_valid", "in_first", "in_last", "out_ready"):
            port = getattr(dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        self._add_ghosts(m)
        self.product = DotProduct(m, platform, dut, self.vectors.values, self.result)
        self.queue.follow(self.vectors.followed, self.result, self.product.expected)
        history = self.queue.history(m)
        positions = self._positions(m)
        with m.If(~Initial()):
            self._assert_contract(m)
            self.queue.assert_contract(m)
            self.queue.assert_history(m, *history)
            third = (self.queue.left == 2) & self.queue.last_beat & dut.out_valid
            m.d.comb += Cover(third & ~dut.out_ready, "the third vector waits to leave")
            if self.invariants:
                ResultQueueInvariants(self.queue).assert_all(m)
                self._assert_sums(m)
                self._assert_drain(m)
                self._assert_way(m, *positions)
        return m

    def _add_ghosts(self, m: Module) -> None:
        parts, platform = self.parts, self.platform
        ring_bits = (self.dut.timing.queue_words + 6).bit_length()
        self.vectors = VectorMemoryGhost(
            m,
            parts.vector_memory,
            platform.open(parts.vector_memory),
            invariants=self.invariants,
            ring_bits=ring_bits,
        )
        self.walk = LayerControllerGhost(
            m, parts.controller, platform.open(parts.controller), invariants=self.invariants
        )
        self.queue = ResultQueueGhost(m, parts.queue, platform.open(parts.queue), ring_bits)
        self.result = Signal(range(max(self.folding.outputs, 2)), name="result")
        m.d.comb += [
            self.result.eq(AnyConst(len(self.result))),
            Assume(self.result < self.folding.outputs),
        ]

    def _positions(self, m: Module) -> tuple[Value, Value, Value]:
        """Return where the drain was when what is at the queue now left it.

        That is the vector, the results of it that had left, and the column's word address.
        """
        f, timing = self.folding, self.dut.timing
        self.drain = drain = self.platform.open(self.parts.drain)
        arrival = timing.fold_end_delay
        self.fold = delay(m, self.walk.neuron_fold, arrival, "fold_arrived", reset=True)
        self.beat = delay(m, self.walk.synapse_fold, arrival, "beat_arrived", reset=True)
        self.vector = delay(m, self.vectors.released, arrival, "vector_arrived", reset=True)
        draining, fold, beat = drain["draining"], drain["neuron_fold"], self.parts.drain.beat
        last = draining & (fold == f.neuron_folds - 1)
        ends = last & (beat >= f.last_fold_beats)
        left = Signal(range(f.outputs + 1), name="drained_results")
        vector = Signal.like(self.vector, name="drained_vectors")
        results = fold * f.pe + Mux(draining, beat * f.result_lanes, 0)
        m.d.comb += [
            left.eq(Mux(ends, 0, results)),
            vector.eq(self.vector - (last & ~ends)),
        ]
        way = timing.issue_to_queue - arrival - 1
        address = self.parts.column_0.address
        return (
            delay(m, vector, way, "vector_at_queue", reset=True),
            delay(m, left, way, "results_at_queue", reset=True),
            delay(m, address, self.parts.column_0.latency, "address_at_queue", reset=True),
        )

    def _assert_contract(self, m: Module) -> None:
        """What the queue's ghost says holds at the ports of the layer too."""
        dut, queue = self.dut, self.parts.queue
        for name in ("out_payload", "out_valid", "out_first", "out_last"):
            m.d.comb += Assert(getattr(dut, name) == getattr(queue, name), f"{name} of the layer")
        m.d.comb += [
            Assert(dut.error == self.vectors.broken, "error of the layer"),
            Assert(dut.in_ready == (self.vectors.stored < 2), "in_ready of the layer"),
            Assert(~self.vectors.too_early, "the last beat is not read before it is written"),
            Assert(self.queue.tag_is_right, "every beat of results is what its tag says"),
            Assert(self.queue.has_room, "the queue has room"),
        ]
        comes, value = self.queue.written_lane()
        right = value == self.queue.expected
        m.d.comb += Assert(~comes | right, "the result is the dot product and its bias")

    def _assert_sums(self, m: Module) -> None:
        """The accumulators hold the sums of the beats that have arrived."""
        f = self.folding
        group = self.platform.open(self.parts.group_0).module.submodules
        accumulators = [
            self.platform.open(getattr(group, f"element_{index}"))["accumulator"]
            for index in range(f.pe)
        ]
        sums = [sum(self.product.terms[: beat * f.simd], 0) for beat in range(f.synapse_folds)]
        element = Array(output % f.pe for output in range(f.outputs))[self.result]
        fold = Array(output // f.pe for output in range(f.outputs))[self.result]
        partial = Signal(signed(self.dut.plan.accumulator_width), name="partial_sum")
        accumulator = Signal(signed(self.dut.plan.accumulator_width), name="accumulator")
        mine = (self.vector == self.vectors.followed) & (self.fold == fold) | (self.beat == 0)
        m.d.comb += [
            partial.eq(Array(sums)[self.beat]),
            accumulator.eq(Array(accumulators)[element]),
            Assert(~mine | self.walk.flushing | (accumulator == partial), "partial sums"),
            Assert(~self.walk.under_way | (self.vectors.stored != 0), "a begun vector stays"),
        ]

    def _assert_drain(self, m: Module) -> None:
        f = self.folding
        draining, fold = self.drain["draining"], self.drain["neuron_fold"]
        before = Mux(self.fold == 0, f.neuron_folds - 1, self.fold - 1)
        beat = self.parts.drain.beat
        m.d.comb += [
            Assert(fold == Mux(draining, before, self.fold), "the fold that drains"),
            Assert(~draining | (beat < f.drain_beats)),
            Assert(self.parts.drain.own == (beat < f.group_beats), "the first group's own beats"),
            Assert(~draining | (self.beat <= beat), "a fold has drained when the next one ends"),
        ]

    def _assert_way(self, m: Module, vector: Value, results: Value, address: Value) -> None:
        """What is on its way from the drain to the queue, and the places that it will take."""
        f, queue = self.folding, self.queue
        words = [
            done // f.pe * f.drain_beats + done % f.pe // f.result_lanes
            for done in range(f.outputs)
        ]
        vectors = Signal(len(self.vector), name="vectors_under_way")
        lanes = queue.lanes
        issued = vectors * (queue.words * lanes) + self.walk.neuron_fold * f.pe
        kept = (queue.stored + self.parts.controller.word_taken) * lanes
        m.d.comb += [
            vectors.eq(self.vectors.released - queue.written),
            Assert(queue.written == vector, "vectors on their way"),
            Assert(queue.count == results, "results on their way"),
            Assert(Array(words)[queue.count] == address, "constants on their way"),
            Assert(
                self.walk.places + queue.whole * lanes == issued + kept,
                "places are those under way, those stored and those that come back",
            ),
        ]

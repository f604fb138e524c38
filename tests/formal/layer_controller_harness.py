"""Every vector walked once for every neuron fold, and no result without a place."""

from __future__ import annotations

from typing import Any

from amaranth import Module, Mux, ResetSignal, Signal
from amaranth.asserts import AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable

from fcgen.hardware.layer.layer_controller import LayerController
from formal.inside import Bench, Inside


class LayerControllerGhost:
    """The contract of a controller, beside a count of its own.

    Attributes
    ----------
    synapse_fold, neuron_fold : Signal
        Next place of the walk.
    places : Signal
        Places of the result queue that issued folds have taken and no word has given back.
    """

    def __init__(
        self, m: Module, dut: LayerController, inside: Inside, *, invariants: bool
    ) -> None:
        self.dut = dut
        self._walk(m)
        self._count_places(m)
        self.age = Signal(range(dut.flush + 1), name="age")
        self.flushing = self.age != dut.flush
        m.d.sync += self.age.eq(Mux(self.flushing, self.age + 1, self.age))
        with m.If(~Initial()):
            self._assert_contract(m)
            if invariants:
                self._assert_invariants(m, inside)

    def _walk(self, m: Module) -> None:
        """Two nested loops, one step with every issue."""
        dut = self.dut
        self.synapse_fold = Signal(range(max(dut.synapse_folds, 2)), name="walk_synapse")
        self.neuron_fold = Signal(range(max(dut.neuron_folds, 2)), name="walk_neuron")
        self.under_way = (self.synapse_fold != 0) | (self.neuron_fold != 0)
        self.fold_ends = dut.issue & (self.synapse_fold == dut.synapse_folds - 1)
        self.vector_ends = self.fold_ends & (self.neuron_fold == dut.neuron_folds - 1)
        with m.If(dut.issue):
            m.d.sync += self.synapse_fold.eq(self.synapse_fold + 1)
        with m.If(self.fold_ends):
            m.d.sync += [self.synapse_fold.eq(0), self.neuron_fold.eq(self.neuron_fold + 1)]
        with m.If(self.vector_ends):
            m.d.sync += self.neuron_fold.eq(0)

    def _count_places(self, m: Module) -> None:
        dut = self.dut
        self.places = Signal(range(dut.capacity + dut.reserve + 1), name="places")
        cost = Mux(self.vector_ends, dut.last_fold_credits, dut.fold_credits)
        self.taken = Mux(self.fold_ends, cost, 0)
        given = Mux(dut.word_taken, dut.word_credits, 0)
        self.known = Signal.like(self.places, name="known_places")
        m.d.sync += [self.places.eq(self.places + self.taken - given), self.known.eq(self.places)]

    def _assert_contract(self, m: Module) -> None:
        dut = self.dut
        address = self.neuron_fold * dut.synapse_folds + self.synapse_fold
        may_wait = self.synapse_fold == dut.synapse_folds - 1
        room = self.known + dut.reserve <= dut.capacity
        m.d.comb += [
            Assert(
                dut.issue == (dut.available & ~self.flushing & (~may_wait | room)),
                "a beat is issued unless its fold would end without room",
            ),
            Assert(~dut.issue | (dut.synapse_fold == self.synapse_fold), "beats come in order"),
            Assert(~dut.issue | (dut.address == address), "each beat meets its weights"),
            Assert(dut.fold_end == self.fold_ends, "a fold ends with its last beat"),
            Assert(dut.vector_end == self.vector_ends, "a vector ends after all its folds"),
            Assert(self.places + self.taken <= dut.capacity, "every result has a place"),
            Assert(dut.flushing == self.flushing, "the flush takes its time and ends"),
        ]

    def _assert_invariants(self, m: Module, inside: Inside) -> None:
        dut = self.dut
        flush_ends = self.age == dut.flush - 1
        granted = Mux(self.flushing, 0, dut.capacity)
        soon = Mux(self.flushing & ~flush_ends, 0, dut.capacity)
        change = inside["change"]
        after = inside["spare"] + change
        m.d.comb += [
            Assert(inside["flush_ends"] == flush_ends, "a step ahead"),
            Assert(~self.flushing | ((self.places == 0) & (self.known == 0))),
            Assert(~self.flushing | ~self.under_way),
            Assert(dut.synapse_fold == self.synapse_fold),
            Assert(inside["neuron_fold"] == self.neuron_fold),
            Assert(self.synapse_fold < dut.synapse_folds),
            Assert(self.neuron_fold < dut.neuron_folds),
            Assert(dut.address == self.neuron_fold * dut.synapse_folds + self.synapse_fold),
            Assert(inside["spare"] + self.known == granted - dut.reserve, "credits are conserved"),
            Assert((after + self.places - (soon - dut.reserve))[: len(inside["spare"])] == 0),
            Assert(self.places <= dut.capacity),
            Assert(self.flushing | (change >= 0) | (self.synapse_fold == 0)),
            Assert(self.flushing | (change >= -max(dut.fold_credits, dut.last_fold_credits))),
            Assert(~self.flushing | (inside["count"] == self.age)),
        ]
        if dut.synapse_folds > 1:
            last = self.flushing | (self.synapse_fold == dut.synapse_folds - 1)
            m.d.comb += Assert(inside["last_synapse_fold"] == last, "a step ahead")
        if dut.neuron_folds > 1:
            last = self.neuron_fold == dut.neuron_folds - 1
            m.d.comb += Assert(inside["last_neuron_fold"] == last, "a step ahead")


class LayerControllerHarness(Elaboratable):
    """A controller beside a queue that gives back only what was taken, whenever it likes."""

    def __init__(
        self,
        *,
        dut: type[LayerController] = LayerController,
        invariants: bool = True,
        **parameters: Any,
    ) -> None:
        self.dut = dut(**parameters)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        ghost = LayerControllerGhost(m, dut, platform.open(dut), invariants=self.invariants)
        m.d.comb += [
            dut.available.eq(AnySeq(1)),
            dut.word_taken.eq(AnySeq(1)),
            Assume(~dut.word_taken | (ghost.places >= dut.word_credits)),
        ]
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        waited = Signal()
        with m.If(dut.available & ~dut.issue & ~ghost.flushing):
            m.d.sync += waited.eq(1)
        m.d.comb += Cover(~Initial() & waited & dut.vector_end, "a vector ends after a wait")
        return m

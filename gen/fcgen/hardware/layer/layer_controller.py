"""Sequencer of a folded layer: counters and credits."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.numerics.fixed import signed_width


def reserve(synapse_folds: int, fold_credits: int, last_fold_credits: int) -> int:
    """Return the places that must be free when a fold ends, as the count is a cycle late."""
    largest = max(fold_credits, last_fold_credits)
    return 2 * largest if synapse_folds == 1 else largest


class LayerController(wiring.Component):
    """Walks every synapse fold of every neuron fold, as long as results have a place to go.

    A beat is issued in every cycle in which a vector is available; only the last beat of a neuron
    fold may wait, until the result queue has room for the whole fold. The multipliers behind
    therefore never stall: what has been issued always arrives. Room is counted in credits, one a
    result: a fold takes P (the last one of a vector also the places that padding fills), every
    word that leaves the queue gives its places back. The count follows a cycle later, so that no
    path leads from the queue through the counter to the multipliers; folds of a single beat,
    which can end in the very next cycle, therefore need room for two.

    After a reset the controller issues nothing for ``flush`` cycles and asserts ``flushing``,
    which clears all accumulators as it travels behind the data that was on its way. Meanwhile it
    stands at the last beat of a fold and has no credits, which is what keeps it from issuing.

    Latency: none, the outputs belong to the current cycle. Initiation interval: SF·NF cycles a
    vector. Handshake: ``available``/``vector_end`` with the vector memory, credits with the queue.

    Parameters
    ----------
    synapse_folds, neuron_folds : int, positive
        SF and NF.
    fold_credits, last_fold_credits : int, positive
        Places that a fold, and the last fold of a vector, takes in the result queue.
    word_credits : int, positive
        Places that ``word_taken`` gives back.
    capacity : int
        Places of the queue, at least `reserve`.
    flush : int, at least 2
        Cycles of the flush: from the activations' gate to the accumulator.

    Ports
    -----
    available, vector_end : In, Out(1)
        A vector is there; its last beat is read now.
    synapse_fold : Out(range(SF))
        Beat of the vector to read.
    address : Out(range(SF * NF))
        Word of the weight banks, neuron fold · SF + synapse fold.
    issue : Out(1)
        The addresses are in use in this cycle.
    fold_end : Out(1)
        The beat issued is the last one of its neuron fold.
    word_taken : In(1)
        A word has left the result queue.
    flushing : Out(1)
        The accumulators are being cleared.
    """

    def __init__(
        self,
        *,
        synapse_folds: int,
        neuron_folds: int,
        fold_credits: int,
        last_fold_credits: int,
        word_credits: int,
        capacity: int,
        flush: int,
    ) -> None:
        self.reserve = reserve(synapse_folds, fold_credits, last_fold_credits)
        if capacity < self.reserve:
            raise ValueError("the queue must hold the results of a fold, or of two of one beat")
        if flush < 2:
            raise ValueError("a flush takes at least two cycles")
        self.synapse_folds = synapse_folds
        self.neuron_folds = neuron_folds
        self.fold_credits = fold_credits
        self.last_fold_credits = last_fold_credits
        self.word_credits = word_credits
        self.capacity = capacity
        self.flush = flush
        super().__init__(
            {
                "available": In(1),
                "vector_end": Out(1),
                "synapse_fold": Out(range(max(synapse_folds, 2))),
                "address": Out(range(max(synapse_folds * neuron_folds, 2))),
                "issue": Out(1),
                "fold_end": Out(1),
                "word_taken": In(1),
                "flushing": Out(1, init=1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two controllers the same module."""
        return {
            "synapse_folds": self.synapse_folds,
            "neuron_folds": self.neuron_folds,
            "fold_credits": self.fold_credits,
            "last_fold_credits": self.last_fold_credits,
            "word_credits": self.word_credits,
            "capacity": self.capacity,
            "flush": self.flush,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        neuron_fold = Signal(range(self.neuron_folds))
        # Both are known a step ahead, which keeps the comparisons out of the way to `issue`.
        last_synapse_fold = Signal(init=1)
        last_neuron_fold = Signal(init=self.neuron_folds == 1)
        room_for_fold = Signal()
        flush_ends, flush_follows = self._flush(m)
        m.d.comb += [
            self.issue.eq(self.available & (~last_synapse_fold | room_for_fold)),
            self.fold_end.eq(self.issue & last_synapse_fold),
            self.vector_end.eq(self.fold_end & last_neuron_fold),
        ]
        with m.If(self.issue):
            m.d.sync += [
                self.synapse_fold.eq(Mux(last_synapse_fold, 0, self.synapse_fold + 1)),
                self.address.eq(Mux(self.vector_end, 0, self.address + 1)),
            ]
        if self.synapse_folds > 1:
            with m.If(self.issue | flush_ends):
                follows = self.synapse_fold == self.synapse_folds - 2
                m.d.sync += last_synapse_fold.eq(~flush_ends & follows)
        with m.If(self.fold_end):
            m.d.sync += neuron_fold.eq(Mux(last_neuron_fold, 0, neuron_fold + 1))
            if self.neuron_folds > 1:
                m.d.sync += last_neuron_fold.eq(neuron_fold == self.neuron_folds - 2)
        self._count_credits(m, room_for_fold, flush_follows)
        return m

    def _count_credits(self, m: Module, room_for_fold: Signal, flush_follows: Signal) -> None:
        """Keep the room beyond the reserve, so that its sign alone decides.

        The change of a cycle is added in the next one. At the end of the flush the whole capacity
        is granted, modulo the range of ``spare``, to which the sum comes back.
        """
        most = max(self.capacity - self.reserve, self.reserve)
        spare = Signal(signed(signed_width(most)), init=-self.reserve)
        change = Signal.like(spare, init=0)
        m.d.comb += room_for_fold.eq(spare >= 0)
        m.d.sync += spare.eq(spare + change)
        with m.Switch(Cat(self.word_taken, self.fold_end, self.vector_end, flush_follows)):
            for case, taken in ((0b0000, 0), (0b0010, self.fold_credits)):
                with m.Case(case):
                    m.d.sync += change.eq(-taken)
                with m.Case(case | 1):
                    m.d.sync += change.eq(self.word_credits - taken)
            with m.Case("01-0"):
                m.d.sync += change.eq(-self.last_fold_credits)
            with m.Case("01-1"):
                m.d.sync += change.eq(self.word_credits - self.last_fold_credits)
            with m.Default():
                m.d.sync += change.eq(self.capacity)

    def _flush(self, m: Module) -> tuple[Signal, Signal]:
        """Count the cycles of the flush; return what marks the last one, and the one before."""
        count = Signal(range(self.flush))
        flush_ends = Signal()
        flush_follows = Signal()
        m.d.comb += flush_follows.eq(self.flushing & (count == self.flush - 2))
        m.d.sync += flush_ends.eq(flush_follows)
        with m.If(self.flushing):
            m.d.sync += count.eq(count + 1)
        with m.If(flush_ends):
            m.d.sync += self.flushing.eq(0)
        return flush_ends, flush_follows

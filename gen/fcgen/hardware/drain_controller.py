"""Sequencer of the results: which beat of which neuron fold leaves the elements now."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border

VALID, FOLD_END, VECTOR_END = range(3)
TAG_WIDTH = 3


class DrainController(wiring.Component):
    """Counts the beats in which a finished neuron fold leaves the elements.

    ``fold_end`` loads the results of all elements of the first group; from the next cycle on, beat
    0, 1, … ``drain_beats - 1`` of them pass, one a cycle, each with a tag: bit 0 valid, bit 1 last
    beat of its fold, bit 2 last beat of its vector (then bit 1 does not count). In the last fold
    of a vector, beats behind the last neuron are not valid.

    Latency: 1 cycle from ``fold_end`` to beat 0. Initiation interval: ``drain_beats`` cycles, which
    is never more than SF, the distance of two fold ends. Reset: forgets the fold under way.

    Parameters
    ----------
    drain_beats : int, positive
        Beats of a full fold.
    last_fold_beats : int, 1 to drain_beats
        Beats with results in the last fold of a vector.
    neuron_folds : int, positive
        Folds of a vector.
    beat_width : int
        Bits of ``beat``.
    group_beats : int, positive
        Beats of the first group.

    Ports
    -----
    fold_end : In(1)
        A fold's results stand in the elements of the first group from the next cycle on.
    beat : Out(beat_width)
        Beat that shall pass.
    own : Out(1)
        It is one of the first group's: below ``group_beats``.
    tag : Out(3)
        What the beat is.
    """

    def __init__(
        self,
        *,
        drain_beats: int,
        last_fold_beats: int,
        neuron_folds: int,
        beat_width: int,
        group_beats: int,
    ) -> None:
        if not 1 <= last_fold_beats <= drain_beats <= 1 << beat_width:
            raise ValueError("1 <= last_fold_beats <= drain_beats <= 2**beat_width does not hold")
        if group_beats < 1:
            raise ValueError("group_beats must be positive")
        self.drain_beats = drain_beats
        self.last_fold_beats = last_fold_beats
        self.neuron_folds = neuron_folds
        self.beat_width = beat_width
        self.group_beats = group_beats
        super().__init__(
            {
                "fold_end": In(1),
                "beat": Out(beat_width),
                "own": Out(1, init=1),
                "tag": Out(TAG_WIDTH),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two controllers the same module."""
        return {
            "drain_beats": self.drain_beats,
            "last_fold_beats": self.last_fold_beats,
            "neuron_folds": self.neuron_folds,
            "beat_width": self.beat_width,
            "group_beats": self.group_beats,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        draining = Signal()
        neuron_fold = Signal(range(self.neuron_folds))
        last_fold = Signal()
        last_beat = Signal()
        m.d.comb += [
            last_fold.eq(neuron_fold == self.neuron_folds - 1),
            last_beat.eq(self.beat == self.drain_beats - 1),
        ]

        with m.If(self.fold_end):
            m.d.sync += [draining.eq(1), self.beat.eq(0), self.own.eq(1)]
        with m.Elif(last_beat):
            m.d.sync += draining.eq(0)
        with m.Else():
            m.d.sync += self.beat.eq(self.beat + 1)
            with m.If(self.beat == self.group_beats - 1):
                m.d.sync += self.own.eq(0)
        with m.If(draining & last_beat):
            m.d.sync += neuron_fold.eq(Mux(last_fold, 0, neuron_fold + 1))

        m.d.comb += [
            self.tag[VALID].eq(draining & (~last_fold | (self.beat < self.last_fold_beats))),
            self.tag[FOLD_END].eq(last_beat),
            self.tag[VECTOR_END].eq(last_fold & (self.beat == self.last_fold_beats - 1)),
        ]
        return m

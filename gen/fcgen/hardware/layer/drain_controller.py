"""Sequencer of the results: the beat of a neuron fold that leaves the elements."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border

VALID, FOLD_END, VECTOR_END = range(3)
TAG_WIDTH = 3


def place_bits(group_beats: int) -> int:
    """Return the low bits of a beat number, which count the beats of a group."""
    return (group_beats - 1).bit_length()


def beat_code(beat: int, group_beats: int) -> int:
    """Return the number of a beat of a fold: the row of its group above its place in the group."""
    row, place = divmod(beat, group_beats)
    return row << place_bits(group_beats) | place


class DrainController(wiring.Component):
    """Counts the beats in which a finished neuron fold leaves the elements.

    ``fold_end`` loads the results of all elements of the first group; from the next cycle on, beat
    0, 1, … ``drain_beats - 1`` of them pass, one a cycle. The number of a beat is the row of its
    group, and below that its place in the group. Each comes with a tag: bit 0 valid, bit 1 last
    beat of its fold, bit 2 last beat of its vector (then bit 1 does not count). In the last fold of
    a vector, beats behind the last neuron are not valid.

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
        Beats of a full group.

    Ports
    -----
    fold_end : In(1)
        A fold's results stand in the elements of the first group from the next cycle on.
    beat : Out(beat_width)
        Beat that shall pass.
    own : Out(1)
        It is one of the first group's: its row is 0.
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
        if not 1 <= last_fold_beats <= drain_beats or group_beats < 1:
            raise ValueError("1 <= last_fold_beats <= drain_beats, 1 <= group_beats does not hold")
        if beat_code(drain_beats - 1, group_beats) >= 1 << beat_width:
            raise ValueError(f"{beat_width} bits are too few for the beats")
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
        place = place_bits(self.group_beats)
        step = (1 << place) - self.group_beats + 1  # skips places beyond a group's last beat
        leaves_row = self.beat[:place] == self.group_beats - 1
        m.d.comb += [
            last_fold.eq(neuron_fold == self.neuron_folds - 1),
            last_beat.eq(self.beat == self._code(self.drain_beats - 1)),
        ]

        with m.If(self.fold_end):
            m.d.sync += [draining.eq(1), self.beat.eq(0), self.own.eq(1)]
        with m.Elif(last_beat):
            m.d.sync += draining.eq(0)
        with m.Else():
            m.d.sync += self.beat.eq(self.beat + Mux(leaves_row, step, 1))
            with m.If(leaves_row):
                m.d.sync += self.own.eq(0)
        with m.If(draining & last_beat):
            m.d.sync += neuron_fold.eq(Mux(last_fold, 0, neuron_fold + 1))

        within = self.beat < self._code(self.last_fold_beats)
        ends = self.beat == self._code(self.last_fold_beats - 1)
        m.d.comb += [
            self.tag[VALID].eq(draining & (~last_fold | within)),
            self.tag[FOLD_END].eq(last_beat),
            self.tag[VECTOR_END].eq(last_fold & ends),
        ]
        return m

    def _code(self, beat: int) -> int:
        return beat_code(beat, self.group_beats)

"""Cycles and credits of a layer, as formulas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fcgen.hardware.convolution.ring import last_columns, last_rows
from fcgen.hardware.convolution.window_memory import availability_delay
from fcgen.hardware.elements.processing_element import element_delay, result_delay
from fcgen.hardware.layer.layer_controller import reserve
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.requantization.requantizer_column import column_latency
from fcgen.hardware.requantization.result_plan import result_plan
from fcgen.hardware.requantization.result_queue import ResultQueue, queue_latency
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.window import Window
from fcgen.schedule.folding import Folding, ceil_div
from fcgen.schedule.mapping import GENERIC, Mapping

Times = npt.NDArray[np.int64]
ADDRESS_DELAY = 1
"""Cycles from an issued address to the first weight bank."""
QUEUE_LATENCY = 3
"""Most cycles from the beat that completes a word of the queue to that word at the output."""
CREDIT_DELAY = 3
"""Cycles from a word that leaves the queue until its places count: on the way, summed, added."""


@dataclass(frozen=True)
class LayerTiming:
    """When things happen in a layer that nobody stalls, and the room that this takes.

    Attributes
    ----------
    folding : Folding
    element_delay : int
        Cycles from activations at an element to their sum at its accumulator.
    result_delay : int
        Cycles from a fold's last sum at an accumulator to its result.
    choice_delay : int
        Cycles by which a result follows its beat number to the bus.
    column_latency : int
        Cycles of a requantizer column.
    weight_latency : int
        Cycles of the weight memories.
    lut_memories : bool
        The result queue stands in look-up tables.
    table_latency : int
        Cycles of the table behind the queue, 0 without one.
    window : Window, optional
        Of a convolution.
    """

    folding: Folding
    element_delay: int
    result_delay: int
    choice_delay: int
    column_latency: int
    weight_latency: int
    lut_memories: bool
    table_latency: int = 0
    window: Window | None = None

    @classmethod
    def of(cls, dense: DenseLayer, folding: Folding, mapping: Mapping = GENERIC) -> LayerTiming:
        """Return the timing of a layer without building its hardware."""
        plan = result_plan(dense, mapping.requantizer)
        return cls(
            folding=folding,
            element_delay=element_delay(folding.simd, mapping.unit),
            result_delay=result_delay(mapping.accumulator),
            choice_delay=int(mapping.registered_choice),
            column_latency=column_latency(plan, mapping.weight_latency),
            weight_latency=mapping.weight_latency,
            lut_memories=mapping.lut_memories,
            table_latency=TablePlan.of(dense.table, mapping).latency if dense.table else 0,
            window=dense.window,
        )

    @property
    def gate_delay(self) -> int:
        """Cycles from an issued address to the activations at the first group: as the weights."""
        return ADDRESS_DELAY + self.weight_latency

    @property
    def fold_end_delay(self) -> int:
        """Cycles from issuing the last beat of a fold to its sum at the first accumulators."""
        return self.gate_delay + self.element_delay

    @property
    def drain_delay(self) -> int:
        """Cycles from issuing the last beat of a fold to the cycle before its beat 0."""
        return self.fold_end_delay + self.result_delay - 1

    @property
    def flush(self) -> int:
        """Cycles of the flush after a reset.

        Stale activations pass the first group's accumulators within ``element_delay + 1`` cycles,
        and so do, later by the weights' latency, products with weights of an address from before
        the reset, which a four-state simulator does not know. What was further down the chain is
        followed by the flush at the same distance.
        """
        return self.element_delay + self.weight_latency + 2

    def column_exit(self, column: int) -> int:
        """Return cycles from the first group of column 0 to the end of ``column``."""
        return column + self.folding.column_rows(column)

    def column_wait(self, column: int) -> int:
        """Return cycles by which ``column`` ends after the one before: 0 or 1, 0 for the first."""
        return self.column_exit(column) - self.column_exit(column - 1) if column else 0

    @property
    def last_exit(self) -> int:
        """Cycles until the last column's end: no column ends later."""
        return self.column_exit(self.folding.columns - 1)

    @property
    def issue_to_queue(self) -> int:
        """Cycles from issuing the last beat of a fold to its beat 0 at the queue."""
        passed = self.choice_delay + self.last_exit + self.column_latency
        return self.drain_delay + 1 + passed

    @property
    def drained_after(self) -> int:
        """Cycles from issuing the last beat of a fold until all its results are in the queue."""
        return self.issue_to_queue + self.folding.drain_beats

    @property
    def word_lanes(self) -> int:
        """K: lanes of a word of the result queue."""
        return ResultQueue.word_lanes_for(self.folding.result_lanes, self.folding.output_lanes)

    @property
    def last_fold_credits(self) -> int:
        """Places that the last fold of a vector takes, those that fill its word included."""
        folding = self.folding
        padded = ceil_div(folding.outputs, self.word_lanes) * self.word_lanes
        return padded - (folding.neuron_folds - 1) * folding.pe

    @property
    def queue_words(self) -> int:
        """Words of the result queue, so that credits never cost a cycle.

        Results come back as room one round trip after their fold was issued. Where a fold leaves
        the queue as fast as it came, it must hold the folds under way. Where the output is slower
        than a fold (P > SF·L), it must also hold what gathers until a short last fold lets the
        output catch up: never more than two folds' time of output.
        """
        folding = self.folding
        largest = max(folding.pe, self.last_fold_credits)
        kept = reserve(folding.synapse_folds, folding.pe, self.last_fold_credits)
        round_trip = (
            self.drained_after
            + QUEUE_LATENCY
            + CREDIT_DELAY
            + ceil_div(self.word_lanes, folding.output_lanes)
        )
        places = kept + folding.output_lanes * (round_trip + 2 * folding.synapse_folds)
        if folding.pe <= folding.synapse_folds * folding.output_lanes:
            under_way = ceil_div(round_trip, folding.synapse_folds)
            places = min(places, under_way * largest + kept)
        return ceil_div(places, self.word_lanes) + 1

    @property
    def queue_latency(self) -> int:
        """Cycles from the beat that completes a word of the queue to that word at the output."""
        return queue_latency(self.queue_words, distributed=self.lut_memories)

    @cached_property
    def _word_times(self) -> tuple[int, ...]:
        """Cycle, from the first one of a vector on, at which each queue word could leave."""
        folding = self.folding
        times = []
        for end in range(self.word_lanes, folding.outputs + self.word_lanes, self.word_lanes):
            fold, element = divmod(min(end, folding.outputs) - 1, folding.pe)
            issued = (fold + 1) * folding.synapse_folds - 1
            beat = element // folding.result_lanes
            times.append(issued + self.issue_to_queue + beat + self.queue_latency)
        return tuple(times)

    @cached_property
    def _alone(self) -> Times:
        """When the output beats leave if the input beats come one a cycle, from cycle 0 on."""
        return self.leaves(np.arange(self.folding.frame_beats, dtype=np.int64))

    def leaves(self, comes: Times) -> Times:
        """Return when the output beats of a frame leave.

        Parameters
        ----------
        comes : ndarray of int64, shape (frame_beats,)
            Cycles in which its input beats are accepted.

        Returns
        -------
        ndarray of int64, shape (positions * output_beats,)
            Cycles in which they are accepted, at the earliest.
        """
        starts = self._starts(comes)
        beats = self.folding.output_beats
        words = np.arange(beats) // (self.word_lanes // self.folding.output_lanes)
        times = starts[:, None] + np.array(self._word_times)[words]
        place = np.arange(times.size)
        # A beat a cycle, at the most.
        found: Times = np.maximum.accumulate(times.reshape(-1) - place) + place
        return found + self.table_latency

    def _starts(self, comes: Times) -> Times:
        """Return the first cycle of every vector, or of every window: the beat before is there."""
        if self.window is None:
            return comes[-1:] + 1
        window, folding = self.window, self.folding
        pixels = last_rows(window)[:, None] * window.width + last_columns(window) + 1
        there = comes[pixels.reshape(-1) * folding.pixel_beats - 1]
        there = there + availability_delay(folding.synapse_folds)
        busy = np.arange(folding.positions) * folding.cycles
        starts: Times = np.maximum.accumulate(there - busy) + busy
        return starts

    @property
    def latency_first(self) -> int:
        """Cycles from the first input beat accepted to the first output beat accepted."""
        if self.window is not None:
            return int(self._alone[0])
        return self.folding.synapse_folds + self._word_times[0] + self.table_latency

    @property
    def latency(self) -> int:
        """Cycles from the first input beat accepted to the last output beat accepted.

        The last beat leaves as many cycles after a word as there are beats from that word on, at
        the earliest: the maximum over the words.
        """
        if self.window is not None:
            return int(self._alone[-1])
        beats_a_word = self.word_lanes // self.folding.output_lanes
        beats = self.folding.output_beats
        queue = max(
            time + beats - 1 - word * beats_a_word for word, time in enumerate(self._word_times)
        )
        return self.folding.synapse_folds + queue + self.table_latency

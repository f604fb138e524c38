"""Construction of a layer's components from its folding, formats and mapping."""

from __future__ import annotations

from amaranth.utils import ceil_log2

from fcgen.hardware.convolution.frame_marker import FrameMarker
from fcgen.hardware.convolution.ring import ring_rows
from fcgen.hardware.convolution.window_memory import WindowMemory
from fcgen.hardware.elements.element_group import ElementGroup
from fcgen.hardware.layer.drain_controller import DrainController, beat_code
from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.memories.vector_memory import VectorMemory
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.hardware.requantization.requantizer_column import RequantizerColumn, result_plan
from fcgen.hardware.requantization.result_queue import ResultQueue
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.window import Window
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC, Mapping


class LayerParts:
    """Makes the components of a layer.

    Parameters
    ----------
    dense : DenseLayer
    folding : Folding
    mapping : Mapping
    place : ChainPlace, optional
        Of a layer of a network with run-time weights.

    Attributes
    ----------
    plan : ResultPlan
        Constants and widths of the requantizers or the threshold units.
    timing : LayerTiming
        Cycles and credits.
    """

    def __init__(
        self,
        dense: DenseLayer,
        folding: Folding,
        mapping: Mapping = GENERIC,
        place: ChainPlace | None = None,
    ) -> None:
        self.dense = dense
        # Later layers of a network need no gate: only vectors that have begun reach them.
        self.holdable = dense.runtime_weights and (place is None or place.first)
        self.folding = folding
        self.mapping = mapping
        self.plan = result_plan(dense, mapping.requantizer)
        self.timing = LayerTiming.of(dense, folding, mapping)

    def vector_memory(self) -> VectorMemory | WindowMemory:
        """Return the double buffer of input vectors, or the ring of rows of a convolution."""
        block_ram = self.mapping.vector_cut(*input_store(self.dense, self.folding)) is not None
        form, window = self.dense.activation_format, self.dense.window
        if window is None:
            return VectorMemory(
                beats=self.folding.synapse_folds,
                width=self.folding.simd * form.bits,
                holdable=self.holdable,
                block_ram=block_ram,
            )
        return WindowMemory(
            window,
            lanes=self.folding.input_lanes,
            bits=form.bits,
            zero_point=self.dense.input_zero_point,
            rows=rows_of(window, self.folding),
            depthwise=self.folding.depthwise,
            block_ram=block_ram,
        )

    def frame_marker(self) -> FrameMarker | None:
        """Return the marker of frames of several windows; None where a vector is a frame."""
        return FrameMarker(self.folding.positions) if self.folding.positions > 1 else None

    def controller(self) -> LayerController:
        """Return the sequencer of the folds."""
        return LayerController(
            synapse_folds=self.folding.synapse_folds,
            neuron_folds=self.folding.neuron_folds,
            fold_credits=self.folding.pe,
            last_fold_credits=self.timing.last_fold_credits,
            word_credits=self.timing.word_lanes,
            capacity=self.timing.queue_words * self.timing.word_lanes,
            flush=self.timing.flush,
        )

    def drain_controller(self) -> DrainController:
        """Return the sequencer of the results."""
        return DrainController(
            drain_beats=self.folding.drain_beats,
            last_fold_beats=self.folding.last_fold_beats,
            neuron_folds=self.folding.neuron_folds,
            beat_width=self.beat_width,
            group_beats=self.folding.group_beats,
        )

    @property
    def beat_width(self) -> int:
        """Bits of a beat number, whose row is counted down from group to group of a column."""
        folding = self.folding
        last = beat_code(folding.rows * folding.group_beats - 1, folding.group_beats)
        return max(last.bit_length(), 1)

    def group(self, members: tuple[int, ...]) -> ElementGroup:
        """Return the group of these elements."""
        first_soft = self.folding.pe - self.mapping.soft_elements
        return ElementGroup(
            elements=len(members),
            unit=self.mapping.unit,
            soft=self.mapping.soft,
            accumulator=self.mapping.accumulator,
            registered_choice=self.mapping.registered_choice,
            soft_elements=sum(member >= first_soft for member in members),
            lanes=self.folding.column_lanes,
            beats=self.folding.group_beats,
            simd=self.folding.simd,
            activation=self.dense.activation_format,
            weight=self.dense.weight_format,
            own_activations=self.folding.depthwise,
            maximum=self.dense.maximum,
            accumulator_width=self.plan.accumulator_width,
            address_width=max((self.folding.weight_words - 1).bit_length(), 1),
            beat_width=self.beat_width,
        )

    def column(self) -> RequantizerColumn:
        """Return the requantizers of a column."""
        return RequantizerColumn(
            self.plan,
            lanes=self.folding.column_lanes,
            words=self.folding.parameter_words,
            memory_latency=self.mapping.weight_latency,
        )

    def queue(self) -> ResultQueue:
        """Return the result queue."""
        return ResultQueue(
            result_lanes=self.folding.result_lanes,
            output_lanes=self.folding.output_lanes,
            outputs=self.folding.outputs,
            pe=self.folding.pe,
            width=self.plan.output_bits,
            words=self.timing.queue_words,
            distributed=self.mapping.lut_memories,
        )

    def table(self, image_prefix: str = "") -> UnaryTable | None:
        """Return the table behind the queue; None where there is none."""
        if self.dense.table is None:
            return None
        plan = TablePlan.of(self.dense.table, self.mapping, image_prefix)
        return UnaryTable(plan, outputs=self.folding.outputs, lanes=self.folding.output_lanes)


def rows_of(window: Window, folding: Folding) -> int:
    """Return the rows of the ring of a convolution."""
    return ring_rows(window, folding.pixel_beats, folding.cycles)


def input_store(dense: DenseLayer, folding: Folding) -> tuple[int, int]:
    """Return the words, and the bits of a word, of the memory of a layer's inputs."""
    width = folding.input_lanes * dense.activation_format.bits
    window = dense.window
    if window is None:
        return 2 << ceil_log2(folding.synapse_folds), width
    return rows_of(window, folding) * window.width * folding.pixel_beats, width

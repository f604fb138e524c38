"""Folding: how a layer's multiplications are distributed over elements, lanes and cycles.

The geometry of the hardware follows from five numbers (inputs, outputs, PE, SIMD, output lanes) and
the width of a weight. Everything here is a formula. The hardware components read it, and the tests
compare it with simulated cycles.

Elements stand in *columns* of chained *groups*. A neuron fold leaves its elements in
``drain_beats`` beats of ``result_lanes`` results; column ``b`` carries lanes
``b * column_lanes .. (b + 1) * column_lanes - 1`` of each beat, and its groups hold
``group_beats`` beats each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fcgen.errors import InputError, bad_input
from fcgen.network.dense_layer import DenseLayer

MAX_SIZE = 65_535
GROUP_ELEMENTS = 4
BLOCK_RAM_WIDTH = 36


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the quotient rounded up, for a non-negative dividend and a positive divisor."""
    return -(-dividend // divisor)


@dataclass(frozen=True)
class Group:
    """Elements that share a weight bank and one stop of the control chain.

    Attributes
    ----------
    column, row : int
        Place in the array; control reaches a group ``column + row`` cycles after the first one.
    elements : tuple of int
        Element numbers p, ascending: element i of the group gives lane ``i % column_lanes`` of
        beat ``row * group_beats + i // column_lanes``.
    """

    column: int
    row: int
    elements: tuple[int, ...]


@dataclass(frozen=True)
class Folding:
    """Folding of an N → M layer on P elements of S lanes, with L results an output beat.

    Parameters
    ----------
    inputs, outputs : int, 1 to 65,535
        N and M.
    pe : int, 1 to M
        Processing elements P: neurons that are computed at once.
    simd : int, 1 to N
        Lanes S: products that an element sums in a cycle.
    output_lanes : int, 1 to M
        Results in an output beat.
    weight_bits : int, 1 to 16
        Width of a weight; it decides how many elements share a bank.
    positions : int, positive
        How often the layer is applied to a frame: the windows of a convolution.
    channels, pixels : int
        Of the map of a convolution; 0 of a layer without windows.
    depthwise : bool
        Each element has an activation of its own: N are the taps, M the channels.

    Raises
    ------
    InputError
        When a number is outside its range.
    """

    inputs: int
    outputs: int
    pe: int = 1
    simd: int = 1
    output_lanes: int = 1
    weight_bits: int = 8
    positions: int = 1
    channels: int = 0
    pixels: int = 0
    depthwise: bool = False

    def __post_init__(self) -> None:
        for name, value, limit, what in (
            ("N", self.inputs, MAX_SIZE, f"must be 1 to {MAX_SIZE:,}"),
            ("M", self.outputs, MAX_SIZE, f"must be 1 to {MAX_SIZE:,}"),
            ("--pe", self.pe, self.outputs, f"must be 1 to M = {self.outputs:,}"),
            ("--simd", self.simd, self.inputs, f"must be 1 to N = {self.inputs:,}"),
            ("--output-lanes", self.output_lanes, self.outputs, f"must be 1 to M = {self.outputs}"),
            ("--weight-bits", self.weight_bits, 16, "must be 1 to 16"),
        ):
            if not 1 <= value <= limit:
                raise InputError(f"{name}: {value}: {what}; choose a value in this range")
        if self.channels:
            self._check_pixels()

    def _check_pixels(self) -> None:
        """Check that the pixels that come and leave are whole beats."""
        if self.depthwise and self.simd != 1:
            rule = "an element of a depthwise layer has one activation"
            raise bad_input("--simd", self.simd, rule, "use 1")
        option = "--pe" if self.depthwise else "--simd"
        for name, lanes, values in (
            (option, self.input_lanes, self.channels),
            ("--output-lanes", self.output_lanes, self.outputs),
        ):
            if values % lanes:
                rule = f"a pixel has {values} values, which are whole beats"
                raise bad_input(name, lanes, rule, "choose a divisor")

    @classmethod
    def of(cls, layer: DenseLayer, pe: int = 1, simd: int = 1, output_lanes: int = 1) -> Folding:
        """Return the folding of a layer on ``pe`` elements of ``simd`` lanes."""
        sizes = (layer.inputs, layer.outputs, pe, simd, output_lanes, layer.weight_format.bits)
        window = layer.window
        if window is None:
            return cls(*sizes)
        pixels = window.height * window.width
        return cls(*sizes, window.positions, window.channels, pixels, layer.depthwise)

    @property
    def input_lanes(self) -> int:
        """Activations in an input beat: S, of a depthwise layer one for each element."""
        return self.pe if self.depthwise else self.simd

    @property
    def synapse_folds(self) -> int:
        """Synapse folds SF: beats of an input vector, and cycles of a neuron fold."""
        return ceil_div(self.inputs, self.simd)

    @property
    def neuron_folds(self) -> int:
        """Neuron folds NF: passes of the elements over a vector."""
        return ceil_div(self.outputs, self.pe)

    @property
    def output_beats(self) -> int:
        """Beats of an output vector."""
        return ceil_div(self.outputs, self.output_lanes)

    @property
    def initiation_interval(self) -> int:
        """II: cycles from a vector to the next in steady state, when neither side stalls.

        Of a convolution from a frame to the next: so many for each window, or the beats of the map.
        """
        return max(self.positions * self.cycles, self.frame_beats)

    @property
    def frame_beats(self) -> int:
        """Beats that come in: SF, or those of the whole map."""
        if not self.channels:
            return self.synapse_folds
        return self.pixels * self.pixel_beats

    @property
    def pixel_beats(self) -> int:
        """Beats of a pixel of the map of a convolution."""
        return self.channels // self.input_lanes

    @property
    def cycles(self) -> int:
        """Cycles of one position: of a vector, or of a window."""
        return max(self.synapse_folds * self.neuron_folds, self.output_beats)

    @property
    def weight_words(self) -> int:
        """Words of each weight bank: one for each synapse fold of each neuron fold."""
        return self.synapse_folds * self.neuron_folds

    @cached_property
    def columns(self) -> int:
        """Columns of groups: one, unless a fold gives more results per cycle than fit a group."""
        return ceil_div(ceil_div(self.pe, self.synapse_folds), self._group_limit)

    @cached_property
    def column_lanes(self) -> int:
        """Results of each column in a beat."""
        return ceil_div(ceil_div(self.pe, self.synapse_folds), self.columns)

    @property
    def result_lanes(self) -> int:
        """Results per beat: at least ⌈P/SF⌉, so that a fold has drained when the next one ends."""
        return min(self.columns * self.column_lanes, self.pe)

    @property
    def group_beats(self) -> int:
        """Drain beats that one group fills."""
        return self._group_limit // self.column_lanes

    @property
    def drain_beats(self) -> int:
        """Beats in which the P results of a fold leave: never more than SF."""
        return ceil_div(self.pe, self.result_lanes)

    @property
    def rows(self) -> int:
        """Groups of the longest column."""
        return ceil_div(self.drain_beats, self.group_beats)

    @property
    def last_fold_outputs(self) -> int:
        """Neurons of the last neuron fold, 1 to P."""
        return self.outputs - (self.neuron_folds - 1) * self.pe

    @property
    def last_fold_beats(self) -> int:
        """Drain beats of the last neuron fold that contain results."""
        return ceil_div(self.last_fold_outputs, self.result_lanes)

    @property
    def parameter_words(self) -> int:
        """Words of each parameter memory: one for each beat of a vector's results."""
        return (self.neuron_folds - 1) * self.drain_beats + self.last_fold_beats

    @property
    def _group_limit(self) -> int:
        """Elements of a group: four, or up to eight whose weights fit one block RAM's width."""
        sharing = BLOCK_RAM_WIDTH // (self.simd * self.weight_bits)
        return max(GROUP_ELEMENTS, min(2 * GROUP_ELEMENTS, sharing))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All groups, column by column, each from the first row on."""
        return tuple(
            Group(column, row, elements)
            for column in range(self.columns)
            for row in range(self.rows)
            if (elements := tuple(self._group_elements(column, row)))
        )

    def _group_elements(self, column: int, row: int) -> Iterator[int]:
        for beat in range(row * self.group_beats, (row + 1) * self.group_beats):
            first = beat * self.result_lanes + column * self.column_lanes
            yield from range(first, min(first + self.column_lanes, self.pe))

    def column_rows(self, column: int) -> int:
        """Return the number of groups in ``column``."""
        return sum(group.column == column for group in self.groups)

    def neuron(self, word: int, lane: int) -> int | None:
        """Return the neuron whose parameters are in ``lane`` of parameter word ``word``.

        None where the beat of that word has no result in that lane.
        """
        fold, beat = divmod(word, self.drain_beats)
        element = beat * self.result_lanes + lane
        neuron = fold * self.pe + element
        return neuron if element < self.pe and neuron < self.outputs else None

"""Contents of a layer's memories: which weight or constant is stored at which address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.parameters.parameter_tap import HOST_BITS
from fcgen.hardware.requantization.requantizer_column import ResultPlan
from fcgen.hardware.requantization.threshold_unit import threshold_values
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding, Group
from fcgen.schedule.mapping import GENERIC, Mapping


@dataclass(frozen=True)
class WeightBank:
    """Memory with weights of one group of elements.

    Word ``neuron_fold * SF + synapse_fold`` holds ``count`` of the weights that the group uses in
    that cycle, from number ``first`` on; element 0, lane 0 is number 0.

    Attributes
    ----------
    name : str
        Name of the memory: its instance, and the stem of its image file.
    group : Group
    depth : int
        Words, SF·NF.
    first, count : int
        First weight of the group in the memory, and how many.
    bits : int
        Bits of a weight.
    """

    name: str
    group: Group
    depth: int
    first: int
    count: int
    bits: int

    @property
    def width(self) -> int:
        """Bits of a word."""
        return self.count * self.bits

    def contents(self, dense: DenseLayer, folding: Folding) -> MemoryImage:
        """Return the words of the memory."""
        return MemoryImage.pack((self.fields(dense, folding), self.bits))

    def fields(self, dense: DenseLayer, folding: Folding) -> np.ndarray:
        """Return the stored bits of the weights, integers of shape (depth, count); padding is 0."""
        lanes = np.arange(self.first, self.first + self.count)
        elements = np.array(self.group.elements)[lanes // folding.simd]
        neurons = np.arange(folding.neuron_folds)[:, None, None] * folding.pe + elements
        synapses = np.arange(folding.synapse_folds)[None, :, None] * folding.simd + (
            lanes % folding.simd
        )
        inside = (neurons < folding.outputs) & (synapses < folding.inputs)
        weight = dense.weight[
            np.minimum(neurons, folding.outputs - 1), np.minimum(synapses, folding.inputs - 1)
        ]
        stored = dense.weight_format.encode(weight)
        return np.where(inside, stored, 0).reshape(self.depth, self.count)

    def describe(self, folding: Folding) -> dict[str, object]:
        """Return the place of each weight, for the manifest's address map."""
        lanes = range(self.first, self.first + self.count)
        return {
            "name": self.name,
            "tensor": "weight",
            "words": self.depth,
            "word": "neuron_fold * synapse_folds + synapse_fold",
            "index": ["neuron_fold * pe + element", "synapse_fold * simd + lane"],
            "packed": [
                {
                    "bit": position * self.bits,
                    "bits": self.bits,
                    "element": self.group.elements[lane // folding.simd],
                    "lane": lane % folding.simd,
                }
                for position, lane in enumerate(lanes)
            ],
        }


@dataclass(frozen=True)
class ParameterBank:
    """Memory with the requantization constants of a column's lanes, or some bits of them.

    Word w belongs to beat w of a vector's results. The stored fields of the plan are concatenated
    in their order, lowest bits first, and so are the lanes. The bank holds bits ``low`` to
    ``low + width - 1`` of the whole.
    """

    name: str
    column: int
    depth: int
    low: int
    width: int
    plan: ResultPlan = field(repr=False)

    def contents(self, dense: DenseLayer, folding: Folding) -> MemoryImage:
        """Return the words of the memory; lanes without a neuron are zero."""
        values = parameter_values(dense)
        fields = []
        for lane in range(folding.column_lanes):
            neurons = self._neurons(folding, lane)
            for stored in self.plan.stored:
                column = np.where(neurons < 0, 0, values[stored.name][neurons])
                fields.append((column, stored.width))
        whole = MemoryImage.pack(*fields)
        bits = np.unpackbits(whole.octets, axis=1, bitorder="little")
        own = bits[:, self.low : self.low + self.width]
        return MemoryImage(self.width, np.packbits(own, axis=1, bitorder="little"))

    def _neurons(self, folding: Folding, lane: int) -> np.ndarray:
        """Return the neuron of each word's lane, int64 of (depth,); -1 where there is none."""
        place = self.column * folding.column_lanes + lane
        neurons = (folding.neuron(word, place) for word in range(self.depth))
        return np.array([-1 if neuron is None else neuron for neuron in neurons])

    def describe(self, folding: Folding) -> dict[str, object]:
        """Return the place of each constant, for the manifest's address map."""
        packed = []
        for lane in range(folding.column_lanes):
            start = lane * self.plan.word_width
            for stored in self.plan.stored:
                low = max(start, self.low)
                high = min(start + stored.width, self.low + self.width)
                if low < high:
                    packed.append(
                        {
                            "bit": low - self.low,
                            "bits": high - low,
                            "tensor": stored.name,
                            "from_bit": low - start,
                            "lane": self.column * folding.column_lanes + lane,
                        }
                    )
                start += stored.width
        return {
            "name": self.name,
            "tensor": "parameters",
            "words": self.depth,
            "word": "neuron_fold * drain_beats + beat",
            "index": ["neuron_fold * pe + beat * result_lanes + lane"],
            "packed": packed,
        }


Bank = WeightBank | ParameterBank


def parameter_values(dense: DenseLayer) -> dict[str, np.ndarray]:
    """Return the constants of all neurons by field name, each int64 of shape (M,)."""
    scheme = dense.requantization
    if isinstance(scheme, ThresholdList):
        return threshold_values(dense)
    values = {"bias": dense.folded_bias}
    if scheme is not None:
        for name in ("multiplier", "offset", "shift", "zero_point", "lo", "hi"):
            values[name] = getattr(scheme, name)
    return values


def weight_banks(
    folding: Folding, weight: IntegerFormat, *, writable: bool, mapping: Mapping = GENERIC
) -> list[list[WeightBank]]:
    """Return the banks of every group: as many as block RAMs or the host's word width need."""
    banks = []
    for index, group in enumerate(folding.groups):
        total = len(group.elements) * folding.simd
        most = min(HOST_BITS // weight.bits, total) if writable else total
        step = mapping.weights_a_word(folding.weight_words, most, weight.bits)
        starts = range(0, total, step)
        banks.append(
            [
                WeightBank(
                    f"weights_{index}_{part}" if len(starts) > 1 else f"weights_{index}",
                    group,
                    folding.weight_words,
                    first,
                    min(step, total - first),
                    weight.bits,
                )
                for part, first in enumerate(starts)
            ]
        )
    return banks


def parameter_banks(
    folding: Folding, plan: ResultPlan, *, writable: bool
) -> list[list[ParameterBank]]:
    """Return the banks of every column; none where all neurons share their constants."""
    total = folding.column_lanes * plan.word_width
    step = HOST_BITS if writable else max(total, 1)
    starts: Sequence[int] = range(0, total, step)
    return [
        [
            ParameterBank(
                f"parameters_{column}_{part}" if len(starts) > 1 else f"parameters_{column}",
                column,
                folding.parameter_words,
                low,
                min(step, total - low),
                plan,
            )
            for part, low in enumerate(starts)
        ]
        for column in range(folding.columns)
    ]

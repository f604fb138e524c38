"""What the threshold units of a layer need: thresholds, directions and widths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fcgen.hardware.border import Parameters
from fcgen.hardware.requantization.parameter_fields import ParameterField, StoredFields, narrowest
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.numerics.fixed import IntegerFormat

FALLING = "falling"


def threshold_name(number: int) -> str:
    """Return the field's name of a threshold, from 1 to T."""
    return f"threshold_{number}"


def threshold_values(dense: DenseLayer) -> dict[str, np.ndarray]:
    """Return what stands in the parameter memory by field name, each int64 of shape (M,).

    The elements sum without the bias, which the thresholds take up. Both directions come to one
    comparison, ``sum > threshold``: ``acc >= t`` is ``sum > t - 1 - bias``, and ``acc <= t`` is
    the opposite of ``sum > t - bias``. Thresholds beyond the sums that can occur are moved just
    outside of these, so that they have the accumulator's width.
    """
    scheme = dense.requantization
    if not isinstance(scheme, ThresholdList):
        raise ValueError("the layer does not end in thresholds")
    falling = scheme.falling.astype(np.int64)
    least, most = -dense.sum_reach - 1, dense.sum_reach
    values = {FALLING: falling}
    for number, threshold in enumerate(scheme.thresholds.T, 1):
        folded = threshold - dense.folded_bias - (1 - falling)
        values[threshold_name(number)] = np.clip(folded, least, most)
    return values


@dataclass(frozen=True)
class ThresholdPlan(StoredFields):
    """Thresholds, directions and widths of a layer's threshold units.

    Attributes
    ----------
    accumulator_width : int
        Bits of the sum, to which no bias is added.
    fields : tuple of ParameterField
        ``falling`` and thresholds, in the order of the parameter word; of thresholds that all
        outputs have equal one alone.
    lo : int
        The lowest code.
    numbers : tuple of int
        For each threshold the number of those of the list that are passed with it, up to T.
    output : IntegerFormat
    """

    accumulator_width: int
    fields: tuple[ParameterField, ...]
    lo: int
    numbers: tuple[int, ...]
    output: IntegerFormat

    @classmethod
    def of(cls, dense: DenseLayer) -> ThresholdPlan:
        """Derive the plan from a layer; with run-time weights nothing is taken as constant."""
        width, scheme = dense.accumulator_width, dense.requantization
        values = threshold_values(dense)
        assert isinstance(scheme, ThresholdList)
        if dense.runtime_weights:
            fields = [
                ParameterField(name, *((1, False) if name == FALLING else (width, True)), None)
                for name in values
            ]
        else:
            fields = [narrowest(name, column) for name, column in values.items()]
        numbers = scheme.numbers
        if dense.runtime_weights and not scheme.output.bipolar:
            numbers = tuple(range(1, scheme.count + 1))
        kept = {FALLING, *map(threshold_name, numbers)}
        fields = [field for field in fields if field.name in kept]
        return cls(width, tuple(fields), scheme.lo, numbers, scheme.output)

    @property
    def output_bits(self) -> int:
        """Bits of a code."""
        return self.output.bits

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """Codes of a rising output as they are stored, the lowest first."""
        values = np.array([self.lo + number for number in (0, *self.numbers)])
        return tuple(self.output.encode(values).tolist())

    @property
    def product(self) -> None:
        """None: nothing is multiplied."""
        return None

    @cached_property
    def cycles(self) -> dict[str, int]:
        """Cycles of the pipeline stages by name, in order; those that there are only."""
        turn = int(self.constant(FALLING) is None)
        return {"compare": 1, "count": 1} | ({"turn": turn} if turn else {})

    @property
    def latency(self) -> int:
        """Cycles from an accumulator to its result."""
        return sum(self.cycles.values())

    @property
    def parameters(self) -> Parameters:
        """Everything that makes two threshold units the same module."""
        own: Parameters = {
            "accumulator_width": self.accumulator_width,
            "lo": self.lo,
            "numbers": self.numbers,
            "output": self.output.name,
        }
        return own | {field.name: field.text for field in self.fields}

    def constant(self, name: str) -> int | None:
        """Return the value that all neurons share, None where the field is stored."""
        return next(field.constant for field in self.fields if field.name == name)

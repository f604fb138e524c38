"""Threshold units: an output of few bits is the number of thresholds that a sum passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from amaranth import Const, Module, Mux, Signal, signed
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import delay, register
from fcgen.hardware.requantization.parameter_fields import ParameterField, StoredFields, narrowest
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.numerics.fixed import IntegerFormat

FALLING = "falling"


def threshold_name(number: int) -> str:
    """Return the field name of threshold ``number``, 1 to T."""
    return f"threshold_{number}"


def threshold_values(dense: DenseLayer) -> dict[str, np.ndarray]:
    """Return the thresholds and directions by field name, each int64 of shape (M,).

    The sums of the elements have no bias; the thresholds include it. Both directions use one
    comparison, ``sum > threshold``: ``acc >= t`` is ``sum > t - 1 - bias``, and ``acc <= t`` is
    the negation of ``sum > t - bias``. Thresholds outside of the range of sums are clipped to the
    next value outside of it, so that they fit the accumulator's width.
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
        ``falling`` and thresholds, in the order of the parameter word; one field for thresholds
        that are equal for all outputs.
    lo : int
        The lowest code.
    numbers : tuple of int
        For each field of a threshold, how many thresholds are passed when it is, 1 to T.
    output : IntegerFormat
    """

    accumulator_width: int
    fields: tuple[ParameterField, ...]
    lo: int
    numbers: tuple[int, ...]
    output: IntegerFormat

    @classmethod
    def of(cls, dense: DenseLayer) -> ThresholdPlan:
        """Return the plan of a layer; with run-time weights no field is constant."""
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
        """Stored bits of a rising neuron's outputs, lowest first."""
        values = np.array([self.lo + number for number in (0, *self.numbers)])
        return tuple(self.output.encode(values).tolist())

    @property
    def product(self) -> None:
        """None: a threshold unit has no product."""
        return None

    @cached_property
    def cycles(self) -> dict[str, int]:
        """Cycles of the pipeline stages by name, in order; stages of 0 cycles are left out."""
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


class ThresholdUnit(wiring.Component):
    """Turns a neuron's sum into its output code by comparing it with ascending thresholds.

    ::

        number = #{i from 1 to T: accumulator > threshold_i}
        result = lo + number,  of a falling neuron  lo + T - number

    Of thresholds that are equal for all neurons one stands for all. Bipolar results are stored: -1
    as 0, +1 as 1.
    All comparisons are made at once. As the thresholds ascend, those that hold come before those
    that do not, so that their number is found by halving, from T single bits: a multiplexer for
    each in place of an adder. Nothing is multiplied.

    Latency: ``plan.latency``: a cycle for the comparisons, one to count, and where neurons of
    both directions share the unit one to turn. Initiation interval: 1 cycle. No handshake, no
    reset: the tag that travels beside it tells what is valid.

    Parameters
    ----------
    plan : ThresholdPlan
        Thresholds, directions and widths: T from 1 to 15, outputs of 1 to 4 bits.

    Ports
    -----
    accumulator : In(signed(plan.accumulator_width))
    falling : In(1)
    threshold_1 ... : In(field's shape)
        Ascending; only those that the plan stores, the others are built in. All belong to the
        accumulator of the same cycle, see `threshold_values`.
    result : Out(plan.output_bits)
    """

    def __init__(self, plan: ThresholdPlan) -> None:
        self.plan = plan
        fields = {field.name: In(Shape(field.width, field.signed)) for field in plan.stored}
        super().__init__(
            {"accumulator": In(signed(plan.accumulator_width))}
            | fields
            | {"result": Out(plan.output_bits)}
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two units the same module."""
        return self.plan.parameters

    @property
    def latency(self) -> int:
        """Cycles from the accumulator to its result."""
        return self.plan.latency

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        above = [
            register(m, self.accumulator > self._field(threshold_name(number)), f"above_{number}")
            for number in self.plan.numbers
        ]
        codes = self.plan.codes
        ends = codes[0] + codes[-1]
        falling = self.plan.constant(FALLING)
        if falling == 1:
            codes = tuple(ends - code for code in codes)
        counted = Signal(self.plan.output_bits, reset_less=True)
        m.d.sync += counted.eq(self._choose(above, [Const(code) for code in codes]))
        if falling is not None:
            m.d.comb += self.result.eq(counted)
            return m
        turned = Signal(self.plan.output_bits, reset_less=True)
        now = delay(m, getattr(self, FALLING), self.plan.latency - 1, FALLING)
        m.d.sync += turned.eq(Mux(now, ends - counted, counted))
        m.d.comb += self.result.eq(turned)
        return m

    def _field(self, name: str) -> Value:
        """Return a threshold, stored or built in."""
        constant = self.plan.constant(name)
        return getattr(self, name) if constant is None else Const(constant)

    def _choose(self, above: Sequence[Value], codes: Sequence[Value]) -> Value:
        """Return the code whose index is the number of leading ones, by binary search."""
        if not above:
            return codes[0]
        middle = len(above) // 2
        return Mux(
            above[middle],
            self._choose(above[middle + 1 :], codes[middle + 1 :]),
            self._choose(above[:middle], codes[: middle + 1]),
        )

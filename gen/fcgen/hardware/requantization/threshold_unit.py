"""From an accumulator to an output code of few bits: comparisons, and how many of them hold."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Const, Module, Mux, Signal, signed
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import delay, register
from fcgen.hardware.requantization.threshold_plan import FALLING, ThresholdPlan, threshold_name


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
        """Return the code whose place is the number of leading ones, by halving."""
        if not above:
            return codes[0]
        middle = len(above) // 2
        return Mux(
            above[middle],
            self._choose(above[middle + 1 :], codes[middle + 1 :]),
            self._choose(above[:middle], codes[: middle + 1]),
        )

"""The threshold unit against its contract: thresholds counted one by one."""

from __future__ import annotations

from itertools import pairwise

from amaranth import Const, Module, Mux, Signal, signed
from amaranth.asserts import AnySeq, Initial
from amaranth.hdl import Assert, Assume, Elaboratable, Value

from fcgen.hardware.registers import delay
from fcgen.hardware.requantization.threshold_unit import (
    FALLING,
    ThresholdPlan,
    ThresholdUnit,
    threshold_name,
)


class ThresholdUnitHarness(Elaboratable):
    """Feeds a unit any accumulator and any ascending thresholds, in every cycle.

    Parameters
    ----------
    plan
        Makes the unit.
    unit
        The class under proof.
    """

    def __init__(self, plan: ThresholdPlan, unit: type[ThresholdUnit] = ThresholdUnit) -> None:
        self.plan = plan
        self.dut = unit(plan)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        accumulator = self._any(m, "accumulator", signed(self.plan.accumulator_width))
        m.d.comb += dut.accumulator.eq(accumulator)
        values: dict[str, Value] = {}
        for field in self.plan.fields:
            if field.constant is None:
                port = getattr(dut, field.name)
                values[field.name] = self._any(m, field.name, port.shape())
                m.d.comb += port.eq(values[field.name])
            else:
                values[field.name] = Const(field.constant)
        names = [threshold_name(number) for number in self.plan.numbers]
        for lower, upper in pairwise(names):
            m.d.comb += Assume(values[lower] <= values[upper])
        expected = delay(m, self._expected(accumulator, values), dut.latency, "expected")
        age = Signal(range(dut.latency + 1), reset_less=True)
        with m.If(Initial()):
            m.d.comb += Assume(age == 0)
        with m.If(age != dut.latency):
            m.d.sync += age.eq(age + 1)
        with m.Else():
            m.d.comb += Assert(dut.result == expected, "result is the number of thresholds")
        return m

    def _expected(self, accumulator: Value, values: dict[str, Value]) -> Value:
        """Add what each comparison says; a threshold that stands for several counts for all."""
        rising: Value = Const(self.plan.lo)
        falling: Value = Const(self.plan.lo)
        before = 0
        for number in self.plan.numbers:
            above = accumulator > values[threshold_name(number)]
            rising = rising + Mux(above, number - before, 0)
            falling = falling + Mux(above, 0, number - before)
            before = number
        return Mux(values[FALLING], falling, rising)[: self.plan.output_bits]

    def _any(self, m: Module, name: str, shape: object) -> Signal:
        signal = Signal(shape, name=f"any_{name}")
        m.d.comb += signal.eq(AnySeq(signal.shape()))
        return signal

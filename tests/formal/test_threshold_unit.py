"""Threshold unit: equal to its contract for all sums and all ascending thresholds."""

import pytest

from fcgen.hardware.requantization.parameter_fields import ParameterField
from fcgen.hardware.requantization.threshold_unit import (
    FALLING,
    ThresholdPlan,
    ThresholdUnit,
    threshold_name,
)
from fcgen.numerics.fixed import IntegerFormat
from formal.break_source import broken
from formal.prover import Together, prove
from formal.threshold_unit_harness import ThresholdUnitHarness

WIDTH = 6


def plan(numbers, lo, bits, falling=None, constants=()):
    """Return a plan of stored thresholds, narrower ones among them, the last ones built in."""
    stored = len(numbers) - len(constants)
    widths = [WIDTH - (place == 0) for place in range(stored)]
    fields = [ParameterField(FALLING, 1, False, falling)]
    values = [*[None] * stored, *constants]
    for number, width, value in zip(numbers, [*widths, *[WIDTH] * len(constants)], values,
                                    strict=True):  # fmt: skip
        fields.append(ParameterField(threshold_name(number), width, True, value))
    return ThresholdPlan(WIDTH, tuple(fields), lo, tuple(numbers), IntegerFormat(bits, lo < 0))


PLANS = {
    "one threshold": plan([1], 0, 1),
    "one that falls": plan([1], -1, 1, falling=1),
    "all codes of 2 bits": plan([1, 2, 3], -2, 2),
    "all codes of 4 bits": plan(range(1, 16), -8, 4),
    "all codes of 4 bits without a sign, that fall": plan(range(1, 16), 0, 4, falling=1),
    "codes that all skip": plan([2, 5, 6], -3, 4),
    "codes that all skip, rising": plan([3, 4], 1, 3, falling=0),
    "thresholds built in": plan([1, 2, 3, 4, 5], -3, 3, constants=(-7, 31)),
}


def test_every_form_equals_the_contract():
    harnesses = [ThresholdUnitHarness(plan) for plan in PLANS.values()]
    assert prove(Together(*harnesses), 4).proved


@pytest.mark.parametrize(
    ("line", "bug"),
    [
        ("self.accumulator > self._field", "self.accumulator >= self._field"),
        ("codes[middle + 1 :])", "codes[middle:])"),
        ("Mux(now, ends - counted, counted)", "Mux(now, counted, ends - counted)"),
        ("self.plan.latency - 1, FALLING)", "self.plan.latency - 2, FALLING)"),
    ],
)
def test_a_wrong_unit_is_found(line, bug):
    wrong = broken(ThresholdUnit, line, bug)
    harness = ThresholdUnitHarness(PLANS["all codes of 2 bits"], wrong)
    verdict = prove(harness, 5, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", "result is the number of thresholds")

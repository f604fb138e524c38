"""Requantizer: equal to the arithmetic contract for all inputs, by k-induction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fcgen.hardware.requantization import partial_products, requantizer, requantizer_plan
from fcgen.hardware.requantization.requantizer import Requantizer
from fcgen.hardware.requantization.requantizer_plan import RequantizerPlan
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import ROUNDINGS, IntegerFormat
from formal.break_source import broken
from formal.prover import Together, Verdict, prove
from formal.requantizer_harness import RequantizerHarness
from selection import every_time

INT4 = IntegerFormat(4, signed=True)
# The first output reaches the largest quotient, the second the largest value.
STORED: dict[str, Any] = {
    "multiplier": [-8, -8, 7],
    "offset": [1, 128, -128],
    "shift": [0, 7, 7],
    "zero_point": [-8, 7, 0],
}
BOUNDS: dict[str, Any] = {"lo": [-8, 7, -8], "hi": [-8, 7, 7]}


def layer(rounding: str, saturation: str = "saturate", **constants: Any) -> DenseLayer:
    """Return a layer of 6-bit accumulators whose constants are stored unless given."""
    values = STORED | (BOUNDS if saturation == "saturate" else {}) | constants
    scheme = Requantization.make(3, INT4, rounding=rounding, saturation=saturation, **values)
    weight, bias = np.array([[-3, 0], [-1, -2], [0, 1]]), np.array([4, 3, -5])
    return DenseLayer("layer", (2,), weight, bias, INT4, INT4, requantization=scheme)


def check(
    *layers: DenseLayer, dut: type[Requantizer] = Requantizer, mode: str = "prove"
) -> Verdict:
    harnesses = [RequantizerHarness(layer, dut) for layer in layers]
    latency = max(harness.dut.latency for harness in harnesses)
    return prove(Together(*harnesses), latency + 1, mode=mode)


def test_every_rounding_with_stored_constants_equals_the_contract() -> None:
    assert check(*(layer(rounding) for rounding in ROUNDINGS)).proved


@pytest.mark.campaign
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_wrapping_equals_the_contract(rounding: str) -> None:
    assert check(layer(rounding, "wrap")).proved


def test_constants_that_all_neurons_share_equal_the_contract() -> None:
    names = ("multiplier", "offset", "shift", "zero_point", "lo", "hi")
    rows = ((1, 0, 3, 0, -8, 7), (-5, -3, 2, 1, -2, 6), (3, 1, 0, 0, -8, 7), (7, 0, 1, -8, -8, 7))
    layers = [
        layer(rounding, **dict[str, Any](zip(names, row, strict=True)))
        for rounding in ROUNDINGS
        for row in rows
    ]
    layers += [
        layer(rounding, "wrap", **dict[str, Any](zip(names[:4], rows[1], strict=False)))
        for rounding in ROUNDINGS
    ]
    assert check(*layers).proved


@pytest.fixture
def two_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the product of two limbs, shift and clip of two stages, as wide layers have them."""
    monkeypatch.setattr(partial_products, "LIMB_BITS", 3)
    for module in (requantizer, requantizer_plan):
        monkeypatch.setattr(module, "FINE_BITS", 2)
    monkeypatch.setattr(requantizer_plan, "CLIP_BITS", 2)


@pytest.mark.usefixtures("two_stages")
def test_a_product_in_limbs_and_shift_and_clip_in_two_stages_equal_the_contract() -> None:
    wide = layer("half_even")
    assert {"sum", "coarse", "saturate"} <= set(RequantizerPlan.of(wide).cycles)
    assert check(wide).proved


def test_raw_results_equal_the_contract() -> None:
    weight, bias = np.array([[-7, 0], [-3, -4]]), np.array([4, -3])
    assert check(DenseLayer("layer", (2,), weight, bias, INT4, INT4)).proved


@pytest.mark.parametrize(
    ("rounding", "line", "bug"),
    every_time(
        4,
        [
            ("half_even", "half & (sticky | quotient[0])", "half & (sticky | ~quotient[0])"),
            ("half_up", '"half_up": half,', '"half_up": half & sticky,'),
            ("half_away", "(quotient >= 0)", "(quotient > 0)"),
            ("floor", '"floor": Const(0, 1),', '"floor": half,'),
            ("half_even", "with m.Elif(value > hi)", "with m.Elif(value >= hi + 1 + (hi == 7))"),
            ("half_even", "with m.If(value < lo)", "with m.If(value[:-1].as_signed() < lo)"),
            ("half_even", 'self._field(m, name, "clip")', 'self._field(m, name, "round")'),
            ("half_even", "rounded + zero_point,", "rounded - zero_point,"),
            (
                "half_even",
                'self._field(m, "offset", "offset")',
                'self._field(m, "offset", "multiply")',
            ),
        ],
    ),
)
def test_a_wrong_requantizer_is_found(rounding: str, line: str, bug: str) -> None:
    verdict = check(layer(rounding), dut=broken(Requantizer, line, bug), mode="bmc")
    assert verdict.status == "FAIL"
    assert verdict.failing == f"result is {rounding} saturate"


@pytest.mark.campaign
@pytest.mark.usefixtures("two_stages")
@pytest.mark.parametrize(
    ("line", "bug"),
    [
        ("sticky | register(m, lost", "sticky | 0 & register(m, lost"),
        ("<< (part.a_low + part.b_low)", "<< (part.a_low + part.b_low - (part.a_low > 0))"),
        ("~sign).replicate(bits)", "sign).replicate(bits)"),
    ],
)
def test_a_wrong_second_stage_is_found(line: str, bug: str) -> None:
    assert (
        check(layer("half_even"), dut=broken(Requantizer, line, bug), mode="bmc").status == "FAIL"
    )

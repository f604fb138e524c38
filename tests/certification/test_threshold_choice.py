"""Thresholds or constants: the list has the step's thresholds, and the rule is one of cost."""

import numpy as np
import pytest

from fcgen.certification.threshold_choice import cost
from fcgen.devices import find, mapping
from fcgen.estimation.layer import layer_logic
from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding

INT8 = IntegerFormat(8, True)
RANDOM = np.random.default_rng(3)
OUTPUTS = 32


def layer(scheme, bias=0):
    weight = np.random.default_rng(1).integers(-128, 128, (OUTPUTS, 20))
    bias = np.full(OUTPUTS, 0) if isinstance(scheme, ThresholdList) else RANDOM.integers(
        -bias, bias + 1, OUTPUTS)  # fmt: skip
    return DenseLayer("fc", (20,), weight, bias, INT8, INT8, requantization=scheme)


def constants(bits, *, own):
    """Constants of a scale of each output's own, or of one power of two for all."""
    output = IntegerFormat(bits, True)
    if not own:
        return Requantization.make(OUTPUTS, output, shift=16 - bits, rounding="floor")
    return Requantization.make(
        OUTPUTS, output, multiplier=RANDOM.integers(9, 16, OUTPUTS),
        shift=RANDOM.integers(16, 20, OUTPUTS), offset=1 << 15, rounding="floor")  # fmt: skip


def thresholds(bits):
    output = IntegerFormat(bits, True)
    rows = np.sort(RANDOM.integers(-60000, 60000, (OUTPUTS, (1 << bits) - 1)), axis=1)
    return ThresholdList(rows, RANDOM.integers(0, 2, OUTPUTS).astype(bool), output.minimum, output)


@pytest.mark.parametrize("bits", [1, 2])
def test_two_bits_with_scales_of_their_own_cost_less_as_thresholds(bits):
    assert cost(layer(thresholds(bits))) < cost(layer(constants(bits, own=True), bias=500))


def test_a_power_of_two_for_all_costs_less_than_fifteen_thresholds():
    assert cost(layer(constants(4, own=False))) < cost(layer(thresholds(4)))


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("own", [False, True])
def test_the_rule_agrees_with_the_estimate(bits, own):
    family, _ = find("ecp5-25k")
    folding = Folding(20, OUTPUTS, 1, 1, 1, 8)
    pair = layer(thresholds(bits)), layer(constants(bits, own=own), bias=500 * own)
    luts = []
    for made in pair:
        parts = mapping("ecp5-25k", made, folding)
        luts.append(layer_logic(made, folding, parts, family.costs).lut)
    assert (cost(pair[0]) < cost(pair[1])) == (luts[0] < luts[1])

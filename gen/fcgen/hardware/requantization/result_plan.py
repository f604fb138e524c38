"""What turns the sums of a layer into its results: a requantizer or a threshold unit."""

from __future__ import annotations

from fcgen.hardware.requantization.requantizer_plan import RequantizerPlan
from fcgen.hardware.requantization.threshold_unit import ThresholdPlan
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.schedule.mapping import GENERIC, ProductUnit

ResultPlan = RequantizerPlan | ThresholdPlan


def result_plan(dense: DenseLayer, unit: ProductUnit = GENERIC.requantizer) -> ResultPlan:
    """Derive the plan from a layer; ``unit`` is what multiplies where that is needed."""
    if isinstance(dense.requantization, ThresholdList):
        return ThresholdPlan.of(dense)
    return RequantizerPlan.of(dense, unit)

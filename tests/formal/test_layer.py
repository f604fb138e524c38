"""A 3 × 2 layer of 4 bits: equal to its dot products for all inputs and all weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fcgen.hardware.elements import element_group
from fcgen.hardware.elements.element_group import ElementGroup
from fcgen.hardware.elements.processing_element import ProcessingElement
from fcgen.hardware.layer import layer_parts
from fcgen.hardware.layer.drain_controller import DrainController
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.hardware.requantization import requantizer_column
from fcgen.hardware.requantization.requantizer import Requantizer
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from formal.break_source import broken
from formal.layer_harness import LayerHarness
from formal.prover import prove
from selection import every_time

INT4 = IntegerFormat(4, signed=True)
# The largest weights and biases there are, so that the accumulators are wide enough for all.
NETWORK = DenseLayer("layer", (3,), np.full((2, 3), -8), np.array([-8, 7]), INT4, INT4)
FOLDINGS = [(1, 1, 1), (2, 1, 1), (2, 3, 1), (1, 2, 1), (1, 3, 1), (2, 1, 2), (2, 3, 2)]


def harness(pe: int, simd: int, lanes: int, **options: Any) -> LayerHarness:
    folding = Folding(3, 2, pe, simd, lanes, INT4.bits)
    return LayerHarness(NETWORK, folding, **options)


@pytest.mark.parametrize(("pe", "simd", "lanes"), every_time(0, FOLDINGS))
def test_every_result_is_the_dot_product_for_all_weights(pe: int, simd: int, lanes: int) -> None:
    top = harness(pe, simd, lanes)
    assert prove(top, top.dut.timing.issue_to_queue + top.folding.drain_beats).proved


@pytest.mark.parametrize(("pe", "simd", "lanes"), every_time(1, FOLDINGS))
def test_results_leave_and_may_have_to_wait(pe: int, simd: int, lanes: int) -> None:
    top = harness(pe, simd, lanes, invariants=False)
    depth = top.dut.timing.flush + top.dut.latency + 2 * top.folding.initiation_interval + 4
    assert prove(top, depth, mode="cover").proved


# The user of a component, the component, a line of it, what stands in its place, what fails.
VALUE = "the result is the dot product and its bias"
TAG = "every beat of results is what its tag says"
BUGS = [
    (
        element_group,
        ProcessingElement,
        "[finished.eq(total), accumulator.eq(0)]",
        "finished.eq(total)",
        VALUE,
    ),
    (
        layer_parts,
        LayerController,
        "Mux(self.vector_end, 0, self.address + 1)",
        "Mux(self.fold_end, 0, self.address + 1)",
        "each beat meets its weights",
    ),
    (requantizer_column, Requantizer, "self.accumulator + self", "self.accumulator - self", VALUE),
    (layer_parts, ElementGroup, "own: Value = self.own", "own: Value = ~self.own", VALUE),
    (
        layer_parts,
        DrainController,
        "neuron_fold == self.neuron_folds - 1",
        "neuron_fold == 0",
        "every beat of results is what its tag says",
    ),
]


@pytest.mark.parametrize(("user", "component", "line", "bug", "failing"), every_time(0, BUGS))
def test_a_wrong_part_is_found(
    monkeypatch: pytest.MonkeyPatch,
    user: Any,
    component: type,
    line: str,
    bug: str,
    failing: str,
) -> None:
    monkeypatch.setattr(user, component.__name__, broken(component, line, bug))
    assert failing_property() == failing


@pytest.mark.campaign
def test_activations_of_idle_beats_must_be_zero() -> None:
    dut = broken(Layer, "Mux(issued, word, 0)", "word")
    assert failing_property(dut=dut) == VALUE


@pytest.mark.campaign
def test_sums_of_before_the_reset_must_be_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LayerTiming, "flush", property(lambda timing: 2))
    assert failing_property() == VALUE


def failing_property(**options: Any) -> str:
    """Return the first property that a search from the reset finds broken, empty when none."""
    top = harness(1, 1, 1, invariants=False, **options)
    depth = top.dut.timing.flush + top.dut.latency + top.folding.initiation_interval + 4
    return prove(top, depth, mode="bmc").failing

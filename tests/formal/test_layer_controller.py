"""Layer controller: every vector walked as it should be, every result with a place."""

from __future__ import annotations

from typing import Any

import pytest

from fcgen.hardware.layer.layer_controller import LayerController
from formal.break_source import broken
from formal.layer_controller_harness import LayerControllerHarness
from formal.prover import prove
from selection import every_time


def sizes(
    synapse: int, neuron: int, fold: int, last: int, word: int, capacity: int
) -> dict[str, int]:
    return {
        "synapse_folds": synapse,
        "neuron_folds": neuron,
        "fold_credits": fold,
        "last_fold_credits": last,
        "word_credits": word,
        "capacity": capacity,
        "flush": 4,
    }


SIZES = [sizes(1, 1, 3, 4, 2, 12), sizes(1, 3, 2, 3, 1, 8), sizes(3, 2, 3, 1, 2, 10)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_vectors_are_walked_in_order_and_results_have_room(size: dict[str, Any]) -> None:
    assert prove(LayerControllerHarness(**size), 3).proved


@pytest.mark.parametrize("size", every_time(1, SIZES[::-1]), ids=str)
def test_a_vector_that_waited_for_room_ends(size: dict[str, Any]) -> None:
    assert prove(LayerControllerHarness(**size), 40, mode="cover").proved


BUGS = [
    ("spare >= 0", "spare >= -1", "a beat is issued unless its fold would end without room"),
    (
        "spare + change",
        "spare",
        "a beat is issued unless its fold would end without room",
    ),
    (
        "self.word_credits - taken",
        "1 - taken",
        "a beat is issued unless its fold would end without room",
    ),
    (
        "change.eq(-self.last_fold_credits)",
        "change.eq(-self.fold_credits)",
        "a beat is issued unless its fold would end without room",
    ),
    (
        "neuron_fold == self.neuron_folds - 2",
        "neuron_fold == self.neuron_folds - 3",
        "a vector ends after all its folds",
    ),
    (
        "Mux(last_synapse_fold, 0, self.synapse_fold + 1)",
        "self.synapse_fold + 1",
        "beats come in order",
    ),
    (
        "Mux(self.vector_end, 0, self.address + 1)",
        "self.address + 1",
        "each beat meets its weights",
    ),
    ("count == self.flush - 2", "count == self.flush - 3", "the flush takes its time and ends"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(3, BUGS))
def test_a_wrong_controller_is_found(line: str, bug: str, failing: str) -> None:
    dut = broken(LayerController, line, bug)
    harness = LayerControllerHarness(**SIZES[2], dut=dut, invariants=False)
    verdict = prove(harness, 24, mode="bmc")
    assert verdict.status == "FAIL"
    assert verdict.failing == failing

"""Vector memory and controller together: every vector read beat by beat, once a neuron fold."""

from __future__ import annotations

from typing import Any

import pytest

from formal.front_end_harness import FrontEndHarness
from formal.prover import prove
from formal.test_layer_controller import SIZES
from selection import every_time


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_accepted_vectors_are_read_in_order_once_a_neuron_fold(size: dict[str, Any]) -> None:
    assert prove(FrontEndHarness(width=2, **size), 5).proved


@pytest.mark.parametrize("size", every_time(1, SIZES[::-1]), ids=str)
def test_three_vectors_are_walked_while_two_are_stored(size: dict[str, Any]) -> None:
    assert prove(FrontEndHarness(width=2, **size), 40, mode="cover").proved

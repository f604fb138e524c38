"""Vector memory: nothing lost, duplicated, reordered or overwritten, by k-induction."""

from __future__ import annotations

from typing import Any

import pytest

from fcgen.hardware.memories.vector_memory import VectorMemory
from formal.break_source import broken
from formal.prover import prove
from formal.vector_memory_harness import VectorMemoryHarness
from selection import every_time

SIZES: list[dict[str, Any]] = [
    {"beats": 1, "width": 2},
    {"beats": 2, "width": 2, "holdable": True},
    {"beats": 3, "width": 2},
]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_vectors_are_kept_whole_and_in_order_under_any_input_and_use(size: dict[str, Any]) -> None:
    assert prove(VectorMemoryHarness(**size), 5).proved


@pytest.mark.parametrize("size", every_time(1, SIZES[::-1]), ids=str)
def test_three_vectors_pass_while_two_more_are_stored(size: dict[str, Any]) -> None:
    assert prove(VectorMemoryHarness(**size), 20, mode="cover").proved


# The line, what stands in its place, and the property that fails first.
BUGS = [
    (
        "self.in_ready.eq(place)",
        "self.in_ready.eq(1)",
        "beats are accepted while a vector has a place",
    ),
    (
        "complete | ~place |",
        "complete |",
        "every whole vector becomes available",
    ),
    (
        "~(kept & (complete | ~place))",
        "~(kept & complete)",
        "beats are accepted while a vector has a place",
    ),
    (
        "complete.eq(accept & at_end & self.in_last)",
        "complete.eq(accept & at_end)",
        "every whole vector becomes available",
    ),
    ("self.error | wrong", "wrong", "error tells broken framing"),
    (
        "(self.in_first != between) | (self.in_last != at_end)",
        "self.in_first != between",
        "error tells broken framing",
    ),
    (
        'write_address = register(m, at, "write_address")',
        "write_address = at",
        "the controller reads what was accepted",
    ),
    ("Mux(self.in_first, 0, beat)", "beat", "the controller reads what was accepted"),
    (
        "Cat(self._row(position), write_bank), read_bank)",
        "Cat(self._row(position), read_bank), read_bank)",
        "no address is read while written",
    ),
    (
        "Cat(self._row(self.address), read_bank)",
        "Cat(self._row(self.address), ~read_bank)",
        "no address is read while written",
    ),
    (
        'payload = register(m, self.in_payload, "write_payload")',
        "payload = self.in_payload",
        "the controller reads what was accepted",
    ),
]
HOLD_BUGS = [
    ("~self.available & between", "~self.available", "empty says that nothing is there"),
    ("self.hold & between", "self.hold", "beats are accepted while a vector has a place"),
]


@pytest.mark.parametrize(
    ("holdable", "line", "bug", "failing"),
    every_time(4, [(False, *bug) for bug in BUGS] + [(True, *bug) for bug in HOLD_BUGS]),
)
def test_a_wrong_vector_memory_is_found(holdable: bool, line: str, bug: str, failing: str) -> None:
    dut = broken(VectorMemory, line, bug)
    harness = VectorMemoryHarness(beats=2, width=2, holdable=holdable, dut=dut, invariants=False)
    verdict = prove(harness, 8, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

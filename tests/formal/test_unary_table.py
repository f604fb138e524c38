"""Activation table: every beat leaves once, in order, as its entry, by k-induction."""

from __future__ import annotations

import pytest

from fcgen.hardware.requantization import unary_table
from fcgen.hardware.waiting_row import offer
from formal.break_source import broken
from formal.prover import prove
from formal.unary_table_harness import UnaryTableHarness
from selection import every_time


def test_beats_leave_in_order_as_their_entries_under_any_stalls() -> None:
    assert prove(UnaryTableHarness(), 5).proved


def test_the_table_can_be_full_after_many_beats() -> None:
    assert prove(UnaryTableHarness(), 30, mode="cover").proved


ORDER = "beats leave in order, each with its entry"
BUGS = [
    ("pending != places", "pending != places + 1", "beats come in while three"),
    ("filled[n] | (ahead & arrives)", "filled[n] | arrives", ORDER),
    ("Mux(behind[0], behind[1], item)", "item", ORDER),
    ("leaves | ~filled[n]", "~filled[n]", ORDER),
    ("behind[0] | (filled[n] & arrives)", "behind[0]", ORDER),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(2, BUGS))
def test_a_wrong_table_is_found(line: str, bug: str, failing: str, monkeypatch) -> None:
    monkeypatch.setattr(unary_table, "offer", broken(offer, line, bug))
    verdict = prove(UnaryTableHarness(invariants=False), 14, mode="bmc")
    assert verdict.status == "FAIL"
    assert verdict.failing.startswith(failing)

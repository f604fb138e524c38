"""Result queue: every result leaves once, in order and in its lane, by k-induction."""

from __future__ import annotations

import pytest

from fcgen.hardware.requantization.result_queue import ResultQueue
from formal.break_source import broken
from formal.prover import prove
from formal.result_queue_harness import ResultQueueHarness
from selection import every_time


def size(result_lanes: int, output_lanes: int, pe: int, outputs: int, words: int) -> dict[str, int]:
    return {
        "result_lanes": result_lanes,
        "output_lanes": output_lanes,
        "pe": pe,
        "outputs": outputs,
        "width": 1,
        "words": words,
    }


SIZES = [size(1, 1, 2, 2, 3), size(2, 3, 3, 7, 4), size(3, 2, 3, 5, 3), size(2, 1, 4, 6, 5)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_results_leave_in_order_under_any_stalls(size: dict[str, int]) -> None:
    assert prove(ResultQueueHarness(**size), 3).proved


@pytest.mark.parametrize("size", every_time(1, SIZES), ids=str)
def test_vectors_come_to_the_end(size: dict[str, int]) -> None:
    assert prove(ResultQueueHarness(**size), 40, mode="cover").proved


GAP = "what is complete leaves without a gap"
VALUE = "results leave as they came"
BUGS = [
    ("wraps.eq(lane < offset)", "wraps.eq(0)", VALUE),
    ("value = Mux(self.out_last, 0, value)", "value = value", "unused lanes are zero"),
    ("stored + completed - self.word_taken", "stored + completed", GAP),
    ("Mux(self.tag[VECTOR_END], 0, rest)", "rest", VALUE),
    ("Mux(filled > self.word_lanes, 2, 1)", "1", GAP),
    ("self._following(next_word)", "next_word", VALUE),
    ("advance.eq(~self.out_valid | self.out_ready)", "advance.eq(1)", "first marks the first beat"),
    ("self.out_first.eq(position == 0)", "self.out_first.eq(0)", "first marks the first beat"),
    ("more.eq(self.out_valid & ~self.out_last &", "more.eq(self.out_valid &", VALUE),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(2, BUGS))
def test_a_wrong_queue_is_found(line: str, bug: str, failing: str) -> None:
    harness = ResultQueueHarness(**SIZES[2], dut=broken(ResultQueue, line, bug), invariants=False)
    verdict = prove(harness, 16, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

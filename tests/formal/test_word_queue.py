"""The queue of an interface: every word leaves once, in order, by k-induction."""

import pytest

from fcgen.hardware.interfaces.word_queue import WordQueue
from formal.break_source import broken
from formal.prover import prove
from formal.word_queue_harness import WordQueueHarness
from selection import every_time


@pytest.mark.parametrize("depth", every_time(1, [4, 2, 8]))
def test_words_leave_once_and_in_order_under_any_traffic(depth):
    assert prove(WordQueueHarness(depth), 3).proved


@pytest.mark.campaign
def test_a_full_queue_passes_words_on():
    assert prove(WordQueueHarness(2), 24, mode="cover").proved


VALUE = "words leave as they came"
THERE = "only a word that is there is offered"
BUGS = [
    ("settling.eq(taken | empty)", "settling.eq(taken)", VALUE),
    ("settling.eq(taken | empty)", "settling.eq(empty)", VALUE),
    ("[tail.eq(tail + 1), self.valid.eq(0)]", "tail.eq(tail + 1)", THERE),
    ("self.level.eq(0), self.valid.eq(0)]", "self.level.eq(0)]", THERE),
    ("self.level + self.write - taken", "self.level + self.write", "the level counts words"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_queue_is_found(line, bug, failing):
    harness = WordQueueHarness(2, broken(WordQueue, line, bug), invariants=False)
    verdict = prove(harness, 14, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

"""Weights of a flash memory: no seal without all that stands before it, by k-induction."""

import pytest

from fcgen.hardware.host.weight_loader import WeightLoader
from formal.break_source import broken
from formal.prover import prove
from formal.weight_loader_harness import WeightLoaderHarness
from selection import every_time


def test_a_seal_is_closed_only_when_everything_before_it_is_right():
    verdict = prove(WeightLoaderHarness(), 4)
    assert verdict.proved, verdict.log[-3000:]


@pytest.mark.campaign
def test_the_last_flag_can_come():
    assert prove(WeightLoaderHarness(), 50, mode="cover").proved


SEAL = "a seal is closed only when all is right"
OTHER = "nothing of another image is taken"
BUGS = [
    ("with m.If(other):", "with m.If(0):", OTHER),
    ("wrong | ~crc.match", "wrong", SEAL),
    ("other.eq(self.flash_payload.any())", "other.eq(0)", OTHER),
    ("with m.If(sealing &", "with m.If(0 &", "no flag of the memory closes a seal"),
    ("~self.full & ", "", "a byte waits until there is room"),
    ("& (count != 0)", "", "no more bytes than announced"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_loader_is_found(line, bug, failing):
    harness = WeightLoaderHarness(broken(WeightLoader, line, bug), invariants=False)
    verdict = prove(harness, 50, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

"""Wishbone in front of the registers: its rules, no access lost, and how long one waits."""

import pytest

from fcgen.hardware.interfaces.wishbone import WishboneSlave
from formal.break_source import broken
from formal.prover import prove
from formal.wishbone_harness import WishboneHarness
from selection import every_time


@pytest.mark.parametrize("prompt", every_time(1, [False, True]))
def test_accesses_are_done_and_acknowledged_once_under_any_master(prompt):
    assert prove(WishboneHarness(prompt=prompt), 10 if prompt else 3).proved


@pytest.mark.campaign
def test_an_access_waits_for_one_that_was_given_up():
    assert prove(WishboneHarness(), 12, mode="cover").proved


DONE = "what is acknowledged was done"
MASTERS = "accesses are those of the master"
BUGS = [
    ("waiting.eq(waiting & asked)", "waiting.eq(waiting)", DONE),
    ("self.ack_o.eq(asked & waiting)", "self.ack_o.eq(waiting)", "no ack without cyc and stb"),
    ("with m.If(self.done):", "with m.If(1):", DONE),
    ('m.next = "IDLE"', 'm.next = "ACCESS"', MASTERS),
    ("waiting.eq(1)", "waiting.eq(0)", "an access is done once"),
    ("m.If(asked)", "m.If(asked & ~self.adr_i[0])", "an access is acknowledged"),
    ("self.sel_i.all()", "self.sel_i.any()", MASTERS),
    ("self.dat_o.eq(self.read_data)", "self.dat_o.eq(self.data)", "a read gives its own answer"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_slave_is_found(line, bug, failing):
    dut = broken(WishboneSlave, line, bug)
    prompt = failing == "an access is acknowledged"
    verdict = prove(WishboneHarness(dut, prompt=prompt, invariants=False), 14, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

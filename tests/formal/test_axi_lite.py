"""AXI4-Lite in front of the registers: its rules, no access lost, and how long one waits."""

import pytest

from fcgen.hardware.interfaces.axi_lite import AxiLiteSlave
from formal.axi_lite_harness import AxiLiteHarness
from formal.break_source import broken
from formal.prover import prove
from selection import every_time


def test_accesses_are_answered_in_order_and_responses_hold_under_any_master():
    assert prove(AxiLiteHarness(), 3).proved


@pytest.mark.campaign
def test_reads_and_writes_do_not_starve_each_other():
    assert prove(AxiLiteHarness(prompt=True), 24, mode="bmc").proved


ORDER = "accesses are those of the master, in order"
BUGS = [
    ("m.If(write_waits & (write_next | ~has_read_address))", "m.If(has_data)", ORDER),
    ("has_read_address.eq(0)", "has_read_address.eq(1)", "no R before AR"),
    (
        "write_waits & (write_next | ~has_read_address)",
        "write_waits & ~has_read_address",
        "a write is answered",
    ),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_slave_is_found(line, bug, failing):
    prompt = "is answered" in failing
    dut = broken(AxiLiteSlave, line, bug)
    verdict = prove(AxiLiteHarness(dut, prompt=prompt, invariants=False), 28, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

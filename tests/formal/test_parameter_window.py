"""Parameters through two registers: each access does what it says, or fails, and is answered."""

import pytest

from fcgen.hardware.interfaces.parameter_window import ParameterWindow
from formal.break_source import broken
from formal.parameter_window_harness import ParameterWindowHarness
from formal.prover import prove
from selection import every_time


def test_every_access_asks_the_port_once_and_is_answered_once():
    assert prove(ParameterWindowHarness(), 3).proved


LANDS = "a write is on its way for its time"
BUGS = [
    ("address.eq(address + 1)", "address.eq(address + reading)", "success moves the address"),
    ("with m.If(~refused)", "with m.If(1)", "success moves the address"),
    ("self.parameter_data_read & known", "self.parameter_data_read", "a read reaches the port"),
    ("refused | ~reading | self.parameter_read_valid", "1", "an access is answered once"),
    ("refused | ~reading |", "~reading |", "an access is answered once"),
    ("= ~known | self.parameter_refused", "= self.parameter_refused", "an access is answered"),
    ("with m.If(self.parameter_read_valid)", "with m.If(1)", "a read gives its word"),
    ("left.eq(self.landing_cycles)", "left.eq(self.landing_cycles - 1)", LANDS),
    ("with m.Elif(self.landing)", "with m.If(self.landing)", LANDS),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_window_is_found(line, bug, failing):
    dut = broken(ParameterWindow, line, bug)
    verdict = prove(ParameterWindowHarness(dut, invariants=False), 12, mode="bmc")
    assert verdict.status == "FAIL"
    assert failing in verdict.failing

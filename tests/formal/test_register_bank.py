"""The registers behind every bus: what an access gives, whom it reaches, and how long it takes."""

import pytest

from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_bank import RegisterBank
from fcgen.hardware.interfaces.register_map import Register, RegisterMap, register_map
from formal.break_source import broken
from formal.prover import prove
from formal.register_bank_harness import RegisterBankHarness
from selection import every_time

EVERY_KIND = RegisterMap(
    (
        Register("magic", 0, "constant", "", values=(0xABCD1234,)),
        Register("state", 4, "read", "", tells=True),
        Register("mode", 8, "write", ""),
        Register("slow", 16, "window", ""),
        Register("into", 20, "push", ""),
        Register("out", 24, "pop", ""),
        Register("hash", 28, "constant", "", values=(1, 2)),
    )
)


def table(kind, runtime):
    """The registers of a design."""
    ports = (("parameter_write", "input", 1),) if runtime else ()
    octets = bytes(range(100, 132))
    plan = InterfacePlan(
        *(kind, "layer", ports, 9, 6, 2, 1, Element(7, True), Element(11, False), octets, octets)
    )
    return register_map(plan)


TABLES = [EVERY_KIND, *(table(kind, runtime) for kind in ("axi", "wishbone") for runtime in (0, 1))]


@pytest.mark.parametrize("registers", every_time(1, TABLES))
def test_every_access_gives_what_the_table_says_and_ends_in_time(registers):
    assert prove(RegisterBankHarness(registers), 2).proved


TOLD = "a unit is told of its own accesses"
VALUE = "a read gives its register"
BUGS = [
    ("start & self.write & self.whole", "start & self.write", TOLD),
    ("eq(start & ~self.write)", "eq(start)", TOLD),
    ("self.failed.eq(~legal)", "self.failed.eq(0)", "an access fails as it must"),
    ("if register.waits:\n                waits", "if 0:\n                waits", "ends"),
    ("eq(constant | value)", "eq(value)", VALUE),
    ("register.values[word]", "register.values[0]", VALUE),
    ("self.write & self.whole if", "self.write if", "what is not allowed is said"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(1, BUGS))
def test_a_wrong_bank_is_found(line, bug, failing):
    dut = broken(RegisterBank, line, bug)
    verdict = prove(RegisterBankHarness(EVERY_KIND, dut, invariants=False), 8, mode="bmc")
    assert verdict.status == "FAIL"
    assert failing in verdict.failing

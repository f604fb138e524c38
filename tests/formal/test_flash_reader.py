"""The reader of a flash memory: SPI's rules and its bytes, by k-induction."""

import pytest

from fcgen.hardware.host.flash_reader import FlashReader
from formal.break_source import broken
from formal.flash_reader_harness import FlashReaderHarness
from formal.prover import prove
from selection import every_time


@pytest.mark.parametrize("half_period", every_time(1, [2, 1, 3]))
def test_pins_keep_the_rules_and_bytes_are_those_of_the_memory(half_period):
    verdict = prove(FlashReaderHarness(half_period), 4)
    assert verdict.proved, verdict.log[-3000:]


BUGS = [
    (
        "Cat(self.miso, text[:-1])",
        "Cat(~self.miso, text[:-1])",
        "a byte is what the memory put out",
    ),
    ("self.sck.eq(0), left.eq(0)]", "left.eq(0)]", "no clock without a selection"),
    ("with m.If(self.sck):", "with m.If(~self.sck):", "what goes in stands around the rising edge"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(0, BUGS))
def test_a_wrong_reader_is_found(line, bug, failing):
    harness = FlashReaderHarness(1, broken(FlashReader, line, bug), invariants=False)
    verdict = prove(harness, 110, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

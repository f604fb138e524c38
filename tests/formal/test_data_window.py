"""Vectors through two registers: every access is answered in time, and no word is lost by it."""

import pytest

from fcgen.hardware.interfaces.data_window import DataWindow
from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import InterfacePlan
from formal.break_source import broken
from formal.data_window_harness import DataWindowHarness
from formal.prover import prove
from selection import every_time


def plan(inputs, outputs, simd=1, lanes=1, bits=3):
    """A plan of a small design; its queues have 16 words, the smallest there are."""
    ports = (("in_payload", "input", simd * bits), ("out_payload", "output", lanes * bits))
    element = Element(bits, True)
    return InterfacePlan(
        *("wishbone", "layer", ports, inputs, outputs, simd, lanes, element, element, b"", b"")
    )


PLANS = [plan(2, 2), plan(5, 3, 2, 2), plan(3, 5, 1, 2, 11)]


@pytest.mark.parametrize("of", every_time(1, PLANS))
def test_accesses_are_answered_in_time_and_lose_no_word_before_any_design(of):
    assert prove(DataWindowHarness(of), 6).proved


@pytest.mark.campaign
def test_a_read_waits_for_a_word_on_its_way():
    assert prove(DataWindowHarness(PLANS[0]), 24, mode="cover").proved


BUGS = [
    ("self.input_data_write & ~full", "self.input_data_write", "others are taken"),
    ("self.overflow.eq(self.input_data_write & full)", "self.overflow.eq(0)", "a full queue"),
    ("self.input_data_failed.eq(self.overflow)", "self.input_data_failed.eq(0)", "is refused"),
    ("eq(queue.valid | empty)", "eq(1)", "a word leaves by a read that succeeds"),
    ("eq(queue.valid | empty)", "eq(queue.valid)", "a read that fails is said"),
    ("queue.ready.eq(1)", "queue.ready.eq(queue.level[1])", "a word leaves by a read"),
    ("queue.level < plan.output_depth - 1", "1", "an output has its place"),
    ("m.If(self.output_data_read)", "m.If(self.output_data_read & self.out_valid)", "in time"),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(0, BUGS))
def test_a_wrong_window_is_found(line, bug, failing):
    dut = broken(DataWindow, line, bug)
    verdict = prove(DataWindowHarness(plan(1, 1), dut, invariants=False), 50, mode="bmc")
    assert verdict.status == "FAIL"
    assert failing in verdict.failing

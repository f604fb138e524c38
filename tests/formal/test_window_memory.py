"""Window memory: every window whole, in order and in time, by k-induction."""

from __future__ import annotations

from typing import Any

import pytest

from fcgen.hardware.convolution.window_memory import WindowMemory
from fcgen.network.window import Window
from formal.break_source import broken
from formal.prover import prove
from formal.window_memory_harness import WindowMemoryHarness
from selection import every_time

SAME = Window(3, 3, 1, (2, 2), padding=(1, 0, 1, 0))
CASES: dict[str, dict[str, Any]] = {
    "padding on two sides": {"window": SAME},
    "depthwise": {"window": Window(2, 2, 2, (2, 1), padding=(0, 1, 0, 0)), "depthwise": True},
    "the least rows": {"window": SAME, "least": True},
    "two neuron folds of two beats": {"window": Window(3, 3, 2, (1, 2), (2, 1)), "neuron_folds": 2},
    "dilation": {"window": Window(4, 2, 1, (2, 2), (1, 1), (2, 1), (1, 1, 0, 1))},
    "stride beyond the kernel": {"window": Window(5, 2, 1, (2, 1), (3, 1)), "least": True},
    "a window a cycle": {"window": Window(2, 3, 1, (1, 1), (1, 2))},
    "one dimension": {"window": Window(1, 4, 1, (1, 3), padding=(0, 0, 1, 1))},
    "whole map of two lanes": {"window": Window(2, 2, 2, (2, 2)), "lanes": 2, "bits": 2},
    "one pixel": {"window": Window(1, 1, 1, (1, 1))},
}


@pytest.mark.parametrize("name", every_time(2, list(CASES)))
def test_windows_are_whole_and_in_order_under_any_input_and_use(name: str) -> None:
    assert prove(WindowMemoryHarness(**CASES[name]), 5).proved


@pytest.mark.parametrize("name", every_time(0, list(CASES)))
def test_a_second_frame_is_read(name: str) -> None:
    assert prove(WindowMemoryHarness(**CASES[name]), 50, mode="cover").proved


ROWS = "no row takes the place of one in use"
THERE = "a window is available when its pixels are there"
IN_TIME = "a window whose pixels are there is available"
SEEN = "the reader sees what was accepted"
PADDING = "the reader sees padding outside of the map"
ACCEPTED = "a beat is accepted where a row has a place"
# The line, what stands in its place, and the property that fails first.
BUGS = [
    ("~row_start | ~spare[-1]", "row_start | ~spare[-1]", ROWS),
    ("rows_ahead.all() & (columns_done > right)", "rows_ahead.all()", THERE),
    ("register(m, ready & ~grant,", "register(m, ready,", THERE),
    ("self.in_ready.eq(~held | taken)", "self.in_ready.eq(1)", SEEN),
    ("init=self.rows - 1)", "init=self.rows)", ROWS),
    ("spare.eq(spare - row_done + released)", "spare.eq(spare - row_done)", ACCEPTED),
    ("Mux(self.vector_end, frees, 0)", "frees", ROWS),
    ("Mux(at == self.depth - 1, 0, at + 1)", "at + 1", SEEN),
    ("+ int(bottoms[0]) - int(bottoms[-1])", "- int(bottoms[-1])", THERE),
    ("(self.available & ~self.vector_end)", "self.available", SEEN),
    ("(place < 0)", "(place < -1)", PADDING),
    ('register(m, register(m, padding, "padding"),', 'register(m, padding,', PADDING),
    ("m.d.sync += filling.eq(1)", "m.d.sync += filling.eq(0)", ACCEPTED),
    ("fits & at_end & ~last", "Const(0)", "broken framing is an error"),
    ("fits & last & ~at_end", "fits & last", "an error tells broken framing"),
    ("(filling | early) & ~at_end", "filling & ~at_end", SEEN),
    ("held & ~first & ~within & ~filling", "held & ~within", "an error tells broken framing"),
    ("jump = window.height -", "jump = window.height + 1 -", SEEN),
]


@pytest.mark.parametrize(("line", "bug", "failing"), every_time(3, BUGS))
def test_a_wrong_window_memory_is_found(line: str, bug: str, failing: str) -> None:
    window = Window(2, 2, 1, (1, 2), padding=(0, 0, 1, 0))
    dut = broken(WindowMemory, line, bug)
    harness = WindowMemoryHarness(window, least=True, dut=dut, invariants=False)
    verdict = prove(harness, 25, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

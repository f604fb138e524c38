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


@pytest.mark.parametrize("name", every_time(1, list(CASES)))
def test_windows_are_whole_and_in_order_under_any_input_and_use(name: str) -> None:
    assert prove(WindowMemoryHarness(**CASES[name]), 5).proved


@pytest.mark.parametrize("name", every_time(0, list(CASES)))
def test_a_second_frame_is_read(name: str) -> None:
    assert prove(WindowMemoryHarness(**CASES[name]), 70, mode="cover").proved


ROWS = "no row takes the place of one in use"
THERE = "a window is available when its pixels are there"
IN_TIME = "a window whose pixels are there is available"
SEEN = "the reader sees what was accepted"
PADDING = "the reader sees padding outside of the map"
ACCEPTED = "a beat is accepted where a row has a place"
COMPLETED = "a frame that has ended is completed"
MEETING = "no address is read while written"
NO_ERROR = "an error tells broken framing"
NO_FAULT = "broken framing is an error"
# The line, what stands in its place, and the property that fails first.
BUGS = [
    ("~row_start | ~spare[-1]", "row_start | ~spare[-1]", ROWS),
    ("rows_ahead.all() & (columns_done > right)", "rows_ahead.all()", THERE),
    ('register(m, row_done, "row_counts", reset=True)', "Const(0)", IN_TIME),
    ("(columns_done > right)", "(columns_done >= right)", THERE),
    ("self.in_ready.eq(~held | taken)", "self.in_ready.eq(1)", NO_FAULT),
    ('spare", init=self.rows - 1)', 'spare", init=self.rows)', ROWS),
    ('Mux(self.vector_end, ahead["frees"], 0)', "0", ACCEPTED),
    ('Mux(self.vector_end, ahead["frees"], 0)', 'ahead["frees"]', ROWS),
    ('self.depth, write, "write_address"', 'self.depth + 1, write, "write_address"', MEETING),
    ("+ int(bottoms[0])\n", "+ int(bottoms[0]) - 1\n", THERE),
    ("self.available & ~self.vector_end", "self.available", ROWS),
    ("m.d.sync += filling.eq(1)", "m.d.sync += filling.eq(0)", ACCEPTED),
    ("fits & at_end & ~last", "Const(0)", NO_FAULT),
    ("fits & last & ~at_end", "fits & last", NO_ERROR),
    ("(filling | early) & ~at_end", "filling & ~at_end", COMPLETED),
    ("held & ~first & ~within & ~filling", "held & ~within", NO_ERROR),
    ("jump = window.height -", "jump = window.height + 1 -", SEEN),
    ("self._ring_step(ring_row, below % self.rows, -back)", "(ring_row, Const(-back))", SEEN),
]
PADDING_BUGS = [
    ("place < reach", "place < reach - 1", PADDING),
    ("padding if self.unhurried else", "", SEEN),
    (", -(taps - 1) * apart, apart)", ", 0, apart)", PADDING),
]
FOLD_BUG = ("address.eq(begin_again)", "address.eq(begin + 1)", MEETING)
SMALL: dict[str, Any] = {"window": Window(2, 2, 1, (2, 1)), "least": True}


@pytest.mark.parametrize(
    ("case", "line", "bug", "failing"),
    every_time(
        3,
        [(SMALL, *bug) for bug in BUGS]
        + [({"window": SAME}, *bug) for bug in PADDING_BUGS]
        + [(SMALL | {"neuron_folds": 2}, *FOLD_BUG)],
    ),
)
def test_a_wrong_window_memory_is_found(
    case: dict[str, Any], line: str, bug: str, failing: str
) -> None:
    dut = broken(WindowMemory, line, bug)
    verdict = prove(WindowMemoryHarness(**case, dut=dut, invariants=False), 26, mode="bmc")
    assert (verdict.status, verdict.failing) == ("FAIL", failing)

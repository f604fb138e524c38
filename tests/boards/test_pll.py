"""The PLLs: our search against all settings there are, and against the data sheets' ranges."""

from fractions import Fraction
from itertools import product

import pytest

from fcgen import boards
from fcgen.boards.pll import MHZ, best
from fcgen.boards.toolchains import toolchain

# One of each part: the same part on another board has the same oscillator.
NAMES = ("icebreaker", "ulx3s-25f", "tang-nano-9k", "tang-nano-20k", "tang-primer-20k")
BOARDS = tuple(boards.find(name) for name in NAMES)
TARGETS = (16.9, 20, 25.95, 33.333, 48, 61.7, 93.8, 100, 108, 144.5, 199.99, 212)


def ice40(mhz):
    for r, f, q in product(range(16), range(128), range(1, 7)):
        detector, out = mhz / (r + 1), mhz * (f + 1) / (r + 1) / 2**q
        if 10 <= detector <= 133 and 533 <= out * 2**q <= 1066 and 16 <= out <= 275:
            yield out


def ecp5(mhz):
    for i, n in product(range(1, 129), range(1, 129)):
        oscillator = mhz / i * n
        if 10 <= mhz / i <= 400 and 400 <= oscillator <= 800:
            yield from (oscillator / o for o in range(1, 129) if 3.125 <= oscillator / o <= 400)


def gowin(mhz, oscillator, output):
    for i, f in product(range(1, 65), range(1, 65)):
        out = mhz * f / i
        if mhz / i >= 3 and output[0] <= out <= output[1]:
            for o in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128):
                if oscillator[0] <= out * o <= oscillator[1]:
                    yield out


def everything(board):
    """All clocks that the data sheet allows, in MHz, written a second time."""
    mhz = Fraction(board.clock_hz, MHZ)
    if board.family.name == "gowin":
        small = board.device.name == "gowin-gw1nr9c"
        limits = ((400, 1200), (3.125, 600)) if small else ((500, 1250), (3.90625, 625))
        return set(gowin(mhz, *limits))
    return set({"ice40": ice40, "ecp5": ecp5}[board.family.name](mhz))


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_best_setting_is_the_fastest_of_all_that_are_not_above_the_target(board):
    clocks = everything(board)
    for target in TARGETS:
        found = toolchain(board).setting(board, target * MHZ)
        assert found.hz == max(clock for clock in clocks if clock <= target) * MHZ


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_setting_is_within_the_ranges_of_the_data_sheet(board):
    tools = toolchain(board)
    ranges = tools.ranges(board)
    assert board.clock_hz in ranges.input
    for setting in tools.settings(board):
        assert setting.detector_hz in ranges.detector
        assert setting.oscillator_hz in ranges.oscillator
        assert setting.hz in ranges.output


def output(family, hz, n):
    """The clock that dividers make, as the vendors' guides have it."""
    if family == "ice40":
        return hz * (n["DIVF"] + 1) / (n["DIVR"] + 1) / 2 ** n["DIVQ"]
    if family == "ecp5":
        return hz / n["CLKI_DIV"] * n["CLKFB_DIV"] * n["CLKOP_DIV"] / n["CLKOS_DIV"]
    return hz * (n["FBDIV_SEL"] + 1) / (n["IDIV_SEL"] + 1)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_dividers_make_the_clock_that_is_stated(board):
    for target in TARGETS:
        setting = toolchain(board).setting(board, target * MHZ)
        named = setting.parameters
        assert setting.hz == output(board.family.name, Fraction(board.clock_hz), named)
        for name, value in named.items():
            assert f".{name}({value})" in toolchain(board).clock_module(board, setting, "m")


def test_the_filter_of_an_ice40_follows_its_phase_detector():
    setting = toolchain(boards.find("icebreaker")).setting(boards.find("icebreaker"), 30 * MHZ)
    assert setting.parameters == {"DIVR": 0, "DIVF": 79, "DIVQ": 5, "FILTER_RANGE": 1}


def test_below_the_plls_range_the_oscillator_itself_is_the_clock():
    board = boards.find("icebreaker")
    setting = toolchain(board).setting(board, 13 * MHZ)
    assert (setting.hz, setting.text) == (12 * MHZ, "not used")
    module = toolchain(board).clock_module(board, setting, "boardClock")
    assert "assign clk = pin;" in module
    assert "SB_PLL" not in module
    assert toolchain(board).setting(board, 11 * MHZ) is None


def test_of_equal_clocks_the_fastest_phase_detector_is_taken():
    board = boards.find("tang-nano-9k")
    settings = list(toolchain(board).settings(board))
    found = best(settings, 54 * MHZ)
    assert found.detector_hz == 27 * MHZ
    assert sum(setting.hz == 54 * MHZ for setting in settings) > 1

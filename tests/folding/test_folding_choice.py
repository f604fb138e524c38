"""Goals of a folding: what is chosen, and what is said when nothing meets them."""

import pytest

from fcgen import devices
from fcgen.devices.device import Usage
from fcgen.errors import CheckError, InputError
from fcgen.folding.choice import Folder, Goal
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.hardware.blocks import multiplier_blocks
from fcgen.network.network import End
from fcgen.synthesis.fit import excesses
from network_examples import network

NET = network(16, 64, 32, 32, 5)


def latency(schedule, device):
    mappings = devices.mappings(device, NET, schedule)
    return AcceleratorTiming.of(NET, schedule, mappings).latency


def test_without_a_goal_each_layer_has_one_multiplier():
    choice = Folder(NET, "generic").choose(Goal())
    assert [(folding.pe, folding.simd) for folding in choice.schedule] == [(1, 1)] * 4
    assert choice.clock_mhz == 100
    assert "one multiplier a layer" in choice.lines[0]


def test_a_rate_is_reached_with_few_multipliers_at_the_clock_that_is_named():
    choice = Folder(NET, "generic").choose(Goal(fps=500_000, clock_mhz=50))
    assert choice.schedule.initiation_interval <= 100
    assert choice.schedule.multipliers < NET.macs / 100 * 1.5


def test_the_clock_of_a_device_is_its_estimate():
    choice = Folder(NET, "ecp5-25k").choose(Goal(fps=1_000_000))
    assert 100 < choice.clock_mhz <= 212
    assert choice.clock_mhz * 1e6 / choice.schedule.initiation_interval >= 1_000_000


def test_a_budget_counts_every_multiplier_block_of_the_device():
    choice = Folder(NET, "ecp5-25k").choose(Goal(dsp=20))
    mappings = devices.mappings("ecp5-25k", NET, choice.schedule)
    parts = zip(NET.layers, choice.schedule, mappings, strict=True)
    assert sum(multiplier_blocks(*part) for part in parts) <= 20


def test_the_fastest_that_fits_fits_and_uses_the_device():
    choice = Folder(NET, "ecp5-25k").choose(Goal(fit=True))
    mappings = devices.mappings("ecp5-25k", NET, choice.schedule)
    parts = zip(NET.layers, choice.schedule, mappings, strict=True)
    assert 20 <= sum(multiplier_blocks(*part) for part in parts) <= 28


@pytest.mark.campaign
def test_what_fits_leaves_free_what_is_reserved():
    small, (_, device) = network(16, 24, 5), devices.find("ice40-up5k")
    whole = Folder(small, "ice40-up5k")
    alone = whole.choose(Goal(fit=True)).schedule
    reserve = Usage(device.luts - whole.estimate(alone).usage.lut + 100, 0, 0, 0)
    folder = Folder(small, "ice40-up5k", reserve=reserve)
    schedule = folder.choose(Goal(fit=True)).schedule
    assert schedule.multipliers < alone.multipliers
    assert not excesses(folder.estimate(schedule).usage + reserve, device)
    with pytest.raises(CheckError, match=r"^--fit: ice40-up5k: [0-9,]+ LUT of 5,280"):
        Folder(small, "ice40-up5k", reserve=Usage(5_000, 0, 0, 0)).choose(Goal(fit=True))


@pytest.mark.parametrize("microseconds", [3, 5, 20])
def test_a_latency_is_met_and_a_slower_pace_would_not_meet_it(microseconds):
    folder = Folder(NET, "generic")
    choice = folder.choose(Goal(latency_us=microseconds, clock_mhz=100))
    assert latency(choice.schedule, "generic") <= 100 * microseconds


def test_as_many_output_lanes_as_keep_up():
    wide = network(4, 64)
    assert (
        Folder(wide, "generic").choose(Goal(sizes=((64, 4),))).schedule.foldings[0].output_lanes
        == 64
    )
    best = network(4, 64, end=End("top_k", 2))
    assert (
        Folder(best, "generic").choose(Goal(sizes=((64, 4),))).schedule.foldings[0].output_lanes
        == 1
    )


@pytest.mark.parametrize(
    ("device", "goal", "line"),
    [
        ("generic", Goal(fps=2e8), "--fps: 2e+08: at 100 MHz that is 0 cycles a vector"),
        (
            "generic",
            Goal(latency_us=0.1),
            "--latency-us: 0.1: at 100 MHz that is 10 cycles",
        ),
        ("generic", Goal(dsp=3), "one multiplier a layer costs 4 of 3"),
        ("ice40-hx8k", Goal(fit=True), "--fit: ice40-hx8k:"),
    ],
)
def test_a_goal_that_cannot_be_met_is_said(device, goal, line):
    net = NET if device == "generic" else network(200, 200, 200)
    with pytest.raises(CheckError) as caught:
        Folder(net, device).choose(goal)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        ({"fps": 1.0, "dsp": 4}, "--dsp: with --fps: only one goal can be given"),
        ({"fit": True, "sizes": ((1, 1),)}, "--pe: with --fit: only one goal can be given"),
        ({"fps": -1.0}, "--fps: -1.0: must be positive"),
        ({"clock_mhz": float("inf")}, "--clock: inf: must be positive"),
    ],
)
def test_goals_that_make_no_sense_are_refused(goal, line):
    with pytest.raises(InputError) as caught:
        Goal(**goal)
    assert str(caught.value).startswith(line)


def test_a_device_without_a_size_has_nothing_that_fits():
    with pytest.raises(InputError, match="--fit: generic: has no size"):
        Folder(NET, "generic").choose(Goal(fit=True))


def test_requantizers_get_multipliers_where_the_elements_of_all_layers_leave_some():
    def kinds(*sizes):
        schedule = Folder(NET, "ecp5-25k").choose(Goal(sizes=sizes)).schedule
        return [m.requantizer.kind for m in devices.mappings("ecp5-25k", NET, schedule)]

    assert "soft" not in kinds((1, 1), (1, 1), (1, 1), (1, 1))
    assert set(kinds((28, 1), (16, 1), (8, 1), (2, 1))) == {"soft"}

"""What cannot fit a device or a board is refused from its estimate, before any tool runs."""

from dataclasses import replace

import numpy as np
import pytest

from command_line import run
from fcgen import boards, devices
from fcgen.boards.room import check_board
from fcgen.devices.device import NOTHING, Usage
from fcgen.estimation.for_design import estimate_network
from fcgen.estimation.room import check_room
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.fit import DoesNotFit
from fcgen.tools.wheels import Wheel
from network_examples import dense

OPTIONS = devices.DEFAULT


@pytest.fixture(scope="module")
def large():
    """160,000 weights, of which an iCE40 UP5K has room for 15,000 in its block RAMs."""
    network = Network.single(dense(800, 200))
    schedule = Schedule.chain(network, ((1, 1),))
    return network, schedule, estimate_network(network, schedule, "ice40-up5k")


def test_a_network_with_too_many_weights_is_refused_with_the_boards_that_hold_it(large):
    network, schedule, estimate = large
    with pytest.raises(DoesNotFit) as caught:
        check_board(boards.find("icebreaker"), estimate, network, schedule, OPTIONS)
    rams = estimate.usage.ram + 4
    assert str(caught.value) == (
        f"icebreaker (ice40-up5k): {rams} RAM of 30 ({rams - 30} too many): the network does not "
        "fit; what would fit: with this folding ulx3s-85f, or narrower weights or fewer of them"
    )
    assert caught.value.details["fitting"] == ["ulx3s-85f"]


def test_logic_is_refused_only_where_the_estimate_s_error_cannot_explain_it(large):
    network, schedule, estimate = large
    device = estimate.device
    for lut, refused in ((device.luts + 1, False), (device.luts * 2, True)):
        found = replace(estimate, usage=Usage(lut, 10, 0, 3))
        if not refused:
            check_room(found, network, schedule, OPTIONS)
            continue
        with pytest.raises(DoesNotFit, match=r"10,560 LUT of 5,280 .* a smaller folding"):
            check_room(found, network, schedule, OPTIONS)


def test_what_stands_beside_the_network_counts(large):
    network, schedule, estimate = large
    found = replace(estimate, usage=Usage(10, 10, 0, 28))
    check_room(found, network, schedule, OPTIONS, beside=NOTHING)
    with pytest.raises(DoesNotFit, match="32 RAM of 30"):
        check_room(found, network, schedule, OPTIONS, beside=Usage(0, 0, 0, 4))


@pytest.fixture
def without_tools(monkeypatch):
    def no_tool(*_args, **_options):
        pytest.fail("a tool was run")

    monkeypatch.setattr(Wheel, "run", no_tool)


def test_a_model_that_cannot_fit_is_refused_before_anything_is_written(
    capsys, tmp_path, without_tools
):
    np.savez(tmp_path / "m.npz", w=np.random.default_rng(0).normal(0, 1, (300, 700)))
    (tmp_path / "m.json").write_text(
        '{"format": "fcgen-model-1", "input_shape": [700], '
        '"layers": [{"weight": "w", "name": "a"}]}'
    )
    out = tmp_path / "out"
    words = ("build", tmp_path / "m.npz", "--range", "-1", "1", "--board", "icebreaker", "-o", out)
    outcome = run(capsys, *words)
    assert outcome.code == 1
    assert "RAM of 30" in outcome.error
    assert "what would fit: with this folding ulx3s-85f" in outcome.error
    assert not out.exists()

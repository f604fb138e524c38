"""Foldings of layers in a chain."""

import pytest

from fcgen.errors import InputError
from fcgen.network.network import End
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule
from network_examples import network


def test_a_layer_gives_as_many_lanes_as_the_next_one_takes():
    schedule = Schedule.chain(network(12, 8, 5, 3), ((4, 3), (5, 4), (1, 2)), 3)
    assert [folding.output_lanes for folding in schedule] == [4, 2, 3]
    assert schedule.initiation_interval == max(4 * 2, 2 * 1, 3 * 3)
    assert schedule.multipliers == 12 + 20 + 2


def test_lanes_that_differ_are_refused():
    with pytest.raises(InputError, match="2 output lanes of layer 1: layer 2 takes 1 a beat"):
        Schedule((Folding(4, 4, output_lanes=2), Folding(4, 2)))


def test_a_schedule_is_for_its_network():
    with pytest.raises(InputError, match="1 layers: the network has 2 layers"):
        Schedule.chain(network(4, 3, 2), ((1, 1),))
    with pytest.raises(InputError, match="fold these"):
        Schedule((Folding(4, 3), Folding(3, 3))).check(network(4, 3, 2))


def test_an_end_that_takes_one_output_at_a_time_has_one_lane():
    with pytest.raises(InputError, match="--output-lanes: 2: top_k takes one output at a time"):
        Schedule.chain(network(4, 3), ((1, 1),), 2).check(network(4, 3, end=End("top_k", 2)))

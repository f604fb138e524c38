"""Networks on an iCE40 UP5K whose weights do not fit its block RAMs."""

from dataclasses import replace

import numpy as np
import pytest

from fcgen import accelerator, devices
from fcgen.devices.scratchpads import NeedsWriting
from fcgen.folding.choice import Folder, Goal
from fcgen.hardware.blocks import block_rams_in_use
from fcgen.regression.random_networks import other_values
from fcgen.schedule.schedule import Schedule
from network_examples import network

UP5K = "ice40-up5k"
SIZES = ((2, 1), (2, 1))


def mappings(net, sizes=SIZES):
    return devices.mappings(UP5K, net, Schedule.chain(net, sizes))


def test_as_few_layers_as_needed_stand_in_scratchpads():
    net = network(100, 100, 24).writable()
    found = mappings(net)
    assert [mapping.scratchpad for mapping in found] == [True, False]
    schedule = Schedule.chain(net, SIZES)
    rams = [block_rams_in_use(*part) for part in zip(net.layers, schedule, found, strict=True)]
    assert sum(rams) <= devices.find(UP5K)[1].rams


def test_a_network_that_fits_the_block_rams_needs_no_scratchpad():
    assert not any(mapping.scratchpad for mapping in mappings(network(20, 20, 8).writable()))


def test_weights_that_fit_neither_are_left_to_the_fit():
    net = network(200, 300, 8).writable()
    assert not any(mapping.scratchpad for mapping in mappings(net, ((8, 8), (1, 8))))


def test_fixed_weights_that_would_fit_are_told_how():
    with pytest.raises(NeedsWriting, match=r"weights of fc1 fit the SPRAM.*--runtime-weights"):
        mappings(network(100, 110, 24))


def test_the_fastest_that_fits_uses_the_scratchpads():
    choice = Folder(network(100, 100, 24).writable(), UP5K).choose(Goal(sizes=SIZES))
    assert choice.schedule == Schedule.chain(network(100, 100, 24), SIZES)


@pytest.fixture
def few_rams(monkeypatch):
    """The device with so few block RAMs that a small network does not fit them."""
    _, device = devices.find(UP5K)
    monkeypatch.setattr(devices.ice40.FAMILY, "devices", (replace(device, rams=22),))


@pytest.mark.parametrize("engine", ["amaranth", "icarus"])
def test_all_layers_are_written_before_the_first_vector(tmp_path, engine, few_rams):
    net = network(6, 30, 20).writable()
    made = accelerator.write(net, Schedule.chain(net, SIZES), tmp_path / "d", device=UP5K)
    scratchpads = [mapping.scratchpad for mapping in made.design.mappings]
    assert any(scratchpads)
    assert not all(scratchpads)
    other = other_values(np.random.default_rng(0), net)
    result = made.simulate(engine=engine, vectors=3, parameters=other)
    assert not result.mismatches
    assert "0 vectors before, 3 after" in result.notes[-1]
    assert "no initial contents" in (made.directory / "README.md").read_text()

"""Another training over the bus alone, on both simulators."""

import numpy as np
import pytest

from fcgen import accelerator
from fcgen.network.network import Network
from fcgen.numerics.requantization import Requantization
from fcgen.regression.random_networks import writable_network
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.engines.cosimulation import SIMULATORS
from interface_runs import case_of, cosimulation, expected, run
from network_examples import INT8, dense
from selection import every_time

KINDS = pytest.mark.parametrize("kind", ["axi", "wishbone"])
VECTORS, STALL = 16, 0.3


def training(seed):
    """A network of two layers, with random values for all that training decides."""
    random = np.random.default_rng(seed)
    layers = []
    for inputs, outputs in ((9, 6), (6, 5)):
        constants = Requantization.make(
            outputs,
            INT8,
            multiplier=random.integers(80, 200, outputs),
            offset=random.integers(-2000, 2000, outputs),
            shift=random.integers(11, 15, outputs),
            zero_point=random.integers(-20, 20, outputs),
            lo=random.integers(-128, -60, outputs),
            hi=random.integers(60, 128, outputs),
        )
        layers.append(dense(inputs, outputs, f"fc{inputs}", seed, requantization=constants))
    return writable_network(Network("net", tuple(layers)))


def parameters_of(layer):
    """Return all that training decides."""
    return {"weight": layer.weight, "bias": layer.bias, **layer.requantization.tensors()}


OLD, NEW = training(0), training(100)


@pytest.fixture(scope="module")
def design_of(tmp_path_factory):
    """A design a kind, with the weights of the old training."""
    folder = tmp_path_factory.mktemp("designs")
    schedule = Schedule.chain(OLD, ((4, 2), (2, 3)), 2)
    return {
        kind: accelerator.write(OLD, schedule, folder / kind, interface=kind).design
        for kind in ("axi", "wishbone")
    }


def test_the_trainings_differ_in_every_kind_of_parameter():
    assert OLD.structure_hash == NEW.structure_hash
    for layer, other in zip(OLD.layers, NEW.layers, strict=True):
        ours, theirs = parameters_of(layer), parameters_of(other)
        assert not [name for name in ours if np.array_equal(ours[name], theirs[name])]


@KINDS
@pytest.mark.parametrize("simulator", every_time(1, SIMULATORS))
def test_a_design_at_rest_becomes_another_training_by_its_bus_alone(
    kind, simulator, design_of, tmp_path
):
    design = design_of[kind]
    case = case_of(design, VECTORS, STALL, 1, NEW)
    words = sum(memory["words"] for memory in design.manifest.runtime_weights["memories"])
    assert len(np.unique(case.writes[:, 0])) == len(case.writes) == words
    with cosimulation(design, simulator) as built:
        found = run(built, kind, ["retraining"], case, tmp_path)["retraining"]
    half = VECTORS // 2
    old, new = expected(OLD, case), expected(NEW, case)
    assert (old[half:] != new[half:]).mean() > 0.8
    assert np.array_equal(found["before"], old[:half])
    assert np.array_equal(found["back"], case.writes[:, 1])
    assert np.array_equal(found["after"], new[half:])


@KINDS
def test_a_soft_reset_right_behind_the_last_parameter_loses_none(kind, design_of, tmp_path):
    case = case_of(design_of[kind], VECTORS, 0, 1, NEW)
    with cosimulation(design_of[kind], "icarus") as built:
        found = run(built, kind, ["hasty"], case, tmp_path)["hasty"]
    assert np.array_equal(found["back"], case.writes[:, 1])
    assert np.array_equal(found["after"], expected(NEW, case))

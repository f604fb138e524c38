"""Tops for other systems: their emitted Verilog on simulators, against bus models.

The models of AXI are cocotbext-axi's, that of Wishbone is `wishbone_bus`.
"""

from functools import cache

import numpy as np
import pytest

from designs import small_layer
from fcgen import accelerator
from fcgen.network.network import Network
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.simulation.engines.cosimulation import Cosimulation
from interface_runs import case_of, cosimulation, run
from selection import every_time

OLD, NEW = small_layer(runtime=True), small_layer(seed=9, runtime=True)
FOLDING = Folding(12, 7, 3, 5, 2, 8)
VECTORS, STALL = 24, 0.4
SCENARIOS = {
    "axi": ("traffic", "frames", "registers", "weights"),
    "wishbone": ("traffic", "overrun", "registers", "weights"),
}
KINDS = pytest.mark.parametrize("kind", SCENARIOS)


@pytest.fixture(scope="module")
def design_of(tmp_path_factory):
    """Designs by kind, each written once."""

    @cache
    def written(kind):
        folder = tmp_path_factory.mktemp(kind) / "d"
        return accelerator.write(OLD, FOLDING, folder, interface=kind).design

    return written


@pytest.fixture(scope="module")
def built_for(design_of):
    """Simulations in Icarus by kind, each built once."""
    open_ones: dict[str, Cosimulation] = {}
    contexts = []

    def built(kind):
        if kind not in open_ones:
            contexts.append(cosimulation(design_of(kind), "icarus"))
            open_ones[kind] = contexts[-1].__enter__()
        return open_ones[kind]

    yield built
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture
def on_icarus(built_for, design_of, tmp_path):
    """Run one scenario; return the case and what was seen."""

    def ran(kind, scenario, wrong=False):
        case = case_of(design_of(kind), VECTORS, STALL, 1, Network.single(NEW), wrong)
        return case, run(built_for(kind), kind, [scenario], case, tmp_path)[scenario]

    return ran


@KINDS
def test_outputs_are_those_of_the_reference_under_random_traffic(kind, on_icarus):
    case, found = on_icarus(kind, "traffic")
    assert np.array_equal(found["outputs"], forward(OLD, case.inputs))
    assert (found["vectors"], found["errors"]) == (VECTORS, 0)


@KINDS
def test_registers_refuse_what_they_must_and_count_cycles(kind, on_icarus):
    case, found = on_icarus(kind, "registers")
    assert np.array_equal(found["output"], forward(OLD, case.inputs[1:2])[0])
    low, cycles, later = found["cycles"]
    assert low < cycles < later
    assert later - cycles >= 100


@KINDS
def test_weights_are_replaced_between_two_vectors(kind, on_icarus):
    case, found = on_icarus(kind, "weights")
    half = VECTORS // 2
    assert np.array_equal(found["outputs"][:half], forward(OLD, case.inputs[:half]))
    assert np.array_equal(found["outputs"][half:], forward(NEW, case.inputs[half:]))
    assert np.array_equal(found["back"], case.writes[:, 1])


def test_a_frame_of_wrong_length_is_dropped_and_flagged_each_time(on_icarus):
    case, found = on_icarus("axi", "frames", wrong=True)
    right = case.lengths == case.source.beats
    assert 4 < right.sum() < VECTORS - 4
    assert np.array_equal(found["outputs"], forward(OLD, case.inputs[right]))
    assert np.array_equal(found["flags"], ~right)
    assert found["design_error"].tolist() == [1, 0]  # before and after the soft reset
    assert found["vectors"] == 0


def test_a_bus_that_writes_or_reads_too_much_gets_a_flag_and_the_rest_is_right(on_icarus):
    case, found = on_icarus("wishbone", "overrun")
    flags, overflow = found["flags"]
    assert flags == overflow
    expected = np.resize(forward(OLD, case.inputs), found["drained"].shape)
    assert len(expected) >= 8
    assert np.array_equal(found["drained"], expected)
    assert np.array_equal(found["outputs"], forward(OLD, case.inputs[:3]))


@pytest.mark.parametrize("kind", every_time(0, list(SCENARIOS)))
def test_verilator_gives_the_same_of_values_that_fill_no_whole_bytes(kind, tmp_path):
    inputs = {"activation": IntegerFormat(11, True), "raw": True, "runtime": True}
    old, other = (small_layer(seed=seed, **inputs) for seed in (3, 4))
    design = accelerator.write(old, FOLDING, tmp_path / "d", interface=kind).design
    case = case_of(design, VECTORS, STALL, 2, Network.single(other), wrong=True)
    with cosimulation(design, "verilator") as built:
        found = run(built, kind, SCENARIOS[kind], case, tmp_path)
    expected, new = forward(old, case.inputs), forward(other, case.inputs)
    assert (expected < 0).any()
    half = VECTORS // 2
    mixed = np.concatenate([expected[:half], new[half:]])
    assert np.array_equal(found["traffic"]["outputs"], expected)
    assert np.array_equal(found["weights"]["outputs"], mixed)

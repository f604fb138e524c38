import re
import subprocess

import pytest

from fcgen import devices
from fcgen.devices.device import Usage
from fcgen.devices.ice40 import DUAL, REQUANTIZERS, SINGLE, SOFT
from fcgen.errors import InputError
from fcgen.tools import programs as tools
from mapped_layers import layer_of, mapping_of, written
from selection import every_time

UP5K, HX8K = "ice40-up5k", "ice40-hx8k"


def scratchpad_layer(*, runtime=True):
    """Weights that are too many for the block RAMs."""
    return layer_of(520, 32, runtime=runtime)


@pytest.mark.parametrize(
    ("weight_bits", "activation_bits", "pack", "unit"),
    [
        (8, 8, "auto", DUAL),
        (4, 8, "2", DUAL),
        (8, 8, "1", SINGLE),
        (9, 8, "auto", SINGLE),
        (8, 16, "auto", SINGLE),
        (3, 8, "1", SINGLE),
    ],
)
def test_operands_of_eight_bits_share_a_multiplier(weight_bits, activation_bits, pack, unit):
    layer = layer_of(weight_bits=weight_bits, activation_bits=activation_bits)
    assert mapping_of(UP5K, layer, pack=pack).unit == unit


@pytest.mark.parametrize(("device", "weight_bits"), [(UP5K, 3), (HX8K, 3), (HX8K, 8), (HX8K, 16)])
def test_narrow_weights_and_all_of_an_hx8k_are_in_look_up_tables(device, weight_bits):
    mapping = mapping_of(device, layer_of(weight_bits=weight_bits))
    assert (mapping.unit.kind, mapping.requantizer.kind == "soft") == ("soft", device == HX8K)


def test_the_requantizer_leaves_the_multipliers_to_the_elements():
    assert mapping_of(UP5K, layer_of(40, 20), pe=4).requantizer == REQUANTIZERS[0]
    assert mapping_of(UP5K, layer_of(40, 20), pe=16).requantizer == SOFT


@pytest.mark.parametrize(
    ("device", "bits", "pack", "soft_macs", "message"),
    [
        (UP5K, 9, "2", 0, "--pack: 2: weights of 9 and activations of 8 bits do not pack"),
        (HX8K, 8, "2", 0, "--pack: 2: ice40-hx8k has no multiplier; use --pack auto"),
        (HX8K, 8, "auto", 1, "--soft-macs: 1: all elements of ice40-hx8k are in look-up tables"),
    ],
)
def test_options_that_do_not_fit_are_refused(device, bits, pack, soft_macs, message):
    with pytest.raises(InputError, match=re.escape(message)):
        mapping_of(device, layer_of(weight_bits=bits), pack=pack, soft_macs=soft_macs)


def test_weights_that_do_not_fit_the_block_rams_stand_in_the_scratchpads():
    assert mapping_of(UP5K, scratchpad_layer(), pe=8).scratchpad
    assert not mapping_of(UP5K, layer_of(runtime=True), pe=8).scratchpad


def test_weights_that_do_not_fit_the_scratchpads_either_are_left_to_the_fit():
    assert not mapping_of(UP5K, scratchpad_layer(), pe=16).scratchpad


def test_scratchpads_need_runtime_weights():
    message = r"--device: ice40-up5k: the layer takes \d+ of 30 block RAMs.*--runtime-weights"
    with pytest.raises(InputError, match=message):
        mapping_of(UP5K, scratchpad_layer(runtime=False), pe=8)


@pytest.mark.parametrize(
    ("layer", "pack", "usage", "mhz"),
    [
        (layer_of(40, 20), "auto", Usage(0, 0, 8, 1), 167),
        (layer_of(40, 20), "1", Usage(0, 0, 8, 1), 110),
        (scratchpad_layer(), "auto", Usage(0, 0, 8, 1, 4), 70),
    ],
)
def test_the_slowest_block_in_use_caps_the_clock(layer, pack, usage, mhz):
    family, device = devices.find(UP5K)
    mapping = mapping_of(UP5K, layer, pe=8 if pack == "1" or usage.scratchpad else 16, pack=pack)
    assert family.cap(device, "", mapping, usage).mhz == mhz


def test_nothing_is_known_to_cap_an_hx8k():
    family, device = devices.find(HX8K)
    mapping = mapping_of(HX8K, layer_of())
    assert family.cap(device, "", mapping, Usage(0, 0, 0, 1)) is None


@pytest.mark.parametrize(
    ("device", "weight_bits", "pe", "soft_macs"),
    [(UP5K, 8, 3, 0), (UP5K, 8, 4, 2), (UP5K, 2, 4, 0), (UP5K, 12, 4, 0), (HX8K, 8, 4, 0)],
)
def test_a_mapped_layer_equals_the_reference(tmp_path, device, weight_bits, pe, soft_macs):
    layer = layer_of(weight_bits=weight_bits)
    made = written(tmp_path / "d", device, layer, pe=pe, simd=2, soft_macs=soft_macs)
    result = made.simulate(engine="amaranth", stall=0.3, vectors=6)
    assert not result.mismatches


@pytest.mark.parametrize(
    ("engine", "stall"),
    every_time(
        1,
        [
            ("icarus", 0.3),
            ("compiled", 0),
            ("amaranth", 0.3),
            ("amaranth", 0),
            ("icarus", 0),
            ("compiled", 0.3),
        ],
    ),
)
def test_scratchpads_are_written_before_the_first_vector(tmp_path, engine, stall):
    made = written(tmp_path / "d", UP5K, scratchpad_layer(), pe=8)
    result = made.simulate(engine=engine, stall=stall, vectors=2)
    assert not result.mismatches
    assert "0 vectors before, 2 after" in result.notes[-1]


def test_unwritten_scratchpads_give_other_outputs(tmp_path, monkeypatch):
    made = written(tmp_path / "d", UP5K, scratchpad_layer(), pe=8)
    monkeypatch.setattr("fcgen.simulation.simulate.update_of", lambda *_: None)
    assert made.simulate(engine="amaranth", vectors=2).mismatches


def test_the_readme_says_that_weights_are_written_at_start(tmp_path):
    made = written(tmp_path / "d", UP5K, scratchpad_layer(), pe=8)
    assert "have no initial contents" in (made.directory / "README.md").read_text()
    other = written(tmp_path / "e", UP5K, layer_of(runtime=True))
    assert "have no initial contents" not in (other.directory / "README.md").read_text()


def test_the_bench_of_the_design_writes_them_too(tmp_path):
    made = written(tmp_path / "d", UP5K, scratchpad_layer(), pe=8)
    tool = tools.icarus()
    command = [*tool.command, "-g2012", "-Wall", "-o", "tb.vvp", "-f", "files.f", "tb.sv"]
    built = subprocess.run(command, cwd=made.directory, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    ran = subprocess.run(
        ["vvp", "-n", "tb.vvp"], cwd=made.directory, capture_output=True, text=True, check=False
    )
    assert ran.stdout == "PASS: 8 vectors, 256 output beats\n"

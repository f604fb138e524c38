import json

import pytest

from command_line import run
from designs import small_layer, write_small
from fcgen import accelerator as accelerators
from fcgen.schedule.folding import Folding

PROMISED = (
    *("lut", "ff", "dsp", "ram", "fmax_capped_mhz", "fmax_cap_reason", "initiation_interval"),
    *("latency", "inferences_per_second", "gmac_per_second", "fits"),
)
LAYER = ("estimate", 12, 7, "--pe", 3, "--simd", 4, "--device", "ecp5-25k")


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    layer, out = small_layer(), tmp_path_factory.mktemp("design") / "small"
    return accelerators.write(layer, Folding(12, 7, 3, 4), out, device="ecp5-25k")


def values(capsys, *words):
    outcome = run(capsys, *words, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_the_promised_keys_are_there(capsys):
    found = values(capsys, *LAYER)
    assert found["estimate"] is True
    assert all(found[key] is not None for key in PROMISED)


def test_no_clock_is_above_the_cap(capsys):
    for speed in "678":
        found = values(capsys, *LAYER, "--speed", speed)
        assert found["fmax_capped_mhz"] <= found["fmax_cap_mhz"]


def test_a_design_and_its_layer_have_the_same_estimate(capsys, design):
    of_design = values(capsys, "estimate", design.directory)
    assert of_design == {**design.estimate().as_dict()}
    assert of_design["latency"] == design.design.latency
    assert of_design["initiation_interval"] == design.design.initiation_interval


def test_the_table_names_the_device_and_the_clock(capsys, design):
    outcome = run(capsys, "estimate", design.directory)
    assert "ecp5-25k, speed 6" in outcome.out
    assert " Fmax " in outcome.out
    assert "UnusedElaboratable" not in outcome.err


def test_what_does_not_fit_is_said_with_what_would(capsys):
    words = ("estimate", 64, 64, "--pe", 64, "--simd", 2, "--device", "ecp5-25k", "--pack", 1)
    found = values(capsys, *words)
    assert found["fits"] is False
    assert found["fmax_capped_mhz"] is None
    assert found["fitting_device"] == "ecp5-85k"
    assert "the design does not fit" in run(capsys, *words).out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((12, 7), "--device: missing: must be given"),
        ((12, 7, "--device", "generic"), "--device: generic: is no device"),
        ((12, 7, "--device", "ecp6"), "--device: ecp6: is not a known device"),
        ((12, 7, "--device", "ecp5-25k", "--pe", 8), "--pe: 8: must be 1 to M"),
        (("12y", 7, "--device", "ecp5-25k"), "DIR|SHAPE: 12y: must be N or CxHxW"),
        (("nowhere",), "DIR|SHAPE: nowhere: is not the directory of a design"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_code_2(capsys, words, message):
    outcome = run(capsys, "estimate", *words)
    assert outcome.code == 2
    assert outcome.error.startswith(message)


def test_an_option_that_the_design_decides_is_refused(capsys, design):
    outcome = run(capsys, "estimate", design.directory, "--pe", 2)
    assert outcome.code == 2
    assert outcome.error.startswith("--pe: 2: ")


def test_a_design_for_no_device_is_refused(capsys, tmp_path):
    out = tmp_path / "generic"
    write_small(out)
    outcome = run(capsys, "estimate", out)
    assert (outcome.code, "mapped to no device" in outcome.error) == (2, True)

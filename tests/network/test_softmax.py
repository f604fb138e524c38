"""Networks that end in a softmax: their JSON, their cycles, their designs, and what is said."""

import io
import json
import re
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

import fcgen
from fcgen.cli import main
from fcgen.design.design import Design
from fcgen.design.loaded_parameters import load_parameters
from fcgen.errors import CheckError, InputError
from fcgen.estimation.for_design import estimate_network
from fcgen.folding.choice import Folder, Goal
from fcgen.network.network import End, Network
from fcgen.network.reference import run as run_reference
from fcgen.network.reference import trace
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import RealMap
from fcgen.quantization.answers import answer
from fcgen.regression.random_networks import random_network_case
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.simulate import simulate
from fcgen.tools import programs as tools
from network_examples import network
from onnx_examples import mlp, save


def ending(*widths, bits=8, scale=0.05, **fields):
    return network(*widths, end=End("softmax", bits=bits), scores=RealMap.scaled(scale), **fields)


def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("net", [ending(6, 5, 4), ending(6, 5, bits=16, raw=True, scale=1e-5)])
def test_a_network_survives_its_json(net):
    again = Network.from_json(net.to_json())
    assert again.to_json() == net.to_json()
    assert again.structure_hash == net.structure_hash
    x = np.random.default_rng(0).integers(-128, 128, (9, 6))
    assert np.array_equal(run_reference(again, x), run_reference(net, x))


def test_the_reals_of_the_outputs_decide_not_their_codes():
    x = np.random.default_rng(0).integers(-128, 128, (50, 6))
    steps = RealMap((("subtract", 3.0), ("divide", 8.0), ("multiply", 0.5)))
    net = replace(ending(6, 5, 4), scores=steps)
    reals = steps(trace(net, x)[-1]).astype(float)
    powers = np.exp(reals - reals.max(1, keepdims=True))
    errors = run_reference(net, x) / 256 - powers / powers.sum(1, keepdims=True)
    assert np.abs(errors).max() <= net.softmax.largest_error


def test_the_table_is_part_of_the_structure_and_the_bits_are():
    net = ending(6, 5, 4)
    assert net.structure_hash == ending(6, 5, 4).structure_hash
    assert net.structure_hash != ending(6, 5, 4, scale=0.06).structure_hash
    assert net.structure_hash != ending(6, 5, 4, bits=9).structure_hash


def test_as_many_probabilities_leave_as_there_are_outputs():
    net = ending(6, 5, 4, bits=11)
    assert (net.outputs, net.output_format) == (4, IntegerFormat(11, False))


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: network(4, 3, end=End("softmax")), "end: softmax: the network does not know what"),
        (lambda: ending(4, 1), "end: softmax: that of a single output is always 1; use --end val"),
        (lambda: ending(4, 2, scale=[1.0, 2.0]), "end: softmax: needs outputs that share one pos"),
        (lambda: End("softmax", bits=1), "end: 1 bits: probabilities have 2 to 16; choose another"),
        (lambda: End("softmax", bits=17), "end: 17 bits: probabilities have 2 to 16; choose"),
        (lambda: End("argmax", bits=9), "end: 9 bits: argmax has no probabilities; leave them out"),
    ],
)
def test_what_has_no_softmax_is_refused(make, line):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(line)


def test_probabilities_stand_for_themselves_and_have_the_class_of_the_outputs():
    net = ending(6, 5, 4)
    x = np.random.default_rng(0).integers(-128, 128, (200, 6))
    outputs = run_reference(net, x)
    assert answer(net, outputs) is outputs
    assert np.array_equal(answer(net, outputs, upto="probabilities"), outputs / 256)
    reals = answer(net, outputs, dequantize=True)
    assert reals.dtype == np.float32
    assert np.array_equal(reals, outputs / 256)
    scores = trace(net, x)[-1]
    assert np.array_equal(answer(net, outputs, upto="class"), scores.argmax(1))
    with pytest.raises(InputError, match="--upto: softmax: the hardware gives probabilities"):
        answer(net, outputs, upto="logits")


@pytest.mark.parametrize(
    ("net", "sizes"),
    [
        (ending(6, 5, 7), ((1, 1), (1, 1))),
        (ending(6, 11), ((11, 6),)),  # the end sets the pace: 11 cycles for a layer of one
        (ending(2, 2), ((2, 2),)),
        (ending(5, 3, raw=True, scale=1e-4, bits=16), ((3, 5),)),
    ],
)
def test_interval_and_latencies_are_those_of_the_formulas(net, sizes):
    design = Design.unwritten(net, Schedule.chain(net, sizes))
    result = simulate(design, engine="amaranth", vectors=20)
    assert not result.mismatches
    intervals = result.run.intervals()
    wanted = max(folding.initiation_interval for folding in design.schedule)
    assert design.initiation_interval == max(wanted, net.outputs)
    assert set(intervals[4:].tolist()) == {design.initiation_interval}
    assert result.latency_measured == design.latency
    assert result.latency_first_measured == design.manifest.latency_first
    assert design.latency - design.manifest.latency_first == net.outputs - 1


def test_no_more_multipliers_are_taken_than_one_output_a_cycle_needs():
    folder = Folder(ending(8, 16, 32), "generic")
    for goal in (Goal(dsp=600), Goal(fps=10**8 / 32, clock_mhz=100)):
        schedule = folder.choose(goal).schedule
        assert schedule.foldings[-1].output_lanes == 1
        assert (schedule.initiation_interval, schedule.multipliers) == (32, 4 + 16)


def test_a_rate_that_one_output_a_cycle_does_not_reach_is_refused():
    with pytest.raises(CheckError) as caught:
        Folder(ending(8, 16, 32), "generic").choose(Goal(fps=10**7, clock_mhz=100))
    assert str(caught.value) == (
        "--fps: 1e+07: at 100 MHz that is 10 cycles a vector, and the outputs alone take 32; "
        "at most 3,125,000 can be had"
    )


@pytest.mark.parametrize(
    ("net", "rams"),
    [
        (ending(16, 10), 1),  # powers; the rings of a few scores stand in look-up tables
        (ending(16, 200, raw=True, scale=1e-5), 5 + 2),  # 4,096 powers of 19 bits; rings
    ],
)
def test_an_estimate_counts_every_part(net, rams):
    plain, found = (
        estimate_network(one, Schedule.chain(one, ((2, 2),)), "ecp5-25k").usage
        for one in (replace(net, end=End()), net)
    )
    assert found.ram - plain.ram == rams
    assert found.lut - plain.lut > 300
    assert found.ff - plain.ff > 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("softmax")
    save(mlp(12, 9, 5), folder / "net.onnx")
    x = np.random.default_rng(7).normal(0, 1, (60, 12)).astype(np.float32)
    np.save(folder / "x.npy", x)
    words = ["--calibration", folder / "x.npy", "--end", "softmax", "--pe", "3,5", "--json"]
    code, out, err = run("compile", folder / "net.onnx", "-o", folder / "d", *words)
    assert code == 0, err
    (folder / "compile.json").write_text(out)
    return folder


def test_the_bound_stands_in_json_manifest_readme_and_summary(folder):
    bound = fcgen.open(folder / "d").network.softmax.largest_error
    for file in (folder / "compile.json", folder / "d" / "manifest.json"):
        stated = json.loads(file.read_text())["softmax"]["largest_error"]
        assert bound <= stated < 1.01 * bound
    said = f"at most {stated:g} from the"
    assert said in run("summary", folder / "d")[1]
    assert "differs by at most" in (folder / "d" / "README.md").read_text()


def test_the_page_of_a_design_states_the_bound_and_repeats_the_end(folder, tmp_path):
    pytest.importorskip("matplotlib")
    code, _, err = run("report", folder / "d", "-o", tmp_path / "page.html")
    assert code == 0, err
    page = re.sub("<[^>]+>", "", (tmp_path / "page.html").read_text())
    assert "Probabilities: steps of 1/256, at most" in page
    assert "--end softmax --probability-bits 8" in page


@pytest.mark.parametrize("engine", ["icarus", "compiled"])
def test_the_emitted_verilog_computes_it(engine, folder):
    code, out, _ = run("simulate", folder / "d", "--engine", engine, "--stall", "0.3", "--json")
    assert code == 0
    assert json.loads(out)["mismatches"] == 0


def test_the_bench_of_the_design_runs_alone(folder):
    tool = tools.icarus()
    command = [*tool.command, "-g2012", "-Wall", "-o", folder / "tb.vvp", "-f", "files.f", "tb.sv"]
    built = subprocess.run(command, cwd=folder / "d", capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    bench = ["vvp", "-n", folder / "tb.vvp"]
    ran = subprocess.run(bench, cwd=folder / "d", capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("PASS: 8 vectors, 40 output beats")


def test_the_command_line_gives_probabilities_and_classes(folder, tmp_path):
    simulate = ["simulate", folder / "d", "--inputs", folder / "x.npy", "--engine", "reference"]
    found = {}
    for upto in ("probabilities", "class"):
        code, _, err = run(*simulate, "--outputs", tmp_path / "o.npy", "--upto", upto)
        assert code == 0, err
        found[upto] = np.load(tmp_path / "o.npy")
    model = fcgen.load(folder / "net.onnx")
    logits = model.forward(np.load(folder / "x.npy"))
    powers = np.exp(logits)
    assert np.abs(found["probabilities"] - powers / powers.sum(1, keepdims=True)).max() < 0.05
    assert np.array_equal(found["class"], found["probabilities"].argmax(1))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["--probability-bits", "9"],
            "--probability-bits: 9: has an effect with --end softmax alone; add --end softmax",
        ),
        (
            ["--end", "softmax", "--probability-bits", "1"],
            "end: 1 bits: probabilities have 2 to 16; choose another number",
        ),
        (
            ["--end", "softmax", "--output-lanes", "2"],
            "--output-lanes: 2: softmax takes one output at a time; use 1",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused_in_a_line(words, line, folder, tmp_path):
    given = ["--calibration", folder / "x.npy", *words]
    code, _, err = run("compile", folder / "net.onnx", "-o", tmp_path / "d", *given)
    assert code == 2
    assert line in err
    assert not (tmp_path / "d").exists()


def test_other_weights_must_have_the_scale_of_the_design_s_table(tmp_path):
    design, file = ending(6, 5, 4).writable(), tmp_path / "other.json"
    file.write_text(ending(6, 5, 4).to_json())
    assert load_parameters(design, file)[0].softmax.digest == design.softmax.digest
    file.write_text(ending(6, 5, 4, scale=0.1).to_json())
    with pytest.raises(InputError, match=r"scale of the outputs: 0.1: the softmax of the design"):
        load_parameters(design, file)


def test_random_networks_have_softmaxes_and_are_otherwise_those_of_the_seed():
    cases = [random_network_case(0, index) for index in range(60)]
    chosen = [case.index for case in cases if case.network.softmax is not None]
    assert chosen == [11, 26, 28, 37, 50, 53, 56, 58]
    assert cases[28].description == "2→2 1x2 uint1·uint5 softmax gap=0.94 stall=0.3 resets=0"
    assert any(cases[index].written for index in chosen)

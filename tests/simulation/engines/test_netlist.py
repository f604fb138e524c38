import json
import re
from dataclasses import replace

import numpy as np
import pytest

from command_line import run
from designs import write_small
from fcgen.design.stimuli import stimuli
from fcgen.devices.ecp5 import Ecp5
from fcgen.network.reference import forward
from fcgen.simulation.engines.cosimulation import Cosimulation
from fcgen.simulation.engines.streaming import StreamOptions
from fcgen.synthesis.for_simulation import with_netlist
from netlist_layers import LAYERS
from selection import every_time

NETLISTS = [
    ("ecp5-25k", "packed"),
    ("gowin-gw1nr9c", "ternary"),
    ("ice40-up5k", "packed"),
    *(
        ("ecp5-25k", name)
        for name in ("block", "soft-macs", "ternary", "raw", "runtime", "cascaded")
    ),
    *(("ice40-up5k", name) for name in ("block", "runtime")),
    *(("gowin-gw1nr9c", name) for name in ("block", "runtime")),
]
BROKEN = [
    ("ecp5-25k", r'(REGMODE_[AB]\()"OUTREG"', r'\1"NOREG"'),
    ("gowin-gw1nr9c", r"(PIPE_REG\()1'h1", r"\g<1>1'h0"),
    ("ice40-up5k", r"(_8x8_MULT_REG\()1'h1", r"\g<1>1'h0"),
    ("ecp5-25k", r'(REG_PIPELINE_CLK\()"CLK0"', r'\1"NONE"'),
    ("ice40-up5k", r"(READ_MODE\()2'h1", r"\g<1>2'h2"),
    ("gowin-gw1nr9c", r"(READ_MODE\()1'h0", r"\g<1>1'h1"),
]
DISTURBED = StreamOptions(gap=0.2, stall=0.3, seed=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write a layer for a device, once."""
    made = {}

    def write(name, device):
        if (name, device) not in made:
            folder = tmp_path_factory.mktemp("netlists") / name
            made[name, device] = LAYERS[name].write(folder, device)
        return made[name, device]

    return write


def vectors_of(layer, count):
    return stimuli(layer.activation_format, layer.inputs, count, 0)


def outputs_on_netlist(design, inputs):
    with Cosimulation(design, "icarus") as bench:
        return bench.stream(inputs, DISTURBED).outputs


@pytest.mark.parametrize(("device", "name"), every_time(2, NETLISTS))
def test_a_netlist_equals_the_reference(device, name, written):
    layer = LAYERS[name]
    result = written(name, device).simulate(
        engine="icarus",
        netlist=True,
        stall=0.3,
        vectors=layer.vectors,
        parameters=layer.network(seed=1) if layer.runtime else None,
    )
    assert not result.mismatches
    assert result.vectors == layer.vectors


@pytest.mark.parametrize(("device", "pattern", "by"), every_time(2, BROKEN))
def test_a_wrong_parameter_of_a_primitive_is_caught(device, pattern, by, written, tmp_path):
    design, _ = with_netlist(written("block", device).design)
    *models, netlist = design.netlist
    broken = tmp_path / netlist.name
    text, places = re.subn(pattern, by, netlist.read_text())
    broken.write_text(text)
    assert places
    inputs = vectors_of(design.layer, 5)
    wrong = outputs_on_netlist(replace(design, netlist=(*models, broken)), inputs)
    assert not np.array_equal(wrong, forward(design.layer, inputs))


@pytest.mark.parametrize(
    "engine", ["compiled", pytest.param("verilator", marks=pytest.mark.campaign)]
)
def test_other_engines_read_the_netlist_too(engine, written):
    result = written("block", "ecp5-25k").simulate(
        engine=engine, netlist=True, stall=0.3, vectors=50
    )
    assert not result.mismatches


def test_the_netlist_takes_the_cycles_of_the_design(written):
    design = written("block", "ecp5-25k").design
    result = written("block", "ecp5-25k").simulate(engine="icarus", netlist=True, vectors=4)
    assert result.latency_measured == design.latency
    assert result.initiation_interval_measured == design.initiation_interval


def test_wrongly_framed_vectors_and_resets_are_met_by_the_netlist(written):
    design, _ = with_netlist(written("block", "ecp5-25k").design)
    options = StreamOptions(gap=0.2, stall=0.2, resets=3, seed=3)
    with Cosimulation(design, "icarus") as bench:
        accepted, outputs = bench.broken_framing(vectors_of(design.layer, 20), options)
    assert len(accepted)
    assert np.array_equal(outputs, forward(design.layer, accepted))


def test_the_command_says_that_it_was_the_netlist(written, capsys):
    directory = written("block", "ecp5-25k").directory
    words = ("simulate", directory, "--netlist", "--engine", "icarus", "--vectors", 2)
    values = json.loads(run(capsys, *words, "--json").out)
    assert (values["engine"], values["netlist"], values["mismatches"]) == ("icarus", True, 0)
    assert "--netlist" in values["repeat"].split()
    assert values["notes"][0].startswith("netlist for ecp5-25k: ")


def test_without_the_option_it_is_the_verilog(written):
    result = written("block", "ecp5-25k").simulate(engine="reference", vectors=1)
    assert result.netlist is False
    assert "netlist" not in " ".join(result.lines())


def test_a_design_without_a_device_has_no_netlist(tmp_path, capsys):
    design = write_small(tmp_path / "d")
    outcome = run(capsys, "simulate", design.directory, "--netlist")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1] == (
        "fcgen: error: --netlist: generic: a design without a device has no netlist; "
        "write it again with --device"
    )


def test_a_family_without_models_is_refused(written, capsys, monkeypatch):
    monkeypatch.setattr(Ecp5, "models", ())
    outcome = run(capsys, "simulate", written("block", "ecp5-25k").directory, "--netlist")
    assert outcome.code == 2
    assert "--netlist: ecp5-25k: there are no models of the cells of ecp5" in outcome.err


@pytest.mark.parametrize("engine", ["amaranth", "reference"])
def test_an_engine_that_reads_no_verilog_is_refused(engine, written, capsys):
    directory = written("block", "ecp5-25k").directory
    outcome = run(capsys, "simulate", directory, "--netlist", "--engine", engine)
    assert outcome.code == 2
    assert f"--engine: {engine}: cannot read a netlist; use compiled" in outcome.err

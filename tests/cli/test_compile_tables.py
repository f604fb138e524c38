"""A model with sigmoids from its ONNX file to a design, through the command line."""

import json

import numpy as np
import onnxruntime
import pytest

import fcgen
from command_line import run
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.network.reference import trace
from fcgen.quantization.export_onnx import CODES, VALUES
from fcgen.regression.random_networks import random_network_case
from onnx_examples import mlp, save


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    save(mlp(12, 9, 7, 5, activation="Sigmoid"), folder / "net.onnx")
    np.save(folder / "x.npy", np.random.default_rng(7).normal(0, 2, (300, 12)).astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def design(folder):
    from fcgen.cli import main

    words = ["--calibration", folder / "x.npy", "--pe", "3,7,2", "--simd", "2,3,7", "-q"]
    words += ["--export-onnx", folder / "twin.onnx", "--output-lanes", "2", "-o", folder / "d"]
    assert main(["compile", *map(str, (folder / "net.onnx", *words))]) == 0
    return folder / "d"


def test_a_compiled_network_of_sigmoids_predicts_what_its_twin_says(design, folder):
    x = np.random.default_rng(1).normal(0, 2, (500, 12)).astype(np.float32)
    values, codes = onnxruntime.InferenceSession(folder / "twin.onnx").run(
        [VALUES, CODES], {"x": x}
    )
    accelerator = fcgen.open(design)
    found = accelerator.predict(x, engine="compiled")
    assert np.array_equal(found, codes)
    assert np.array_equal(accelerator.network.output(found), values)
    real = fcgen.load(folder / "net.onnx").forward(x)
    assert np.sqrt(np.mean((values - real) ** 2)) < 0.05 * real.std()


@pytest.mark.parametrize("engine", ["amaranth", "icarus", "compiled"])
def test_an_engine_computes_a_network_of_sigmoids_under_stalls(engine, design, capsys):
    outcome = run(capsys, "simulate", design, "--engine", engine, "--stall", "0.4", "--json")
    assert json.loads(outcome.out)["mismatches"] == 0


def test_cycles_of_a_network_of_sigmoids_are_those_of_the_formulas(design, capsys):
    values = json.loads(run(capsys, "simulate", design, "--json").out)
    found = fcgen.open(design).design
    assert values["initiation_interval_measured"] == found.initiation_interval == 18
    assert values["latency_measured"] == found.latency
    assert values["latency_first_measured"] == found.manifest.latency_first
    timing = AcceleratorTiming.of(found.network, found.schedule, found.mappings)
    assert [layer.table_latency for layer in timing.layers] == [2, 2, 0]


def test_a_design_tells_of_its_tables(design, capsys):
    layers = json.loads((design / "manifest.json").read_text())["layers"]
    formats = {"index": {"bits": 10, "signed": True}, "output": {"bits": 8, "signed": True}}
    assert layers[0]["arithmetic"]["table"] == {"name": "sigmoid", **formats}
    assert "table" not in layers[2]["arithmetic"]
    assert "int10, sigmoid → int8" in (design / "README.md").read_text()
    assert "fc1 (Dense, sigmoid)" in run(capsys, "summary", design).out
    values = json.loads(run(capsys, "summary", design, "--json").out)["layers"]
    assert [layer["table"] for layer in values] == ["sigmoid", "sigmoid", None]
    assert [layer["table_index_format"] for layer in values] == ["int10", "int10", None]


def test_a_wrong_table_is_found_in_its_layer(design, folder, capsys, tmp_path):
    words = ["--calibration", folder / "x.npy", "-q", "-o", tmp_path / "d"]
    assert run(capsys, "compile", folder / "net.onnx", *words).code == 0
    layer = fcgen.open(tmp_path / "d").network.layers[1]
    image = next(
        path for path in (tmp_path / "d").glob("table_*.hex") if holds(path, layer.table.entries)
    )
    lines = image.read_text().split()
    image.write_text("".join(f"{255 - int(line, 16):02x}\n" for line in lines))
    outcome = run(capsys, "simulate", tmp_path / "d", "--force")
    assert outcome.code == 1
    assert "the first wrong layer is fc2 (2 of 3), neuron " in outcome.out


def holds(path, entries):
    """Whether an image has these entries; the first half is that of codes from 0 on."""
    values = [int(line, 16) for line in path.read_text().split()]
    return values == [int(entry) & 255 for entry in np.roll(entries, len(entries) // 2)]


@pytest.mark.campaign
def test_the_block_rams_of_tables_are_in_the_estimate(folder, capsys, tmp_path):
    found = {}
    for bits in (4, 10, 12):
        words = ["--calibration", folder / "x.npy", "-q", "--device", "ecp5-25k"]
        words += ["--table-bits", bits, "--simd", "2,3,7", "-o", tmp_path / "d"]
        assert run(capsys, "compile", folder / "net.onnx", *words).code == 0
        found[bits] = json.loads(run(capsys, "estimate", tmp_path / "d", "--json").out)
    # Three lanes of the first table and seven of the second, one of 1,024 bytes or two halves.
    assert found[10]["ram"] - found[4]["ram"] == 10
    assert found[12]["ram"] - found[4]["ram"] == 20
    assert found[4]["lut"] > 0


def test_random_networks_have_tables_between_their_layers():
    cases = [random_network_case(0, index) for index in range(30)]
    networks = [case.network for case in cases]
    tables = [layer.table for network in networks for layer in network.layers if layer.table]
    layers = sum(len(network.layers) for network in networks)
    assert layers / 6 < len(tables) < layers / 2
    assert len({table.index for table in tables}) > 5
    for network in networks[:5]:
        largest = network.layers[0].activation_format.maximum
        assert trace(network, np.full((1, network.inputs), largest))

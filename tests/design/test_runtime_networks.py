"""Networks whose weights are written at run time: from the command line to every engine."""

import io
import json
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

from fcgen import accelerator
from fcgen.cli import main
from fcgen.design.design import Design
from fcgen.errors import InputError
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.network.network import End, Network
from fcgen.regression.random_networks import other_values, random_network_case
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.simulate import simulate
from fcgen.tools import programs as tools
from network_examples import network
from numerics.test_activation_table import square


def run(*words):
    """Exit code, stdout and stderr of a call; a fixture of a module has no capsys."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


def other(net, seed=1):
    return other_values(np.random.default_rng(seed), net)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A design of three layers, two of them of one structure, and another training of it."""
    folder = tmp_path_factory.mktemp("runtime")
    plain = network(6, 6, 6, 4, end=End("argmax"))
    (folder / "one.json").write_text(plain.to_json())
    (folder / "two.json").write_text(other(plain).to_json())
    code, _, err = run(
        *("compile", folder / "one.json", "-o", folder / "d", "--runtime-weights", "--json"),
        *("--pe", "3,2,1", "--simd", "2,3,1", "--end", "argmax"),
    )
    assert code == 0, err
    return folder


@pytest.mark.parametrize("engine", ["amaranth", "icarus", "compiled"])
def test_another_training_is_written_and_read_back_in_mid_stream(engine, folder):
    code, out, err = run(
        *("simulate", folder / "d", "--engine", engine, "--stall", "0.3", "--vectors", 12),
        *("--load-weights", folder / "two.json", "--json"),
    )
    assert (code, json.loads(out)["mismatches"]) == (0, 0), err
    assert "parameter words written and read back; 6 vectors before, 6 after" in err


def test_a_directory_of_a_network_is_a_training_too(folder):
    code, _, err = run(
        *("simulate", folder / "d", "--engine", "reference", "--load-weights", folder / "d"),
    )
    assert code == 0, err


def test_named_tensors_replace_those_of_their_layers_alone(folder):
    design = Design.open(folder / "d")
    weight = -np.ones((6, 6), int)
    np.savez(folder / "w.npz", **{"fc2.weight": weight, "fc3.bias": np.arange(4)})
    layers = list(design.network.layers)
    layers[1] = replace(layers[1], weight=weight)
    layers[2] = replace(layers[2], bias=np.arange(4))
    expected = replace(design.network, layers=tuple(layers))
    code, out, err = run(
        *("simulate", folder / "d", "--engine", "compiled", "--load-weights", folder / "w.npz"),
        *("--outputs", folder / "y.npy", "--vectors", 40),
    )
    assert (code, "0 mismatches" in out) == (0, True), err
    found = simulate(design, engine="reference", parameters=expected, vectors=40).outputs
    assert np.array_equal(np.load(folder / "y.npy")[20:], found[20:, 0])


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (network(6, 6, 5, 4), "fc2: outputs: 5: the design has 6; quantize with"),
        (network(6, 4), "1 layers: the design has 3; quantize with"),
        (network(6, 6, 6, 4, raw=True), "fc3: requantization: none: the design has one;"),
    ],
)
def test_another_structure_is_refused_with_what_differs(found, line, folder, tmp_path):
    (tmp_path / "other.json").write_text(found.to_json())
    code, _, err = run("simulate", folder / "d", "--load-weights", tmp_path / "other.json")
    assert code == 2
    assert line in err
    assert f"--load-weights: {tmp_path}/other.json: " in err


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        ({"fc9.weight": np.ones((6, 6), int)}, "fc9.weight.npy: is not a known entry (LAYER.KEY"),
        ({"fc1.weight": np.ones((5, 6), int)}, "fc1.weight: shape (5, 6): the layer needs (6, 6)"),
        ({"fc1.weight": np.full((6, 6), 200)}, "fc1: weight"),
        ({"fc1.weight": np.ones((6, 6))}, "must hold integer codes"),
        ({}, "no entry: holds no values; give LAYER.weight or LAYER.bias"),
    ],
)
def test_bad_tensors_are_refused_with_their_name(entries, line, folder, tmp_path):
    np.savez(tmp_path / "w.npz", **entries)
    code, _, err = run("simulate", folder / "d", "--load-weights", tmp_path / "w.npz")
    assert code == 2
    assert line in err
    assert err.count("\n") == 1


def test_fixed_weights_cannot_be_loaded(folder):
    code, _, _ = run("compile", folder / "one.json", "-o", folder / "fixed")
    assert code == 0
    code, _, err = run("simulate", folder / "fixed", "--load-weights", folder / "two.json")
    assert code == 2
    assert "the weights of this design are fixed; make it with --runtime-weights" in err


def test_the_manifest_maps_addresses_to_layers_tensors_and_indices(folder):
    design = Design.open(folder / "d")
    described = json.loads((folder / "d" / "manifest.json").read_text())["runtime_weights"]
    assert [memory["layer"] for memory in described["memories"]] == sorted(
        memory["layer"] for memory in described["memories"]
    )
    changed = [layer.weight.copy() for layer in design.network.layers]
    chain = ParameterChain.of(design.network, design.schedule, design.mappings)
    words = dict(chain.writes(design.network.layers))
    scale = int(described["address"].split(" * ")[1].split()[0])
    names = ["fc1", "fc2", "fc3"]
    seen = [np.zeros_like(weight) for weight in changed]
    for number, memory in enumerate(described["memories"]):
        if memory["tensor"] != "weight":
            continue
        layer = names.index(memory["layer"])
        folding = design.schedule.foldings[layer]
        for word in range(memory["words"]):
            neuron_fold, synapse_fold = divmod(word, folding.synapse_folds)
            for part in memory["packed"]:
                m = neuron_fold * folding.pe + part["element"]
                n = synapse_fold * folding.simd + part["lane"]
                code = words[number * scale + word] >> part["bit"] & 255
                if m < folding.outputs and n < folding.inputs:
                    seen[layer][m, n] = (code ^ 128) - 128
    for found, layer in zip(seen, design.network.layers, strict=True):
        assert np.array_equal(found, layer.weight)


def test_the_summary_says_that_weights_can_be_written(folder):
    _, out, _ = run("summary", folder / "d")
    assert "writable at run time" in out
    _, out, _ = run("summary", folder / "d", "--json")
    assert json.loads(out)["runtime_weights"] is True


def test_a_wrong_layer_of_a_writable_network_is_named(folder, tmp_path):
    made = accelerator.open(folder / "d")
    image = next(path for path in made.design.images if path.name.startswith("fc2_weights"))
    text = image.read_text()
    try:
        image.write_text("".join(f"{'7f' * (len(x) // 2)}\n" for x in text.split()))
        code, out, err = run("simulate", folder / "d", "--force", "--vectors", 60)
    finally:
        image.write_text(text)
    assert code == 1
    assert "the first wrong layer is fc2 (2 of 3)" in out + err


def test_a_table_keeps_its_entries_which_are_structure_then():
    table = square()
    first, second = network(5, 4, 3).layers
    second = replace(second, activation_format=table.output)
    with_table = Network("n", (replace(first, table=table), second)).writable()
    entries = np.roll(table.entries, 1)
    changed = replace(with_table.layers[0], table=replace(table, entries=entries))
    other_table = replace(with_table, layers=(changed, with_table.layers[1]))
    assert other_table.structure_hash != with_table.structure_hash
    design = Design.unwritten(with_table, Schedule.chain(with_table, ((2, 1), (1, 2))))
    with pytest.raises(InputError, match="the weights belong to another structure"):
        simulate(design, engine="amaranth", parameters=other_table)
    found = simulate(design, engine="amaranth", parameters=other(with_table), vectors=8)
    assert not found.mismatches


def test_all_layers_have_run_time_weights_or_none():
    first, second = network(5, 4, 3).layers
    with pytest.raises(InputError, match="fc2: runtime_weights: either all layers have"):
        Network("n", (replace(first, runtime_weights=True), second))


def test_a_layer_whose_worst_bias_has_no_room_is_named():
    first = replace(network(5, 4).layers[0], bias=np.full(4, 2**31 - 1), input_zero_point=-100)
    with pytest.raises(InputError, match="fc1: bias: 2147483647: with the input zero point -100"):
        Network("n", (first,), End("argmax")).writable()


def test_the_accumulators_are_as_wide_as_the_formats_need():
    plain = network(60, 5, 3, raw=True)
    fixed, free = plain.layers, plain.writable().layers
    for before, after in zip(fixed, free, strict=True):
        worst = before.inputs * 128 * 128 + 2**31
        assert after.accumulator_width == worst.bit_length() + 1 > before.accumulator_width


def test_the_bench_of_the_design_runs_alone(folder):
    tool = tools.icarus()
    command = [*tool.command, "-g2012", "-Wall", "-o", folder / "tb.vvp", "-f", "files.f", "tb.sv"]
    built = subprocess.run(command, cwd=folder / "d", capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    ran = subprocess.run(
        ["vvp", "-n", folder / "tb.vvp"],
        cwd=folder / "d",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.startswith("PASS")


def test_random_networks_are_written_in_mid_stream_now_and_then():
    cases = [random_network_case(0, index) for index in range(60)]
    written = [case for case in cases if case.written is not None]
    assert 5 < len(written) < 30
    assert all(case.written.structure_hash == case.network.structure_hash for case in written)
    assert all(case.written.weights_hash != case.network.weights_hash for case in written)
    assert any(case.network.end.kind == "argmax" for case in written)
    assert any(layer.table for case in written for layer in case.network.layers)

import dataclasses
import json

import numpy as np
import pytest

import fcgen
from designs import change_first_digit, small_layer, write_small
from fcgen.errors import CheckError, InputError, ToolError
from fcgen.network.reference import forward
from fcgen.simulation.engines.choice import ENGINES
from fcgen.simulation.simulate import simulate
from fcgen.tools import programs as tools


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("simulate") / "d").design


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    made = write_small(tmp_path_factory.mktemp("simulate") / "r", small_layer(runtime=True))
    return made.design


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A design with one wrong weight, opened with force."""
    made = write_small(tmp_path_factory.mktemp("simulate") / "b", small_layer(raw=True))
    change_first_digit(made.directory / "weights_0.hex")
    return fcgen.open(made.directory, force=True).design


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_outputs_of_the_reference(engine, design):
    result = simulate(design, engine=engine, vectors=6, stall=0.3)
    assert result.engine == engine
    assert result.checked
    assert not result.mismatches
    assert np.array_equal(result.outputs, forward(design.layer, result.inputs))


@pytest.mark.parametrize("engine", ["compiled", "amaranth"])
def test_undisturbed_runs_measure_the_promised_cycles(engine, design):
    result = simulate(design, engine=engine, vectors=6)
    assert result.initiation_interval_measured == design.initiation_interval
    assert result.latency_measured == design.latency
    assert result.latency_first_measured == design.manifest.latency_first


def test_disturbed_runs_measure_nothing(design):
    result = simulate(design, engine="compiled", vectors=6, stall=0.5)
    assert result.initiation_interval_measured is None
    assert result.latency_measured is None
    assert result.cycles > 6 * design.initiation_interval


def test_maps_are_flattened(tmp_path):
    layer = dataclasses.replace(small_layer(), input_shape=(3, 2, 2))
    made = write_small(tmp_path / "d", layer)
    maps = np.random.default_rng(0).integers(-128, 128, (5, 3, 2, 2), dtype=np.int8)
    assert np.array_equal(made.predict(maps), forward(layer, maps.reshape(5, 12)))


def test_of_given_inputs_the_first_ones_are_used(design):
    inputs = np.arange(24).reshape(2, 12)
    result = simulate(design, inputs, vectors=1, engine="reference", source="x.npy")
    assert result.vectors == 1
    assert "--inputs x.npy" in result.repeat


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((2, 11), np.int8), "shape"),
        (np.zeros(12, np.int8), "shape"),
        (np.zeros((2, 12)), "dtype float64"),
        (np.full((2, 12), 128), "128: at .* is outside of int8"),
        (np.zeros((0, 12), np.int8), "0 vectors: at least one is needed"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, message, design):
    with pytest.raises(InputError, match=message):
        simulate(design, inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "spice"}, "--engine: spice: must be one of reference, amaranth, icarus"),
        ({"stall": 1.0}, "--stall: 1.0: must be 0 to 0.99"),
        ({"stall": -0.1}, "--stall: -0.1"),
        ({"stall": float("nan")}, "--stall: nan"),
        ({"vectors": 0}, "--vectors: 0: must be positive"),
        ({"seed": -1}, "--seed: -1: must not be negative"),
        ({"waves": True, "engine": "compiled"}, "--waves: compiled: records no waveform"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message, design):
    with pytest.raises(InputError, match=message):
        simulate(design, **options)


@pytest.mark.parametrize("engine", ["compiled", "icarus"])
def test_a_wrong_weight_is_found_with_place_and_command(engine, broken):
    result = simulate(broken, engine=engine, vectors=6)
    wrong = result.mismatches[0]
    neurons = {mismatch.neuron for mismatch in result.mismatches}
    assert len(neurons) == 1
    assert (wrong.vector, wrong.expected - wrong.got) in [(0, 128 * -128), (0, 128 * 128)]
    assert wrong.cycle == result.run.output_cycles[0, wrong.neuron // 2]
    lines = result.lines()
    assert "weights_0.hex" in lines[0]
    assert (
        f"vector 0, neuron {wrong.neuron}: expected {wrong.expected}, got {wrong.got}"
        in "".join(lines)
    )
    assert lines[-1] == (
        f"repeat with: fcgen simulate {broken.directory} --engine {engine} --stall 0 "
        "--vectors 6 --seed 0 --force"
    )


def test_without_check_nothing_is_compared(broken):
    result = simulate(broken, engine="compiled", vectors=6, check=False)
    assert not result.checked
    assert not result.mismatches
    assert "not compared with the reference" in result.lines()


def test_a_broken_protocol_comes_with_the_command_that_repeats_it(design, tmp_path, monkeypatch):
    monkeypatch.setattr("fcgen.simulation.engines.streaming.tail", lambda design: 0)
    monkeypatch.setattr("fcgen.simulation.engines.compiled_job.watchdog", lambda design, options: 0)
    with pytest.raises(CheckError, match=r"nothing was accepted .*; repeat with: fcgen simulate"):
        simulate(design, engine="compiled", vectors=2)


def test_results_as_json_are_plain(broken):
    text = json.dumps(simulate(broken, engine="compiled", vectors=30).as_dict())
    values = json.loads(text)
    assert values["vectors"] == 30
    assert values["mismatches"] >= len(values["first_mismatches"]) == 10


def test_without_compiler_the_amaranth_simulator_runs_and_says_so(design, monkeypatch):
    def absent():
        raise ToolError("c++: not there")

    monkeypatch.setattr(tools, "compiler", absent)
    result = simulate(design, vectors=2)
    assert result.engine == "amaranth"
    assert result.notes == ("engine amaranth, because compiled is not available: c++: not there",)


@pytest.mark.parametrize("stall", [0.0, 0.3])
def test_weights_are_loaded_between_two_vectors(stall, runtime):
    new = small_layer(seed=3, runtime=True)
    result = simulate(runtime, engine="compiled", vectors=40, stall=stall, parameters=new)
    held = result.run.held_after
    assert 20 <= held < 40
    assert not result.mismatches
    assert np.array_equal(result.outputs[held:], forward(new, result.inputs[held:]))
    assert "parameter words written and read back" in result.notes[-1]


def test_weights_cannot_be_loaded_into_fixed_memories(design):
    with pytest.raises(
        InputError, match=r"--load-weights: .* fixed; emit it with --runtime-weights"
    ):
        simulate(design, parameters=small_layer(seed=3))


def test_weights_of_another_structure_are_refused(runtime):
    other = small_layer(outputs=8, runtime=True)
    with pytest.raises(InputError, match=r"--load-weights: .*another structure"):
        simulate(runtime, parameters=other)


def test_what_open_gives_predicts_and_describes_itself(design):
    accelerator = fcgen.open(design.directory)
    inputs = np.ones((3, 12), np.int64)
    assert np.array_equal(accelerator.predict(inputs), forward(design.layer, inputs))
    assert accelerator.layer.macs == 84
    assert accelerator.folding.pe == 3
    assert accelerator.notes == ()
    assert str(design.directory) in repr(accelerator)


def test_the_command_that_repeats_a_run_has_all_of_its_options(runtime):
    inputs = np.zeros((4, 12), np.int8)
    result = simulate(
        runtime,
        inputs,
        engine="reference",
        stall=0.25,
        seed=3,
        check=False,
        parameters=runtime.layer,
        source="my x.npy",
        parameters_source="w.npz",
    )
    assert result.repeat == (
        f"fcgen simulate {runtime.directory} --engine reference --stall 0.25 --vectors 4 --seed 3 "
        "--inputs 'my x.npy' --load-weights w.npz --no-check"
    )


@pytest.mark.parametrize(("vectors", "notes"), [(None, 0), (1, 0), (2, 0), (3, 1)])
def test_less_inputs_than_asked_for_are_said(vectors, notes, design):
    inputs = np.zeros((2, 12), np.int8)
    result = simulate(design, inputs, vectors=vectors, engine="reference", source="x.npy")
    assert len(result.notes) == notes
    assert set(result.notes) <= {"--vectors: 3: x.npy has 2, all were used"}


def test_work_is_announced_after_the_options_are_checked(design):
    said: list[str] = []
    with pytest.raises(InputError):
        simulate(design, engine="compiled", waves=True, progress=said.append)
    assert not said
    simulate(design, engine="reference", vectors=1, progress=said.append)
    assert said == ["simulating"]

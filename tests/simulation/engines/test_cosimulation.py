import numpy as np
import pytest

from designs import small_layer, write_small
from faulty_layers import ENDINGS, FAULTS, INPUTS, write_layer
from fcgen.design.stimuli import stimuli
from fcgen.errors import CheckError, ToolError
from fcgen.network.network import Network
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.simulation.engines import amaranth_engine
from fcgen.simulation.engines.cosimulation import SIMULATORS, Cosimulation, bench_directory
from fcgen.simulation.engines.parameters import update
from fcgen.simulation.engines.streaming import StreamFault, StreamOptions
from selection import every_time

INT8 = IntegerFormat(8, True)
OPTIONS = [
    StreamOptions(gap=0.3, stall=0.94, seed=1),
    StreamOptions(gap=0.2, stall=0.2, resets=8, seed=3),
    StreamOptions(),
    StreamOptions(gap=0.94, stall=0.3, seed=2),
    StreamOptions(period=3),
]


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("cosimulation") / "d").design


@pytest.fixture(scope="module", params=SIMULATORS)
def bench(request, design):
    with Cosimulation(design, request.param) as bench:
        yield bench


def vectors_of(design, vectors=20):
    return stimuli(design.layer.activation_format, design.layer.inputs, vectors, 0)


@pytest.mark.parametrize("options", every_time(2, OPTIONS), ids=str)
def test_emitted_and_described_hardware_do_the_same_in_the_same_cycles(options, bench, design):
    inputs = vectors_of(design)
    run, described = bench.stream(inputs, options), amaranth_engine.run(design, inputs, options)
    assert np.array_equal(run.outputs, forward(design.layer, inputs))
    assert np.array_equal(run.output_cycles, described.output_cycles)


@pytest.mark.parametrize("options", every_time(2, OPTIONS[:4]), ids=str)
def test_wrongly_framed_vectors_are_dropped_by_the_rules(options, bench, design):
    accepted, outputs = bench.broken_framing(vectors_of(design, 60), options)
    assert np.array_equal(outputs, forward(design.layer, accepted))
    assert len(accepted) >= (1 if options.resets else 10)


@pytest.mark.parametrize("options", every_time(2, OPTIONS[:4]), ids=str)
def test_the_described_hardware_drops_wrongly_framed_vectors_too(options, design):
    inputs = vectors_of(design, 60)
    accepted, outputs = amaranth_engine.run_broken_framing(design, inputs, options)
    assert np.array_equal(outputs, forward(design.layer, accepted))


@pytest.mark.parametrize("simulator", every_time(2, ["icarus", "amaranth", "verilator"]))
def test_new_parameters_take_effect_between_two_vectors(simulator, tmp_path):
    old, new = small_layer(runtime=True), small_layer(seed=9, runtime=True)
    design = write_small(tmp_path / "d", old).design
    inputs, options = vectors_of(design), StreamOptions(gap=0.2, stall=0.2, seed=4)
    change = update(design, Network.single(new), after=10)
    if simulator == "amaranth":
        run = amaranth_engine.run(design, inputs, options, change)
    else:
        with Cosimulation(design, simulator) as bench:
            run = bench.stream(inputs, options, change)
    held = run.held_after
    assert 10 <= held < 20
    assert np.array_equal(run.outputs[:held], forward(old, inputs[:held]))
    assert np.array_equal(run.outputs[held:], forward(new, inputs[held:]))
    assert np.array_equal(run.read_back, change.writes[:, 1])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_protocol_is_found(fault, tmp_path):
    changes, message = FAULTS[fault]
    design = write_layer(tmp_path, **changes)
    options = StreamOptions(gap=0.3, stall=0.5, seed=1)
    with Cosimulation(design, "icarus") as bench, pytest.raises(StreamFault, match=message):
        bench.stream(stimuli(INT8, INPUTS, 20, 0), options)


def test_an_unknown_output_is_found(tmp_path):
    design = write_layer(tmp_path, PAYLOAD="^ {15'd0, 1'bx}")
    with Cosimulation(design, "icarus") as bench, pytest.raises(StreamFault, match="unknown"):
        bench.stream(stimuli(INT8, INPUTS, 2, 0), StreamOptions())


def test_an_error_flag_that_stays_low_is_found(tmp_path):
    design = write_layer(tmp_path)
    with Cosimulation(design, "icarus") as bench, pytest.raises(StreamFault):
        bench.broken_framing(stimuli(INT8, INPUTS, 20, 0), StreamOptions())


@pytest.mark.parametrize("simulator", every_time(1, SIMULATORS))
def test_a_simulation_that_ends_itself_says_why(simulator, tmp_path):
    design = write_layer(tmp_path, FINISH=ENDINGS["fatal"])
    with Cosimulation(design, simulator) as bench, pytest.raises(CheckError, match="ended itself"):
        bench.stream(stimuli(INT8, INPUTS, 20, 0), StreamOptions())


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_verilog_that_does_not_compile_names_the_simulator(simulator, tmp_path):
    design = write_layer(tmp_path, VALID="&& nothing_of_that_name")
    with pytest.raises(ToolError, match=f"{simulator}: cannot build the design: .*nothing_of"):
        Cosimulation(design, simulator)


def test_a_waveform_is_recorded(design, tmp_path):
    file = tmp_path / "x.fst"
    with Cosimulation(design, "icarus", file) as bench:
        bench.stream(vectors_of(design, 2), StreamOptions())
    assert file.stat().st_size > 100


def test_nothing_is_left_behind(design, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = {path.name for path in design.directory.iterdir()}
    with Cosimulation(design, "icarus") as bench:
        bench.stream(vectors_of(design, 2), StreamOptions())
    assert not list(tmp_path.iterdir())
    assert {path.name for path in design.directory.iterdir()} == names


def test_missing_benches_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("fcgen.__file__", str(tmp_path / "a" / "b" / "__init__.py"))
    with pytest.raises(ToolError, match="not found beside the package"):
        bench_directory()

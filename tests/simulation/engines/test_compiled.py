import os

import numpy as np
import pytest

from designs import small_layer, write_small
from faulty_layers import ENDINGS, FAULTS, INPUTS, write_layer
from fcgen.design.stimuli import stimuli
from fcgen.errors import CheckError, ToolError
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.simulation.engines import compiled, library
from fcgen.simulation.engines.streaming import StreamFault, StreamOptions

INT8 = IntegerFormat(8, True)
DISTURBED = StreamOptions(gap=0.3, stall=0.5, seed=1)


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("compiled") / "d").design


def vectors_of(design, vectors):
    return stimuli(design.layer.activation_format, design.layer.inputs, vectors, 0)


@pytest.mark.parametrize(
    "options",
    [
        StreamOptions(),
        DISTURBED,
        StreamOptions(gap=0.94, seed=2),
        StreamOptions(stall=0.94, seed=3),
        StreamOptions(gap=0.2, stall=0.2, resets=25, seed=4),
        StreamOptions(period=3),
    ],
    ids=str,
)
def test_outputs_equal_the_reference(options, design):
    inputs = vectors_of(design, 300)
    run = compiled.run(design, inputs, options)
    assert np.array_equal(run.outputs, forward(design.layer, inputs))


def test_cycles_are_those_promised(design):
    run = compiled.run(design, vectors_of(design, 50), StreamOptions(), workers=1)
    assert set(run.intervals().tolist()) == {design.initiation_interval}
    assert run.output_cycles[0, -1] - run.first_input[0] == design.latency
    assert run.output_cycles[0, 0] - run.first_input[0] == design.manifest.latency_first


def test_several_models_share_the_vectors_in_order(design):
    inputs = vectors_of(design, 50)
    run = compiled.run(design, inputs, StreamOptions(), workers=3)
    assert run.streams == (17, 17, 16)
    assert np.array_equal(run.outputs, forward(design.layer, inputs))
    assert len(run.intervals()) == 47


def test_the_seed_decides_the_cycles(design):
    inputs = vectors_of(design, 20)
    first = compiled.run(design, inputs, DISTURBED, workers=1)
    again = compiled.run(design, inputs, DISTURBED, workers=1)
    other = compiled.run(design, inputs, StreamOptions(gap=0.3, stall=0.5, seed=2), workers=1)
    assert np.array_equal(first.output_cycles, again.output_cycles)
    assert not np.array_equal(first.output_cycles, other.output_cycles)


@pytest.mark.parametrize(
    ("activation", "inputs", "simd", "lanes"),
    [
        (IntegerFormat(1, False), 40, 37, 1),  # 37 bits in: two words in one port
        (IntegerFormat(16, True), 40, 40, 7),  # 640 bits in
        (IntegerFormat(5, False), 3, 3, 2),
    ],
    ids=str,
)
def test_ports_of_any_width_are_driven(activation, inputs, simd, lanes, tmp_path):
    layer = small_layer(inputs, 7, raw=True, activation=activation)
    design = write_small(tmp_path / "d", layer, pe=2, simd=simd, lanes=lanes).design
    vectors = vectors_of(design, 40)
    run = compiled.run(design, vectors, DISTURBED, optimise=0)
    assert np.array_equal(run.outputs, forward(layer, vectors))


def test_the_working_directory_stays(design):
    before = os.getcwd()
    compiled.run(design, vectors_of(design, 2), StreamOptions())
    assert os.getcwd() == before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_protocol_is_found(fault, tmp_path):
    changes, message = FAULTS[fault]
    design = write_layer(tmp_path, **changes)
    with pytest.raises(StreamFault, match=message):
        compiled.run(design, stimuli(INT8, INPUTS, 20, 0), DISTURBED, workers=1, optimise=0)


def test_the_layer_without_a_fault_passes(tmp_path):
    design, inputs = write_layer(tmp_path), stimuli(INT8, INPUTS, 20, 0)
    run = compiled.run(design, inputs, DISTURBED, workers=1, optimise=0)
    assert np.array_equal(run.outputs, inputs)


def test_an_unused_lane_that_is_not_zero_is_found(tmp_path):
    design = write_layer(tmp_path, PAYLOAD="| {last, 15'd0}")
    design.output_stream = type(design.output_stream)(3, 2, 8, signed=True)
    with pytest.raises(StreamFault, match=r"vector 0, output beat 1, .*unused output lane"):
        compiled.run(design, stimuli(INT8, INPUTS, 5, 0), StreamOptions(), optimise=0)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_that_ends_itself_is_an_error_of_this_process(ending, tmp_path):
    design = write_layer(tmp_path, FINISH=ENDINGS[ending])
    with pytest.raises(CheckError, match=f"the simulation ended itself: .*{ending}"):
        compiled.run(design, stimuli(INT8, INPUTS, 20, 0), StreamOptions(), optimise=0)


def test_what_a_model_prints_before_its_end_is_said(tmp_path):
    design = write_layer(tmp_path, FINISH=ENDINGS["fatal"])
    with pytest.raises(CheckError, match="too many cooks"):
        compiled.run(design, stimuli(INT8, INPUTS, 20, 0), StreamOptions(), optimise=0)


def test_a_missing_image_is_an_error(tmp_path):
    design = write_small(tmp_path / "d").design
    (design.directory / "weights_0.hex").unlink()
    with pytest.raises(CheckError, match=r"weights_0\.hex"):
        compiled.run(design, vectors_of(design, 2), StreamOptions())


def test_a_library_is_built_once_for_one_structure(design, tmp_path, monkeypatch):
    compiled.run(design, vectors_of(design, 2), StreamOptions())
    other = write_small(tmp_path / "d", small_layer(seed=5)).design
    monkeypatch.setattr(library, "run_tool", None)  # whoever builds now fails
    inputs = vectors_of(other, 30)
    outputs = compiled.run(other, inputs, StreamOptions()).outputs
    assert np.array_equal(outputs, forward(other.layer, inputs))


def test_verilog_that_does_not_compile_names_the_tool_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "cache_directory", lambda: tmp_path / "cache")
    design = write_layer(tmp_path, VALID="&& nothing_of_that_name")
    with pytest.raises(ToolError, match=r"verilator.*rror.*nothing_of_that_name"):
        compiled.run(design, stimuli(INT8, INPUTS, 2, 0), StreamOptions())
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]

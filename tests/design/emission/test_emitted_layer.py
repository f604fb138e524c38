"""The emission of whole layers, as other tools see it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from design.emission.verilog_tools import PLAIN, icarus_says, prove_equal, verilator_says, write
from fcgen.design import verilog
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC
from fcgen.schedule.memory_cut import RamShape
from fcgen.tools import yosys
from selection import every_time

INT8 = IntegerFormat(8, True)
SHAPES = {
    "one multiplier": (7, 5, 1, 1, 1),
    "dividing": (24, 12, 4, 6, 2),
    "not dividing": (45, 10, 4, 7, 3),
    "one fold": (6, 9, 9, 6, 9),
}


def layer(shape=(24, 12, 4, 6, 2), *, raw=False, runtime_weights=False):
    inputs, outputs, pe, simd, lanes = shape
    random = np.random.default_rng(0)
    requantization = None
    if not raw:
        requantization = Requantization(
            multiplier=random.integers(-200, 200, outputs),
            offset=np.zeros(outputs, np.int64),
            shift=np.full(outputs, 12),
            zero_point=np.zeros(outputs, np.int64),
            lo=np.full(outputs, -128),
            hi=np.full(outputs, 127),
            output=INT8,
        )
    network = DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=random.integers(-128, 128, (outputs, inputs), np.int8),
        bias=random.integers(-1000, 1000, outputs),
        weight_format=INT8,
        activation_format=INT8,
        requantization=requantization,
        runtime_weights=runtime_weights,
    )
    return Layer(network, Folding(inputs, outputs, pe, simd, lanes))


def write_layer(top, directory, **options):
    design = verilog.emit(top, name="layer", **options)
    write(design, directory)
    for name, image in top.images.items():
        (directory / name).write_bytes(image.text())
    return design


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("runtime_weights", [False, True])
def test_no_tool_warns_of_a_layer(shape, runtime_weights, tmp_path):
    top = layer(shape, runtime_weights=runtime_weights)
    design = write_layer(top, tmp_path, verilog2005=True)
    assert icarus_says(tmp_path, design.files, 2012) == ""
    assert icarus_says(tmp_path, [PLAIN], 2005) == ""
    assert verilator_says(tmp_path, design.files, "layer") == ""
    assert verilator_says(tmp_path, [PLAIN], "layer") == ""


@pytest.mark.parametrize("ram_shapes", [(), (RamShape(64, 9),)], ids=["one part", "several"])
def test_no_tool_warns_of_a_layer_with_a_table(ram_shapes, tmp_path):
    plain = layer(SHAPES["not dividing"])
    table = ActivationTable("noise", INT8, INT8, np.arange(-128, 128)[::-1])
    mapping = replace(GENERIC, ram_shapes=ram_shapes, weight_latency=3)
    top = Layer(replace(plain.dense, table=table), plain.folding, "", mapping)
    design = write_layer(top, tmp_path, verilog2005=True)
    assert ("tableMemory.sv" in design.files) == bool(ram_shapes)
    assert icarus_says(tmp_path, design.files, 2012) == ""
    assert icarus_says(tmp_path, [PLAIN], 2005) == ""
    assert verilator_says(tmp_path, design.files, "layer") == ""
    assert verilator_says(tmp_path, [PLAIN], "layer") == ""


def test_no_tool_warns_of_a_product_that_is_narrower_than_its_operands(tmp_path):
    network = DenseLayer(
        name="layer",
        input_shape=(3,),
        weight=np.array([[1, -1, 1]], np.int16),
        bias=np.zeros(1, np.int64),
        weight_format=IntegerFormat(16, True),
        activation_format=IntegerFormat(2, True),
    )
    design = verilog.emit(Layer(network, Folding(3, 1, 1, 1, 1, 16)), name="layer")
    write(design, tmp_path)
    assert "UNUSEDSIGNAL" in design.files["processingElement.sv"]
    assert verilator_says(tmp_path, design.files, "layer") == ""


@pytest.mark.parametrize("raw", [False, True])
def test_yosys_finds_nothing_loose_in_a_layer(raw, tmp_path):
    design = write_layer(layer(raw=raw), tmp_path)
    said = yosys.run(
        f"read_verilog -sv {' '.join(design.files)}; hierarchy -check -top layer; "
        "proc; flatten; check -assert",
        tmp_path,
    )
    assert "Warning" not in said


def test_a_layer_has_only_plain_names_and_two_named_waivers():
    design = verilog.emit(layer(), name="layer")
    for name, text in design.files.items():
        assert text.isascii()
        if design.modules[list(design.files).index(name)].parameters:
            assert "\\" not in text
            assert not re.search(r"\w\$\d", text)
        assert set(re.findall(r"lint_off (\w+)", text)) <= {"UNUSEDSIGNAL", "PINCONNECTEMPTY"}


def test_two_layers_with_prefixes_live_in_one_design(tmp_path):
    files = []
    for number, shape in enumerate([(6, 4, 2, 3, 1), (45, 10, 4, 7, 3)]):
        design = verilog.emit(layer(shape), name="layer", prefix=f"net{number}_")
        write(design, tmp_path)
        files += design.files
    assert len(set(files)) == len(files)
    assert icarus_says(tmp_path, files, 2012) == ""


def test_the_layer_controller_is_proven_equal_to_its_text(tmp_path):
    def controller():
        return LayerController(
            synapse_folds=5,
            neuron_folds=3,
            fold_credits=4,
            last_fold_credits=2,
            word_credits=2,
            capacity=11,
            flush=9,
        )

    prove_equal(controller(), verilog.emit(controller(), name="controller"), tmp_path)


BLOCK_RAMS = {
    "synth_ecp5": "DP16KD",
    "synth_ice40 -dsp": "SB_RAM40_4K",
    "synth_gowin": "pROM|SPX?9?|SDPX?9?B|DPX?9?B",
    "synth_xilinx": "RAMB(18|36)E1",
}
MULTIPLIERS = {
    "synth_ecp5": "MULT18X18D",
    "synth_ice40 -dsp": "SB_MAC16",
    "synth_gowin": "MULT9X9|MULT18X18",
    "synth_xilinx": "DSP48E1",
}


@pytest.mark.parametrize("command", every_time(3, list(BLOCK_RAMS)))
def test_weights_land_in_block_ram_and_products_in_multipliers(command, tmp_path):
    design = write_layer(layer((16, 4, 1, 1, 1), raw=True), tmp_path)
    yosys.run(
        f"read_verilog -sv {' '.join(design.files)}; {command} -top layer; "
        "tee -q -o cells.txt stat",
        tmp_path,
    )
    cells = (tmp_path / "cells.txt").read_text()
    assert re.search(rf"\s({BLOCK_RAMS[command]})\s", cells)
    assert re.search(rf"\s({MULTIPLIERS[command]})\s", cells)

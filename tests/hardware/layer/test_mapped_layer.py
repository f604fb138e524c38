"""Layers mapped to devices, in Amaranth's simulator: the same integers in the promised cycles."""

import random
from dataclasses import replace

import numpy as np
import pytest

from fcgen import devices
from fcgen.devices.device import MappingOptions
from fcgen.hardware.layer.layer import Layer
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.schedule.memory_cut import RamShape
from hardware.layer_bench import Phase, beats_of, stream
from random_layers import random_requantization, random_vectors

CASES = {
    # N, M, P, S, L, weight bits, activation signed, device, pack, soft MACs
    "a block an element": (13, 11, 4, 2, 1, 8, True, "ecp5-25k", "1", 0),
    "two elements a block": (13, 11, 5, 2, 1, 8, True, "ecp5-25k", "2", 0),
    "two elements a block, unsigned activations": (9, 7, 7, 1, 2, 8, False, "ecp5-25k", "2", 0),
    "two narrow elements a block": (9, 8, 3, 3, 1, 5, True, "ecp5-25k", "auto", 0),
    "some elements in look-up tables": (10, 9, 6, 1, 1, 8, True, "ecp5-25k", "1", 3),
    "ternary weights": (12, 6, 3, 2, 1, 2, True, "ecp5-25k", "auto", 0),
    "weights of 16 bits": (6, 5, 2, 1, 1, 16, True, "ecp5-25k", "auto", 0),
    "folds of one beat": (5, 23, 4, 5, 4, 8, True, "ecp5-25k", "1", 0),
    "a queue of many words": (60, 50, 50, 1, 1, 8, True, "ecp5-25k", "1", 0),
    "loaded accumulators": (13, 11, 4, 2, 1, 8, True, "ice40-up5k", "auto", 0),
    "loaded accumulators, folds of one beat": (5, 9, 4, 5, 4, 8, False, "ice40-up5k", "auto", 0),
    "three rows of seven elements": (20, 33, 17, 1, 1, 5, True, "ecp5-25k", "1", 0),
    "a choice in a register": (13, 33, 9, 2, 1, 8, True, "gowin-gw1nr9c", "1", 0),
    "a choice in a register, folds of one beat": (2, 9, 5, 2, 5, 8, True, "gowin-gw2ar18c", "1", 0),
    "a choice in a register, columns": (
        3,
        40,
        40,
        1,
        14,
        8,
        True,
        "gowin-gw2ar18c",
        "1",
        0,
    ),
    "several columns": (3, 40, 40, 1, 14, 8, True, "ecp5-85k", "1", 0),
}


def layer_of(case, *, cascaded=False):
    inputs, outputs, pe, simd, lanes, bits, signed, device, pack, soft = case
    rng = np.random.default_rng(inputs * outputs)
    weight = IntegerFormat(bits, True)
    network = DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=rng.integers(weight.minimum, weight.maximum + 1, (outputs, inputs)),
        bias=rng.integers(-1000, 1000, outputs),
        weight_format=weight,
        activation_format=IntegerFormat(8, signed),
        requantization=random_requantization(rng, outputs),
    )
    folding = Folding(inputs, outputs, pe, simd, lanes, bits)
    mapping = devices.mapping(device, network, folding, MappingOptions(pack, soft))
    if cascaded:
        mapping = replace(mapping, ram_shapes=(RamShape(8, 36), RamShape(16, 18)), weight_latency=4)
    return Layer(network, folding, mapping=mapping)


def run(layer, vectors, **phase):
    data = random_vectors(np.random.default_rng(1), layer.dense, vectors)
    record = stream(layer, [Phase(beats_of(layer, data, random.Random(2)), vectors, **phase)])[0]
    assert record.outputs == forward(layer.dense, data).tolist()
    return record


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mapped_layer_gives_the_reference_under_stalls(case):
    run(layer_of(case), 5, gap=0.4, stall=0.6)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mapped_layer_takes_the_initiation_interval(case):
    layer = layer_of(case)
    assert set(run(layer, 10).intervals[-5:]) == {layer.initiation_interval}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_latency_of_a_mapped_layer_is_the_formula(case):
    layer = layer_of(case)
    record = run(layer, 1, idle=layer.timing.flush + 2)
    assert record.last_out[0] - record.first_in[0] == layer.latency


def test_weights_in_several_block_rams_one_behind_the_other_are_read_in_order():
    layer = layer_of(CASES["a block an element"], cascaded=True)
    assert any(len(layer.memories.parts(bank)) > 1 for bank in layer.memories.banks)
    record = run(layer, 8)
    assert set(record.intervals[-4:]) == {layer.initiation_interval}


def test_the_mapping_decides_what_the_elements_are():
    kinds = {name: layer_of(case).mapping.unit.kind for name, case in CASES.items()}
    assert kinds["a block an element"] == "block"
    assert kinds["two narrow elements a block"] == "packed"
    assert kinds["ternary weights"] == "soft"

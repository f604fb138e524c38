"""Memories of weights cut to block RAMs: what the cut promises is what Yosys makes of it."""

import json
import random

import pytest

from fcgen import yosys
from fcgen.devices.block_mapping import RAM_SHAPES
from fcgen.devices.ecp5 import FAMILY as ECP5
from fcgen.devices.gowin import FAMILY as GOWIN
from fcgen.hardware.weight_memory import TEXTS
from fcgen.mapping import BEHAVIOURAL, Mapping, cut, rams_of

MAPPING = Mapping("device", BEHAVIOURAL, BEHAVIOURAL, ram_shapes=RAM_SHAPES)
WORDS = [(25_600, 4, 8), (100_000, 3, 8), (9_000, 7, 5)]
"""Words, weights and bits of a weight of what a group of elements reads."""


def cells(family, depth, width, directory):
    """Return what Yosys makes of a memory with random words, by cell."""
    generator = random.Random(depth * width)
    lines = (f"{generator.getrandbits(width):x}\n" for _ in range(depth))
    (directory / "image.hex").write_text("".join(lines))
    (directory / "weightMemory.sv").write_text((TEXTS / "weightMemory.sv").read_text())
    defines = " ".join(f"-D{macro}" for macro in family.macros)
    yosys.run(
        f"read_verilog -sv -DSYNTHESIS {defines} weightMemory.sv\n"
        f'chparam -set WIDTH {width} -set DEPTH {depth} -set IMAGE "image.hex" weightMemory\n'
        f"{family.synthesis('weightMemory')}\ntee -q -o cells.json stat -json\n",
        directory,
    )
    return json.loads((directory / "cells.json").read_text())["design"]["num_cells_by_type"]


@pytest.mark.parametrize("family", [ECP5, GOWIN], ids=lambda family: family.name)
@pytest.mark.parametrize(("depth", "count", "bits"), WORDS)
def test_yosys_leaves_the_parts_of_a_memory_in_the_shapes_that_they_are_cut_to(
    family, depth, count, bits, tmp_path
):
    width = bits * MAPPING.weights_a_word(depth, count, bits)
    for words in set(cut(depth, width, RAM_SHAPES).depths):
        made = family.usage(cells(family, words, width, tmp_path))
        assert made.ram == rams_of(words, width, RAM_SHAPES)
        assert made.lut == 0


def test_a_wide_and_deep_word_is_cut_to_fewer_weights_which_cost_no_more_block_rams():
    assert MAPPING.weights_a_word(25_600, 4, 8) < 4
    narrow, wide = (cut(25_600, width, RAM_SHAPES).rams for width in (16, 32))
    assert 2 * narrow <= wide


@pytest.mark.parametrize("bits", range(1, 17))
def test_a_memory_holds_at_least_one_weight_and_at_most_all(bits):
    for depth in (1, 513, 4_097, 8_193, 70_000):
        assert 1 <= MAPPING.weights_a_word(depth, 3, bits) <= 3

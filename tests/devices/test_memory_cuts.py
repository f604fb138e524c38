"""Memories of weights cut to block RAMs: what the cut promises is what Yosys makes of it."""

import json
import random

import pytest

from fcgen.devices.block_mapping import RAM_SHAPES
from fcgen.devices.ecp5 import FAMILY as ECP5
from fcgen.devices.gowin import FAMILY as GOWIN
from fcgen.devices.ice40 import FAMILY as ICE40
from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.schedule.mapping import BEHAVIOURAL, Mapping
from fcgen.schedule.memory_cut import cut, rams_of
from fcgen.tools import yosys
from selection import every_time

MAPPING = Mapping("device", BEHAVIOURAL, BEHAVIOURAL, ram_shapes=RAM_SHAPES)
WITHOUT_LUT_MEMORIES = Mapping(
    "device", BEHAVIOURAL, BEHAVIOURAL, ram_shapes=ICE40.ram_shapes, lut_memories=False
)
WORDS = [(9_000, 7, 5), (25_600, 4, 8), (100_000, 3, 8)]
"""Words, weights and bits of a weight of what a group of elements reads."""


def cells(family, depth, width, directory, text="weightMemory"):
    """Return what Yosys makes of a memory with random words, by cell."""
    generator = random.Random(depth * width)
    lines = (f"{generator.getrandbits(width):x}\n" for _ in range(depth))
    (directory / "image.hex").write_text("".join(lines))
    (directory / f"{text}.sv").write_text((TEXTS / f"{text}.sv").read_text())
    defines = " ".join(f"-D{macro}" for macro in family.macros)
    yosys.run(
        f"read_verilog -sv -DSYNTHESIS {defines} {text}.sv\n"
        f'chparam -set WIDTH {width} -set DEPTH {depth} -set IMAGE "image.hex" {text}\n'
        f"{family.synthesis(text)}\ntee -q -o cells.json stat -json\n",
        directory,
    )
    return json.loads((directory / "cells.json").read_text())["design"]["num_cells_by_type"]


@pytest.mark.parametrize("family", [ECP5, GOWIN], ids=lambda family: family.name)
@pytest.mark.parametrize(("depth", "count", "bits"), every_time(1, WORDS))
def test_yosys_leaves_the_parts_of_a_memory_in_the_shapes_that_they_are_cut_to(
    family, depth, count, bits, tmp_path
):
    width = bits * MAPPING.weights_a_word(depth, count, bits)
    for words in set(cut(depth, width, RAM_SHAPES).depths):
        made = family.usage(cells(family, words, width, tmp_path))
        assert made.ram == rams_of(words, width, RAM_SHAPES)
        assert made.lut == 0


@pytest.mark.parametrize(
    ("depth", "width"), every_time(2, [(31, 2), (7, 9), (1, 32), (100, 8), (2, 32)])
)
def test_writable_constants_stand_in_the_block_rams_or_registers_that_they_are_cut_to(
    depth, width, tmp_path
):
    found = WITHOUT_LUT_MEMORIES.constant_cut(depth, width, writable=True)
    text = "writableWeightMemory" if found else "writableParameterMemory"
    made = ICE40.usage(cells(ICE40, depth, width, tmp_path, text))
    assert (found is not None) == (depth * width >= 64)
    assert made.ram == (found.rams if found else 0)


def test_a_wide_and_deep_word_is_cut_to_fewer_weights_which_cost_no_more_block_rams():
    assert MAPPING.weights_a_word(25_600, 4, 8) < 4
    narrow, wide = (cut(25_600, width, RAM_SHAPES).rams for width in (16, 32))
    assert 2 * narrow <= wide


@pytest.mark.parametrize("bits", range(1, 17))
def test_a_memory_holds_at_least_one_weight_and_at_most_all(bits):
    for depth in (1, 513, 4_097, 8_193, 70_000):
        assert 1 <= MAPPING.weights_a_word(depth, 3, bits) <= 3

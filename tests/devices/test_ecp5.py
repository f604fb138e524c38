"""ECP5: what of its multiplier is connected, as nextpnr routes every constant but those of data."""

import json
import random

import pytest

from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.tools import yosys

ROUTED = {"CE0": "1", "RST0": "0", "SIGNEDA": None, "SIGNEDB": None, "SOURCEA": "0", "SOURCEB": "0"}
"""Constant inputs that a design needs, with their values; None where a parameter decides."""


@pytest.mark.parametrize(("a", "b"), [(8, 8), (18, 18), (1, 18), (12, 5)])
def test_a_multiplier_has_no_constant_that_it_does_not_need(a, b, tmp_path):
    (tmp_path / "ecp5Multiplier.sv").write_text((TEXTS / "ecp5Multiplier.sv").read_text())
    signed = random.Random(a * b).randrange(2)
    yosys.run(
        "read_verilog -sv -DSYNTHESIS ecp5Multiplier.sv\n"
        f"chparam -set A_WIDTH {a} -set B_WIDTH {b} -set A_SIGNED {signed} ecp5Multiplier\n"
        "synth_ecp5 -top ecp5Multiplier -json netlist.json\n",
        tmp_path,
    )
    netlist = json.loads((tmp_path / "netlist.json").read_text())
    (block,) = netlist["modules"]["ecp5Multiplier"]["cells"].values()
    data = {f"{operand}{bit}" for operand in "AB" for bit in range(18)}
    constants = {
        pin: bits[0]
        for pin, bits in block["connections"].items()
        if bits[0] in ("0", "1") and pin not in data
    }
    expected = ROUTED | {"SIGNEDA": str(signed), "SIGNEDB": "1"}
    assert constants == expected
    wires = [pin for pin in data if block["connections"][pin][0] not in ("0", "1")]
    assert len(wires) == a + b

import re

import pytest

from fcgen import devices
from fcgen.devices.xilinx7 import FAMILY
from fcgen.errors import InputError
from fcgen.schedule.mapping import GENERIC
from mapped_layers import layer_of, mapping_of, written

DEVICE = "xilinx7"


def test_the_mapping_is_behavioural_and_nothing_is_routed():
    mapping = mapping_of(DEVICE, layer_of())
    assert (mapping.unit, mapping.requantizer) == (GENERIC.unit, GENERIC.requantizer)
    assert devices.find(DEVICE)[0].nextpnr == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pack": "2"}, "--pack: 2: two weights in a DSP48E1 are not supported"),
        ({"soft_macs": 1}, "--soft-macs: 1: the synthesis chooses the multipliers of xilinx7"),
    ],
)
def test_options_of_other_families_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        mapping_of(DEVICE, layer_of(), **options)


def test_cells_are_counted_as_resources():
    cells = {"LUT2": 1, "LUT6": 2, "RAM32M": 1, "SRL16E": 1, "FDRE": 5, "DSP48E1": 2}
    usage = FAMILY.usage({**cells, "RAMB18E1": 1, "RAMB36E1": 2})
    assert (usage.lut, usage.ff, usage.dsp, usage.ram) == (8, 5, 2, 5)


def test_a_mapped_layer_equals_the_reference(tmp_path):
    made = written(tmp_path / "d", DEVICE, layer_of(), simd=2)
    assert not made.simulate(engine="amaranth", stall=0.3, vectors=6).mismatches

from dataclasses import replace
from importlib.resources import as_file, files

import pytest

from fcgen import devices
from fcgen.devices.gowin import BLOCK, FAMILY, PINS, SOFT
from fcgen.errors import InputError
from fcgen.estimation.for_design import estimate_network
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from mapped_layers import folding_of, layer_of, mapping_of, written

SMALL, LARGE, BARE = "gowin-gw1nr9c", "gowin-gw2ar18c", "gowin-gw2a18c"


@pytest.mark.parametrize(
    ("weight_bits", "unit"), [(1, SOFT), (3, SOFT), (4, BLOCK), (8, BLOCK), (16, BLOCK)]
)
def test_narrow_weights_are_multiplied_in_look_up_tables(weight_bits, unit):
    assert mapping_of(SMALL, layer_of(weight_bits=weight_bits)).unit == unit


def test_a_multiplier_asked_for_is_taken_for_narrow_weights_too():
    assert mapping_of(SMALL, layer_of(weight_bits=2), pack="1").unit == BLOCK


def test_the_requantizer_leaves_the_multipliers_to_the_elements():
    layer = layer_of(80, 40)
    assert mapping_of(SMALL, layer, pe=20).requantizer == BLOCK
    assert mapping_of(SMALL, layer, pe=40).requantizer == SOFT


def test_a_multiplier_of_wide_operands_takes_two_places():
    layer = layer_of(80, 40, weight_bits=12)
    assert mapping_of(SMALL, layer, pe=18).requantizer == BLOCK
    assert mapping_of(SMALL, layer, pe=20).requantizer == SOFT
    assert FAMILY.usage({"MULT9X9": 3, "MULT18X18": 2}).dsp == 7


def test_two_weights_a_multiplier_are_refused():
    message = "--pack: 2: a multiplier for two weights takes the places of two multipliers"
    with pytest.raises(InputError, match=message):
        mapping_of(SMALL, layer_of(), pack="2")


@pytest.mark.parametrize(("name", "mhz"), [(SMALL, 200), (LARGE, 300), (BARE, 300)])
def test_the_block_rams_cap_the_clock(name, mhz):
    family, device = devices.find(name)
    mapping = mapping_of(name, layer_of())
    assert family.cap(device, "", mapping, family.usage({"BSRAM": 1})).mhz == mhz


@pytest.mark.parametrize("name", [SMALL, LARGE, BARE])
def test_every_pin_has_a_place_of_its_own(name):
    family, device = devices.find(name)
    places = PINS[name.partition("-")[2]]
    assert len(set(places)) == len(places) == device.pins
    lines = family.constraints(device, ("clock", "a[0]", "a[1]"))["pins.cst"].splitlines()
    assert lines == [
        f'IO_LOC "{pin}" {place};'
        for pin, place in zip(("clock", "a[0]", "a[1]"), places, strict=False)
    ]


def test_the_pins_are_in_the_table_of_the_package_and_have_no_part_in_configuration():
    chipdb = pytest.importorskip("apycula.chipdb", reason="the extra synth is not installed")
    with as_file(files("apycula") / "GW2A-18C.msgpack.xz") as path:
        table = chipdb.load_chipdb(path).pinout["GW2A-18C"]["PBGA256"]
    clock, *others = PINS["gw2a18c"]
    assert table[clock][1] == ["GCLKT_0"]
    assert {name: table[name][1] for name in others} == {name: [] for name in others}


def test_the_chip_without_memory_is_estimated_like_the_one_with_it():
    layer = layer_of(80, 40)
    found = []
    for name in (LARGE, BARE):
        schedule = Schedule((folding_of(layer, 20, 1),))
        estimate = estimate_network(Network.single(layer), schedule, name)
        mapping = replace(mapping_of(name, layer, pe=20), device="")
        found.append((mapping, estimate.as_dict() | {"device": ""}))
    assert found[0] == found[1]


@pytest.mark.parametrize(("weight_bits", "soft_macs"), [(8, 0), (8, 2), (2, 0), (12, 0)])
def test_a_mapped_layer_equals_the_reference(tmp_path, weight_bits, soft_macs):
    layer = layer_of(weight_bits=weight_bits)
    made = written(tmp_path / "d", SMALL, layer, simd=2, soft_macs=soft_macs)
    result = made.simulate(engine="amaranth", stall=0.3, vectors=6)
    assert not result.mismatches

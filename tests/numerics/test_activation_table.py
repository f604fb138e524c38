"""Activation tables: what they hold, what of them is structure, and JSON that is none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.network.reference import forward, run, trace
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from network_examples import INT8, dense, network

INT2, UINT3 = IntegerFormat(2, True), IntegerFormat(3, False)
UINT15 = IntegerFormat(15, False)


def table(**changes):
    given = {"name": "noise", "index": INT2, "output": UINT3, "entries": [7, 0, 1, 5]}
    return ActivationTable(**given | changes)


def square(output=UINT15):
    return ActivationTable("square", INT8, output, np.arange(-128, 128) ** 2)


def test_the_reference_gives_the_entry_of_each_requantized_output():
    plain = dense(6, 5)
    x = np.random.default_rng(0).integers(-128, 128, (40, 6))
    codes = forward(plain, x)
    assert np.array_equal(forward(replace(plain, table=square()), x), codes**2)
    assert codes.min() < 0 < codes.max()


def test_the_next_layer_takes_what_the_table_gives():
    first = dense(6, 5, "fc1", table=square())
    second = dense(5, 4, "fc2", activation_format=UINT15)
    net = Network("net", (first, second))
    x = np.random.default_rng(0).integers(-128, 128, (9, 6))
    found = trace(net, x)
    assert np.array_equal(found[1], run(Network.single(second), found[0]))
    assert net.layers[0].output_format == UINT15
    with pytest.raises(InputError, match="fc2: int8: the layer before gives uint15; use one"):
        Network("net", (first, dense(5, 4, "fc2")))


def test_entries_are_a_copy_that_nobody_can_write():
    entries = np.array([7, 0, 1, 5])
    made = table(entries=entries)
    entries[0] = 3
    assert made.entries.tolist() == [7, 0, 1, 5]
    assert made.entries.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        made.entries[0] = 1


@pytest.mark.parametrize("bits", [1, 12])
def test_an_index_may_have_1_to_12_bits(bits):
    index = IntegerFormat(bits, False)
    assert table(index=index, entries=np.zeros(1 << bits, int)).size == 1 << bits


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"entries": [0, 1, 2]}, "table: 3 entries: an index of int2 needs 4; give one for each"),
        ({"entries": [0, 1, 2, 8]}, "table entries: 8: must be from 0 to 7; choose values in"),
        ({"entries": [0, 1, 2, -1]}, "table entries: -1: must be from 0 to 7; choose values in"),
        ({"entries": [0.0, 1, 2, 3]}, "entries: dtype float64: must hold integers; give integer"),
        ({"entries": [[0, 1], [2, 3]]}, "entries: shape (2, 2): must have 1 dimension; reshape"),
        ({"index": IntegerFormat(13, True)}, "table index: int13: must be from 1 to 12 bits; use"),
        ({"output": IntegerFormat(17, True)}, "table output format: int17: must be from 1 to 16"),
        ({"name": "my `function`"}, "table name: my `function`: must be a word of at most 32"),
        ({"name": ""}, "table name: : must be a word of at most 32"),
    ],
)
def test_a_table_that_is_none_is_refused(changes, line):
    with pytest.raises(InputError) as caught:
        table(**changes)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"table": table()}, "fc: int8: the index of its table is int2; requantize to that"),
        (
            {"table": square(), "requantization": None},
            "fc: raw: the index of its table is int8; requantize to that",
        ),
    ],
)
def test_a_table_that_does_not_fit_its_layer_is_refused(changes, line):
    with pytest.raises(InputError) as caught:
        dense(4, 3, **changes)
    assert str(caught.value).startswith(line)


def test_sizes_are_structure_and_entries_are_weights_and_names_are_neither():
    layer = dense(4, 3, table=square())
    other = replace(layer, table=replace(square(), name="other"))
    assert (layer.structure_hash, layer.weights_hash) == (other.structure_hash, other.weights_hash)
    changed = replace(layer, table=replace(square(), entries=np.zeros(256, int)))
    assert changed.structure_hash == layer.structure_hash
    assert changed.weights_hash != layer.weights_hash
    wider = replace(layer, table=square(IntegerFormat(16, True)))
    assert wider.structure_hash != layer.structure_hash
    plain = replace(layer, table=None)
    assert plain.structure_hash != layer.structure_hash
    assert plain.weights_hash != layer.weights_hash


@pytest.mark.parametrize("net", [Network.single(dense(4, 3, table=square())), network(4, 3)])
def test_a_layer_survives_its_json_with_its_table_and_without(net):
    again = Network.from_json(net.to_json())
    assert again.to_json() == net.to_json()
    assert again.weights_hash == net.weights_hash
    assert again.structure_hash == net.structure_hash
    x = np.random.default_rng(0).integers(-128, 128, (9, 4))
    assert np.array_equal(run(again, x), run(net, x))
    assert ("table" in json.loads(net.to_json())) == (net.layers[0].table is not None)


def broken(**changes):
    values = json.loads(dense(4, 3, table=square()).to_json())
    for path, value in changes.items():
        place = values
        *way, last = path.split("__")
        for key in way:
            place = place[key]
        place[last] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"table": None}, "r.json: table: null: must be an object; make"),
        ({"table": 3}, "r.json: table: int: must be an object or null; make"),
        ({"table__surplus": 1}, "r.json: table.surplus: is not a known field; make"),
        ({"table__name": 1}, "r.json: table.name: 1: must be a string; make"),
        ({"table__name": "A b"}, "r.json: table name: A b: must be a word of at most 32"),
        (
            {"table__index__bits": 13},
            "r.json: table.entries: shape [256]: must have the shape [8192]; make",
        ),
        ({"table__output__bits": 0}, "r.json: table.output.bits: 0: must be from 1 to 16; make"),
        ({"table__output__bits": 9}, "r.json: table entries: 16384: must be from 0 to 511"),
        ({"table__entries__shape": [255]}, "r.json: table.entries: shape [255]: must have the sh"),
        ({"table__entries__base64": "AAAA"}, "r.json: table.entries: 4 characters of base64: mu"),
        ({"table__entries": [1, 2]}, "r.json: table.entries: list: must be an object or null"),
        ({"table__index__signed": False}, "r.json: fc: int8: the index of its table is uint8"),
        ({"requantization": None}, "r.json: fc: raw: the index of its table is int8"),
    ],
)
def test_json_that_is_no_table_is_refused_by_its_field(changes, line):
    with pytest.raises(InputError) as caught:
        DenseLayer.from_json(broken(**changes), "r.json")
    assert str(caught.value).startswith(line)

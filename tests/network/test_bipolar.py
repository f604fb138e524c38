"""Bipolar numbers: a one-bit type of its own, from the format to the emitted Verilog."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import fcgen
from fcgen import accelerator
from fcgen.certification.certify import certify
from fcgen.design.beats import StreamFormat
from fcgen.design.stimuli import stimuli
from fcgen.errors import InputError
from fcgen.network.dense_layer import DenseLayer, Requantization, ThresholdList
from fcgen.network.network import Network
from fcgen.network.reference import forward, run
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.real_map import InputGrid
from fcgen.schedule.schedule import Schedule
from onnx_examples import save
from qonnx_examples import DOMAIN, Graph
from qonnx_runtime import execute

INT1, UINT1, INT2 = IntegerFormat(1, True), IntegerFormat(1, False), IntegerFormat(2, True)


def layer(inputs=5, outputs=4, scheme=None, seed=0, **fields):
    random = np.random.default_rng(seed)
    given = {
        "name": "fc",
        "input_shape": (inputs,),
        "weight": BIPOLAR.draw(random, (outputs, inputs)),
        "bias": random.integers(-2, 3, outputs),
        "weight_format": BIPOLAR,
        "activation_format": BIPOLAR,
        "requantization": scheme,
    }
    return DenseLayer(**given | fields)


def signs(outputs):
    return ThresholdList(np.zeros((outputs, 2), int), np.arange(outputs) % 3 == 0, -1, BIPOLAR)


def message_of(make, *arguments, **fields):
    with pytest.raises(InputError) as caught:
        make(*arguments, **fields)
    return str(caught.value)


def test_the_three_types_of_one_bit_are_never_confused():
    values = np.array([-1, 0, 1])
    inside = {form.name: (~form.outside(values)).tolist() for form in (INT1, UINT1, BIPOLAR)}
    assert inside == {
        "int1": [True, True, False],
        "uint1": [False, True, True],
        "bipolar": [True, False, True],
    }
    assert [BIPOLAR.contains(value) for value in (-2, -1, 0, 1, 2)] == [False, True, False, True,
                                                                        False]  # fmt: skip
    assert len({INT1, UINT1, BIPOLAR}) == 3


def test_minus_one_is_stored_as_0_and_plus_one_as_1():
    assert BIPOLAR.encode(np.array([-1, 1])).tolist() == [0, 1]
    assert BIPOLAR.decode(np.array([0, 1])).tolist() == [-1, 1]
    assert INT2.encode(np.array([-2, 1])).tolist() == [-2, 1]


@pytest.mark.parametrize(("bits", "signed"), [(2, True), (1, False)])
def test_a_bipolar_type_has_one_bit_and_a_sign(bits, signed):
    with pytest.raises(InputError, match="has one bit and a sign"):
        IntegerFormat(bits, signed, bipolar=True)
    document = json.loads(layer().to_json())
    document["weight_format"] = {"bits": bits, "signed": signed, "bipolar": True}
    message = message_of(DenseLayer.from_json, json.dumps(document))
    assert message.startswith(
        "reference.json: weight_format.bipolar: true: needs one bit and a sign"
    )


def test_a_network_survives_json_and_its_hash_knows_the_type():
    network = Network("net", (layer(scheme=signs(4)), layer(4, 3, seed=1)))
    assert Network.from_json(network.to_json()).to_json() == network.to_json()
    plain = layer(weight_format=INT2, seed=1)
    assert plain.structure_hash != layer(seed=1).structure_hash


def test_zero_is_no_weight_and_no_input():
    assert message_of(layer, weight=np.array([[1, -1, 0, 1, 1]] * 4)) == (
        "weight: 0: is no value of bipolar, which has -1 and 1; choose one of these"
    )
    assert message_of(forward, layer(), np.array([[1, -1, 1, 0, 1]])) == (
        "inputs: 0: at (0, 3) is outside of bipolar (-1 or 1); "
        "check the scale and the sign of the inputs"
    )


def test_what_needs_a_zero_is_refused():
    assert message_of(layer, input_zero_point=1) == (
        "input zero point: 1: bipolar activations have none; use 0"
    )
    assert message_of(Requantization.make, 2, BIPOLAR) == (
        "output format: bipolar: is made by a threshold alone; use a list of thresholds"
    )
    table = message_of(ActivationTable, "t", BIPOLAR, INT2, np.zeros(2, int))
    assert table == "table: bipolar: a table needs formats with a zero; use two bits"
    grid = message_of(Network, "net", (layer(),), input=InputGrid(1.0, 0, -1, 1))
    assert grid == (
        "input grid: ROUND: the first layer takes signs, which the rounding BIPOLAR alone gives; "
        "use that"
    )
    one = message_of(ThresholdList, np.array([[0, 1]]), np.array([False]), -1, BIPOLAR)
    assert one == (
        "thresholds: 2: bipolar outputs have two equal ones, from -1 to 1; "
        "give each output the same twice"
    )


def test_layers_of_different_one_bit_types_do_not_fit_together():
    first = layer(scheme=signs(4))
    for other in (INT1, UINT1, INT2):
        with pytest.raises(InputError, match="the layer before gives bipolar"):
            Network("net", (first, layer(4, 2, activation_format=other)))


def test_streams_carry_a_bit_a_lane():
    stream = StreamFormat.of(5, 3, BIPOLAR)
    vectors = np.array([[-1, 1, 1, -1, 1]])
    beats = stream.pack(vectors)
    assert (stream.width, beats.tolist()) == (3, [[[0b110], [0b010]]])
    lanes = stream.unpack(beats)
    assert np.array_equal(lanes[:, :5], vectors)
    assert lanes[0, 5] == 0  # an unused lane, as it is stored
    noisy = stream.pack(vectors, np.random.default_rng(0))
    assert np.array_equal(stream.unpack(noisy)[:, :5], vectors)


def test_random_vectors_have_both_values_and_no_zero():
    found = stimuli(BIPOLAR, 9, 20, 0)
    assert set(np.unique(found)) == {-1, 1}
    assert (set(found[0]), set(found[1])) == ({-1}, {1})


def quantised_graph(folder):
    """Two binary layers behind one of 4 bits, with a BatchNormalization of negative gammas."""
    random, graph = np.random.default_rng(4), Graph()
    running, sizes = graph.quant("x", 0.5, 4), (9, 7, 5, 3)
    for inputs, outputs in pairwise(sizes):
        weight = graph.constant(random.normal(0, 1, (inputs, outputs)))
        weight = graph.add("BipolarQuant", [weight, graph.constant(0.5)], DOMAIN)
        running = graph.add("MatMul", [running, weight])
        if outputs == sizes[-1]:
            break
        norm = [random.normal(0, 1, outputs), random.normal(0, 1, outputs),
                random.normal(0, 1, outputs), random.uniform(0.5, 2, outputs)]  # fmt: skip
        running = graph.add("BatchNormalization", [running, *map(graph.constant, norm)])
        running = graph.add("BipolarQuant", [running, graph.constant(1.0)], DOMAIN)
    made = graph.model(running, (1, sizes[0]))
    return made, fcgen.load(save(made, folder / "m.onnx"))


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bipolar")
    made, model = quantised_graph(folder)
    network, certificate = certify(model)
    schedule = Schedule.chain(network, ((2, 4), (3, 3), (2, 2)), 1)
    return made, network, certificate, accelerator.write(network, schedule, folder / "d")


def test_a_binary_graph_is_exact_and_equals_its_executor(binary):
    made, network, certificate, _ = binary
    assert certificate.exact
    assert [x.activation_format.name for x in network.layers] == ["int4", "bipolar", "bipolar"]
    x = np.random.default_rng(0).normal(0, 2, (300, 9)).astype(np.float32)
    codes, _ = network.quantize(x)
    assert np.array_equal(network.output(run(network, codes)), execute(made, x))


@pytest.mark.parametrize("engine", ["amaranth", "icarus"])
def test_its_hardware_equals_the_reference_with_stalls(binary, engine):
    design = binary[3]
    result = design.simulate(vectors=12, engine=engine, stall=0.3)
    assert (result.engine, len(result.mismatches), result.vectors) == (engine, 0, 12)


def test_bipolar_inputs_and_outputs_are_seen_as_signs(tmp_path):
    network = Network("net", (layer(7, 6, signs(6)), layer(6, 5, signs(5), seed=3)))
    schedule = Schedule.chain(network, ((2, 3), (4, 4)), 2)
    design = accelerator.write(network, schedule, tmp_path / "d")
    x = BIPOLAR.draw(np.random.default_rng(1), (20, 7))
    outputs = design.simulate(x, engine="compiled").outputs
    assert set(np.unique(outputs)) == {-1, 1}
    assert np.array_equal(outputs, run(network, x))
    manifest = json.loads((tmp_path / "d" / "manifest.json").read_text())
    readme = (tmp_path / "d" / "README.md").read_text()
    assert "A bipolar value is one bit: 1 is +1, 0 is −1." in readme
    assert manifest["formats"]["output"] == {"bits": 1, "signed": True, "bipolar": True}


@pytest.mark.parametrize("end", ["argmax", "top_k"])
def test_the_largest_of_bipolar_scores_is_the_first_plus_one(end, tmp_path):
    last = replace(layer(7, 6, signs(6), seed=5), name="scores")
    network = Network("net", (last,), fcgen.network.network.End(end, 3 if end == "top_k" else 1))
    design = accelerator.write(network, Schedule.chain(network, ((2, 3),), 1), tmp_path / "d")
    x = BIPOLAR.draw(np.random.default_rng(2), (30, 7))
    found, wanted = design.simulate(x, engine="amaranth").outputs, run(network, x)
    assert np.array_equal(found.reshape(wanted.shape), wanted)

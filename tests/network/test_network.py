"""The network of integers: what fits together, and what is said of what does not."""

import json

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import End, Network
from fcgen.network.reference import run, trace
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from network_examples import INT8, dense, network


def grid(**changes):
    return InputGrid(**{"scale": 0.5, "zero_point": 0, "lo": -128, "hi": 127, **changes})


def test_the_reference_of_a_network_is_that_of_its_layers_one_after_the_other():
    net = network(6, 5, 4)
    x = np.random.default_rng(0).integers(-128, 128, (9, 6))
    first, last = trace(net, x)
    assert np.array_equal(first, run(Network.single(net.layers[0]), x))
    assert np.array_equal(last, run(net, x))
    assert np.array_equal(last, run(Network.single(net.layers[1]), first))


@pytest.mark.parametrize(
    ("end", "wanted"),
    [(End("argmax"), [1, 0, 2]), (End("top_k", 2), [[1, 2], [0, 1], [2, 0]])],
)
def test_of_equal_scores_the_first_one_wins(end, wanted):
    weight = np.eye(3, dtype=int)
    net = Network("net", (dense(3, 3, raw=True, weight=weight, bias=np.zeros(3, int)),), end)
    x = np.array([[-9, 7, 7], [5, 5, 5], [-1, -2, 127]])
    assert run(net, x).tolist() == wanted


@pytest.mark.parametrize(
    "net",
    [
        network(6, 5, 4),
        network(6, 5, raw=True),
        network(6, 5, 4, end=End("argmax")),
        network(6, 5, 4, end=End("top_k", 3), input=grid(), scores=RealMap.scaled(0.1)),
        network(
            *(6, 5, 4),
            input=grid(before=RealMap((("multiply", 2.0), ("subtract", 1.0)))),
            scores=RealMap.scaled([0.1, 0.2, 0.3, 0.4], 3),
        ),
    ],
)
def test_a_network_survives_its_json(net):
    again = Network.from_json(net.to_json())
    assert again.to_json() == net.to_json()
    assert again.structure_hash == net.structure_hash
    assert again.weights_hash == net.weights_hash
    x = np.random.default_rng(0).integers(-128, 128, (9, 6))
    assert np.array_equal(run(again, x), run(net, x))


def test_a_network_of_one_layer_and_nothing_else_is_that_layer():
    layer = dense(4, 3)
    net = Network.single(layer)
    assert net.layer is layer
    assert net.to_json() == layer.to_json()
    assert Network.from_json(layer.to_json()).layer.weights_hash == layer.weights_hash
    assert (net.structure_hash, net.weights_hash) == (layer.structure_hash, layer.weights_hash)
    assert network(4, 3, end=End("argmax")).layer is None


def test_names_and_scales_are_no_structure_and_weights_are_none_either():
    net, other = network(4, 3, 2), network(4, 3, 2, names=["a", "b"], input=grid())
    assert net.structure_hash == other.structure_hash
    assert network(4, 3, 2, end=End("argmax")).structure_hash != net.structure_hash
    weight = net.layers[1].weight.copy()
    weight[0, 0] ^= 1
    changed = Network("net", (net.layers[0], dense(3, 2, "fc2", seed=1, weight=weight)))
    assert changed.structure_hash == net.structure_hash
    assert changed.weights_hash != net.weights_hash


def test_a_chain_of_70_layers_is_a_network_and_opens_again():
    deep = network(*[3] * 71)
    again = Network.from_json(deep.to_json())
    x = np.random.default_rng(0).integers(-128, 128, (9, 3))
    assert len(again.layers) == 70
    assert np.array_equal(run(again, x), run(deep, x))


@pytest.mark.parametrize(
    ("layers", "line"),
    [
        ((dense(4, 3), dense(4, 2)), "fc: 4 inputs: the layer before gives 3; correct the sizes"),
        (
            (dense(4, 3, raw=True), dense(3, 2)),
            "fc: raw: only the last layer can end in raw accumulators; give its requantization",
        ),
        (
            (dense(4, 3), dense(3, 2, activation_format=IntegerFormat(9, True))),
            "fc: int9: the layer before gives int8; use one format",
        ),
        ((), "layers: 0: a network has at least one; give its layers"),
    ],
)
def test_layers_that_do_not_fit_together_are_refused(layers, line):
    with pytest.raises(InputError) as caught:
        Network("net", layers)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"end": End("top_k", 5)},
            "end: 5: the last layer has 3 outputs; choose a smaller number",
        ),
        (
            {"end": End("argmax"), "scores": RealMap.scaled([1.0, 2.0, 1.0])},
            "end: argmax: needs outputs that share one positive scale; requantize the last layer",
        ),
        (
            {"end": End("argmax"), "scores": RealMap.scaled(-1.0)},
            "end: argmax: needs outputs that share one positive scale; requantize the last layer",
        ),
        (
            {"input": grid(hi=128)},
            "input grid: -128 to 128: the first layer takes int8; correct it",
        ),
        ({"input": grid(zero_point=3)}, "input zero point: 3: the first layer's is 0; use one"),
    ],
)
def test_what_does_not_belong_to_the_layers_is_refused(fields, line):
    with pytest.raises(InputError) as caught:
        Network("net", (dense(4, 3),), **fields)
    assert str(caught.value) == line


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, np.nan, 1e-60])
def test_a_scale_must_be_positive_and_finite_in_float32(scale):
    with pytest.raises(InputError, match="must be positive and finite"):
        grid(scale=scale)


def test_inputs_are_rounded_to_even_and_clipped_and_the_clipped_are_counted():
    net = network(4, 3, input=grid())
    codes, outside = net.quantize(np.array([[0.25, 0.75, 63.5, 64.0], [-64.25, -64.3, 1e9, -0.25]]))
    assert codes.tolist() == [[0, 2, 127, 127], [-128, -128, 127, 0]]
    assert outside == 3


def test_an_input_grid_does_first_what_the_source_does():
    entry = grid(scale=1.0, before=RealMap((("multiply", 2.0), ("subtract", 1.0))), lo=-1, hi=1)
    codes, outside = entry.codes(np.array([0.0, 0.5, 0.74, 0.76, 1.0]))
    assert codes.tolist() == [-1, 0, 0, 1, 1]
    assert outside == 0


def test_reals_without_a_grid_and_reals_that_are_none_are_refused():
    with pytest.raises(InputError, match="does not know what its inputs are worth"):
        network(4, 3).quantize(np.zeros((1, 4)))
    with pytest.raises(InputError, match="must be finite"):
        network(4, 3, input=grid()).quantize(np.full((1, 4), np.nan))


def test_a_real_map_rounds_to_float32_at_every_step():
    steps = RealMap((("subtract", 1.2073264), ("divide", 18.604416), ("multiply", 0.819624)))
    codes = np.array([[7, -3]])
    x = codes.astype(np.float32)
    for name, value in steps.steps:
        x = {"subtract": np.subtract, "divide": np.divide, "multiply": np.multiply}[name](x, value)
    assert steps(codes).dtype == np.float32
    assert np.array_equal(steps(codes), x)


def broken(**changes):
    values = json.loads(network(4, 3, 2, input=grid(), scores=RealMap.scaled(0.5)).to_json())
    for path, value in changes.items():
        place = values
        *way, last = path.split("__")
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        place[last] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"kind": "graph"}, "r.json: kind: graph: must be one of network"),
        ({"layers": []}, "r.json: layers: no object: must have at least one"),
        ({"layers": [3]}, "r.json: layers: list: must be a list of objects"),
        ({"layers__1__outputs": 9}, "r.json: layers[1].weight: shape [2, 3]: must have the shape"),
        ({"end": None}, "r.json: end: null: must be an object"),
        ({"end__kind": "worst"}, "r.json: end.kind: worst: must be one of values, argmax, top_k"),
        ({"input__scale": "big"}, "r.json: input.scale: big: must be an integer"),
        ({"input__lo": 200}, "r.json: input grid: 200: must not be above 127"),
        ({"output": 7}, "r.json: int: must be a list of at most 16 steps"),
        ({"output": [["power", 2]]}, "r.json: real map: power: must be one of add"),
        ({"output": [["divide", 0]]}, "r.json: real map: divide: must be finite, and not divide"),
        ({"output": [["add", [1, 2, 3]]]}, "r.json: 3 numbers: must have one or 2 numbers"),
        ({"surplus": 1}, "r.json: surplus: is not a known field"),
    ],
)
def test_json_that_is_no_network_is_refused_by_its_field(changes, line):
    with pytest.raises(InputError) as caught:
        Network.from_json(broken(**changes), "r.json")
    assert str(caught.value).startswith(line)


def test_the_formats_of_what_leaves():
    assert network(4, 10, raw=True).output_format.bits > 8
    assert network(4, 10, end=End("argmax")).output_format == IntegerFormat(4, signed=False)
    assert network(4, 1, end=End("argmax")).output_format == IntegerFormat(1, signed=False)
    assert network(4, 10).output_format == INT8
    assert isinstance(network(4, 10).layers[0], DenseLayer)

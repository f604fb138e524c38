"""What a network loses before a table: less with more bits, down to what the index can tell."""

from itertools import pairwise

import numpy as np
import pytest

import fcgen
from fcgen.network.reference import run
from fcgen.quantization.model import quantize
from fcgen.quantization.options import QuantizeOptions
from tensor_examples import save

KINDS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "leaky": {"kind": "leaky_relu", "slope": 0.1},
}


@pytest.fixture(scope="module", params=KINDS)
def model(request, tmp_path_factory):
    """A network 20-40-30-10 with an activation, and vectors."""
    random = np.random.default_rng(3)
    tensors, layers = {}, []
    for number, (inputs, outputs) in enumerate(((20, 40), (40, 30), (30, 10))):
        tensors[f"w{number}"] = random.normal(0, 1.5 / np.sqrt(inputs), (outputs, inputs))
        tensors[f"b{number}"] = random.normal(0, 0.3, outputs)
        layer = {"name": f"fc{number}", "weight": f"w{number}", "bias": f"b{number}"}
        layers.append(layer | {"activation": KINDS[request.param] if number < 2 else "linear"})
    path = save(tmp_path_factory.mktemp("wide"), tensors, layers, ".npz", input_shape=[20])
    return fcgen.load(path), random.normal(0, 1, (500, 20))


def losses(model, x, bits):
    """The relative error of the outputs, and the largest of the layers' weights."""
    made = quantize(model, x, QuantizeOptions(weight_bits=(bits,), activation_bits=(bits,)))
    network, wanted = made.network, model.trace(x)[-1]
    found = network.scores(run(network, network.quantize(x)[0]))
    error = np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2))
    return float(error), max(layer.weight_error for layer in made.layers)


def test_weights_before_a_table_lose_less_with_every_bit(model):
    found = [losses(*model, bits)[1] for bits in (8, 10, 12, 14, 16)]
    assert all(after < before / 3 for before, after in pairwise(found))
    assert found[-1] < 3e-5


def test_outputs_behind_a_table_lose_less_with_more_bits(model):
    found = [losses(*model, bits)[0] for bits in (8, 10, 12, 16)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0] / 15

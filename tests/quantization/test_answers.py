"""What becomes of outputs: reals, probabilities, classes."""

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.network.network import End
from fcgen.numerics.real_map import RealMap
from fcgen.quantization.answers import answer
from network_examples import network

OUTPUTS = np.array([[1, 5, -3], [7, 7, 0]])


def test_codes_stay_where_nothing_is_asked_for():
    assert answer(network(4, 3), OUTPUTS) is OUTPUTS
    assert answer(network(4, 3), OUTPUTS, upto="logits") is OUTPUTS


def test_reals_are_those_of_the_source_in_float32():
    net = network(4, 3, scores=RealMap.scaled(0.1, 2))
    reals = answer(net, OUTPUTS, dequantize=True)
    assert reals.dtype == np.float32
    assert np.array_equal(reals, (OUTPUTS.astype(np.float32) - np.float32(2)) * np.float32(0.1))


def test_probabilities_are_the_softmax_of_the_reals():
    net = network(4, 3, scores=RealMap.scaled(1000.0))
    shares = answer(net, OUTPUTS, upto="probabilities")
    assert np.allclose(shares, [[0, 1, 0], [0.5, 0.5, 0]])


def test_a_single_output_has_a_sign_and_a_sigmoid():
    net = network(4, 1, scores=RealMap.scaled(0.5, 2))
    outputs = np.array([[2], [3], [1]])
    assert answer(net, outputs, upto="class").tolist() == [0, 1, 0]
    shares = answer(net, outputs, upto="probabilities")
    assert np.allclose(shares, [[0.5], [1 / (1 + np.exp(-0.5))], [1 / (1 + np.exp(0.5))]])


def test_the_class_is_that_of_the_reals_and_of_equal_ones_the_first():
    assert answer(network(4, 3), OUTPUTS, upto="class").tolist() == [1, 0]
    turned = network(4, 3, scores=RealMap.scaled([1.0, -1.0, -4.0]))
    assert answer(turned, OUTPUTS, upto="class").tolist() == [2, 0]
    chosen = network(4, 3, end=End("argmax"))
    assert answer(chosen, np.array([[2], [0]]), upto="class").tolist() == [2, 0]


@pytest.mark.parametrize(
    ("net", "options", "line"),
    [
        (network(4, 3), {"dequantize": True}, "--dequantize: net: the network does not know"),
        (network(4, 3), {"upto": "probabilities"}, "--upto: net: the network does not know"),
        (network(4, 3), {"upto": "odds"}, "--upto: odds: must be one of logits, probabilities"),
        (network(4, 3, end=End("argmax")), {"dequantize": True}, "--dequantize: argmax: the hard"),
        (network(4, 3, end=End("top_k", 2)), {"upto": "class"}, "--upto: top_k: the hardware"),
    ],
)
def test_what_a_network_does_not_give_is_said(net, options, line):
    with pytest.raises(InputError) as caught:
        answer(net, np.zeros((1, net.outputs), np.int64), **options)
    assert str(caught.value).startswith(line)

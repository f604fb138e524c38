import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.network.reference import forward, run
from fcgen.network.window import Window
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.requantization import Requantization

INT8, ONE = IntegerFormat(8, signed=True), IntegerFormat(1, signed=False)


def layer(name, window, outputs, *, depthwise=False, maximum=False, seed=0):
    """A convolution with random weights, or a maximum."""
    random = np.random.default_rng(seed)
    inputs = window.taps * (1 if depthwise else window.channels)
    weight = random.integers(-99, 99, (outputs, inputs))
    if maximum:
        weight = np.ones((outputs, inputs), np.int64)
    scheme = Requantization.make(outputs, INT8, multiplier=1 if maximum else 3, shift=0)
    if not maximum:
        scheme = Requantization.make(outputs, INT8, multiplier=3, shift=9, zero_point=2)
    return DenseLayer(
        name=name,
        input_shape=(inputs,),
        weight=weight,
        bias=np.zeros(outputs, np.int64),
        weight_format=ONE if maximum else INT8,
        activation_format=INT8,
        input_zero_point=-128 if maximum else 5,
        requantization=scheme,
        window=window,
        depthwise=depthwise,
        maximum=maximum,
    )


def test_the_seed_s_sizes():
    assert (Window(32, 32, 3, (5, 5)).rows, Window(32, 32, 3, (5, 5)).columns) == (28, 28)


def test_a_dense_layer_is_a_convolution_with_the_size_of_its_map_and_the_reverse():
    conv = layer("c", Window(3, 4, 2, (3, 4)), 5)
    dense = DenseLayer(
        name="d",
        input_shape=(24,),
        weight=conv.weight,
        bias=conv.bias,
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=5,
        requantization=conv.requantization,
    )
    x = np.random.default_rng(1).integers(-128, 128, (7, 24))
    assert np.array_equal(forward(conv, x), forward(dense, x))
    point = layer("p", Window(1, 1, 24, (1, 1)), 5)
    assert np.array_equal(point.weight.shape, dense.weight.shape)


@pytest.mark.parametrize("depthwise", [False, True])
def test_a_convolution_is_what_loops_over_its_windows_give(depthwise):
    window = Window(5, 6, 2, (3, 2), (2, 1), (1, 2), (1, 1, 0, 2))
    conv = layer("c", window, 2, depthwise=depthwise)
    x = np.random.default_rng(2).integers(-128, 128, (1, 5, 6, 2))
    padded = np.pad(x[0], ((1, 1), (0, 2), (0, 0)), constant_values=5) - 5
    sums = []
    for y in range(window.rows):
        for column in range(window.columns):
            for m in range(2):
                total = 0
                for ky in range(3):
                    for kx in range(2):
                        pixel = padded[2 * y + ky, column + 2 * kx]
                        tap = ky * 2 + kx
                        if depthwise:
                            total += int(conv.weight[m, tap]) * int(pixel[m])
                        else:
                            weights = conv.weight[m, 2 * tap : 2 * tap + 2].astype(int)
                            total += int(weights @ pixel)
                sums.append(total)
    wanted = np.clip(np.rint(np.array(sums) * 3 / 512) + 2, -128, 127)
    assert forward(conv, x.reshape(1, -1))[0].tolist() == wanted.astype(int).tolist()


def test_a_maximum_is_the_largest_code_and_never_padding():
    window = Window(3, 3, 1, (2, 2), (1, 1), padding=(1, 0, 0, 1))
    pool = layer("m", window, 1, depthwise=True, maximum=True)
    x = np.array([[-128, -9, -3, -128, -128, 7, -128, -128, -127]])
    assert forward(pool, x)[0].tolist() == [-9, -3, -3, -9, 7, 7, -128, 7, 7]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"padding": (3, 0, 0, 0)}, "padding: 3 and 0: the kernel covers 3 of the height"),
        ({"kernel": (6, 3)}, "kernel: 6: the height with its padding is 5; use a smaller kernel"),
        ({"stride": (0, 1)}, "stride: 0, 1: must be 1 to 65,535"),
        ({"height": 0}, "height: 0: must be 1 to 65,535"),
        ({"channels": 1 << 23}, "channels: 8388608: must be 1 to 65,535"),
    ],
)
def test_what_no_window_is_is_refused(changes, message):
    values = {"height": 5, "width": 5, "channels": 2, "kernel": (3, 3)} | changes
    with pytest.raises(InputError) as caught:
        Window(**values)
    assert str(caught.value).startswith(message)


def branched(sources):
    first = layer("a", Window(4, 4, 2, (1, 1)), 3)
    second = layer("b", Window(4, 4, 3, (3, 3), padding=(1, 1, 1, 1)), 3, seed=1)
    joined = layer("c", Window(4, 4, 6, (1, 1)), 2, seed=2)
    return Network("n", (first, second, joined), sources=sources)


def test_a_branch_is_joined_pixel_by_pixel():
    network = branched(((-1,), (0,), (0, 1)))
    x = np.random.default_rng(0).integers(-128, 128, (3, 32))
    a = forward(network.layers[0], x)
    b = forward(network.layers[1], a)
    both = np.concatenate([a.reshape(3, 16, 3), b.reshape(3, 16, 3)], axis=2).reshape(3, -1)
    assert np.array_equal(run(network, x), forward(network.layers[2], both))
    again = Network.from_json(network.to_json())
    assert again.sources == network.sources
    assert again.structure_hash == network.structure_hash
    assert np.array_equal(run(again, x), run(network, x))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (((-1,), (0,)), "sources: 2 layers: the network has 3 layers"),
        (((-1,), (2,), (0, 1)), "b: sources: [2]: the sources of a layer are layers before it"),
        (((-1,), (0,), (0,)), "b: layer 2: no layer takes what it gives"),
        (((-1,), (0,), (1,)), "c: 96 inputs: the layer before gives 48; correct the sizes"),
    ],
)
def test_what_no_graph_is_is_refused(sources, message):
    with pytest.raises(InputError) as caught:
        branched(sources)
    assert str(caught.value).startswith(message)


def test_weights_of_windows_cannot_be_written():
    network = Network("n", (layer("a", Window(4, 4, 2, (1, 1)), 3),))
    with pytest.raises(InputError, match="a: runtime_weights: weights of a layer with windows"):
        network.writable()

import numpy as np
import pytest
from scipy.signal import correlate

import big_integers
from fcgen.errors import InputError
from fcgen.network import reference
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import ROUNDINGS, IntegerFormat
from random_layers import (
    random_codes,
    random_extreme,
    random_layer,
    random_requantization,
    random_vectors,
)

INT8 = IntegerFormat(8, True)
INT16 = IntegerFormat(16, True)
# The largest accumulators that any legal layer has: 65,535 products of 16 bits, a zero point
# on the far side, a bias.
ACCUMULATOR_MAX = 65535 * 2**16 * 2**16 + 2**31


def layer_of(weight, *, activation=INT8, weights=INT8, **options) -> DenseLayer:
    weight = np.asarray(weight)
    options.setdefault("bias", np.zeros(len(weight), np.int64))
    return DenseLayer(
        "layer", (weight.shape[1],), weight, options.pop("bias"), weights, activation, **options
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_random_legal_layer_equals_big_integers(seed):
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, int(rng.integers(1, 71)), int(rng.integers(1, 40)))
    x = random_vectors(rng, layer, 5)
    assert reference.forward(layer, x).tolist() == big_integers.outputs(layer, x)


@pytest.mark.parametrize("seed", range(40))
def test_random_constants_on_accumulators_of_all_sizes_equal_big_integers(seed):
    rng = np.random.default_rng(seed)
    requantization = random_requantization(rng, 50)
    magnitude = np.int64(1) << rng.integers(0, 49, (20, 50))
    accumulator = rng.integers(-magnitude, magnitude, endpoint=True)
    expected = [
        [big_integers.requantized(requantization, int(acc), m) for m, acc in enumerate(row)]
        for row in accumulator
    ]
    assert reference.requantize(requantization, accumulator).tolist() == expected


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("saturation", ["saturate", "wrap"])
@pytest.mark.parametrize("shift", [0, 1, 2, 23, 24, 25, 46, 47])
def test_extreme_constants_at_extreme_accumulators_equal_big_integers(rounding, saturation, shift):
    multipliers = [-(2**24), -(2**24) + 1, -1, 0, 1, 3, 2**24 - 1]
    offsets = [-(2**shift), 0, 2**shift, (2**shift) >> 1]
    grid = [(multiplier, offset) for multiplier in multipliers for offset in offsets]
    grid += [(multiplier, sign * multiplier) for multiplier in multipliers for sign in (-1, 1)]
    ends = [0, 1, -1, 2**23, 2**24, -(2**24), 2**31, ACCUMULATOR_MAX, -ACCUMULATOR_MAX]
    accumulator = np.repeat(np.array(ends)[:, None], len(grid), axis=1)
    for output in (IntegerFormat(1, True), IntegerFormat(1, False), INT8, INT16):
        requantization = Requantization.make(
            len(grid),
            output,
            multiplier=[multiplier for multiplier, _ in grid],
            offset=[offset for _, offset in grid],
            shift=shift,
            zero_point=output.minimum,
            rounding=rounding,
            saturation=saturation,
        )
        expected = [
            [big_integers.requantized(requantization, acc, m) for m in range(len(grid))]
            for acc in ends
        ]
        assert reference.requantize(requantization, accumulator).tolist() == expected


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("half_even", [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]),
        ("half_up", [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3]),
        ("half_away", [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]),
        ("floor", [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2]),
    ],
)
def test_ties_go_where_the_name_of_the_rounding_says(rounding, expected):
    requantization = Requantization.make(1, INT8, shift=1, rounding=rounding)
    halves = np.arange(-5, 6)[:, None]
    assert reference.requantize(requantization, halves)[:, 0].tolist() == expected


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("shift", range(1, 7))
def test_every_small_value_is_rounded_as_big_integers_round_it(rounding, shift):
    accumulator = np.arange(-300, 301)[:, None]
    requantization = Requantization.make(1, INT16, shift=shift, rounding=rounding)
    expected = [big_integers.requantized(requantization, int(acc), 0) for acc in accumulator[:, 0]]
    assert reference.requantize(requantization, accumulator)[:, 0].tolist() == expected


def test_wrap_is_modulo_after_the_zero_point():
    signed = Requantization.make(1, INT8, zero_point=100, saturation="wrap")
    unsigned = Requantization.make(1, IntegerFormat(8, False), zero_point=100, saturation="wrap")
    accumulator = np.array([[27], [28], [155], [156], [-100], [-101], [-228], [-229]])
    assert reference.requantize(signed, accumulator)[:, 0].tolist() == [
        127,
        -128,
        -1,
        0,
        0,
        -1,
        -128,
        127,
    ]
    assert reference.requantize(unsigned, accumulator)[:, 0].tolist() == [
        127,
        128,
        255,
        0,
        0,
        255,
        128,
        127,
    ]


def test_bounds_clip_after_the_zero_point():
    requantization = Requantization.make(1, INT8, zero_point=10, lo=10, hi=16)
    accumulator = np.array([[-(2**40)], [-1], [0], [5], [6], [7], [2**40]])
    assert reference.requantize(requantization, accumulator)[:, 0].tolist() == [
        10,
        10,
        10,
        15,
        16,
        16,
        16,
    ]


@pytest.mark.parametrize("weight_end", ["minimum", "maximum"])
@pytest.mark.parametrize("input_end", ["minimum", "maximum"])
@pytest.mark.parametrize("weight_signed", [True, False])
@pytest.mark.parametrize("input_signed", [True, False])
def test_the_largest_layer_at_its_extremes_is_exact(
    weight_end, input_end, weight_signed, input_signed
):
    weights, inputs = IntegerFormat(16, weight_signed), IntegerFormat(16, input_signed)
    w, value = getattr(weights, weight_end), getattr(inputs, input_end)
    far = inputs.maximum if input_end == "minimum" else inputs.minimum
    layer = layer_of(
        np.full((1, 65535), w),
        weights=weights,
        activation=inputs,
        bias=np.array([-(2**31)]),
        input_zero_point=far,
    )
    x = np.full((1, 65535), value)
    exact = 65535 * w * (value - far) - 2**31
    assert reference.forward(layer, x).tolist() == [[exact]]
    assert abs(exact) <= int(layer.reach[0])


@pytest.mark.parametrize("signed", [True, False])
def test_one_bit_operands_on_a_one_by_one_layer_are_exact(signed):
    one_bit = IntegerFormat(1, signed)
    for w in (one_bit.minimum, one_bit.maximum):
        for value in (one_bit.minimum, one_bit.maximum):
            layer = layer_of([[w]], weights=one_bit, activation=one_bit, bias=np.array([5]))
            assert reference.forward(layer, np.array([[value]])).tolist() == [[w * value + 5]]


@pytest.mark.parametrize("seed", range(20))
def test_no_accumulator_passes_the_reach_or_the_accumulator_width(seed):
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, int(rng.integers(1, 60)), 8)
    low, high = layer.activation_format.minimum, layer.activation_format.maximum
    # For each output, the inputs that drive its accumulator highest and lowest.
    x = np.concatenate(
        [np.where(layer.weight > 0, high, low), np.where(layer.weight > 0, low, high)]
    )
    accumulator = reference.accumulate(layer, x)
    assert (np.abs(accumulator).max(axis=0) <= layer.reach).all()
    assert IntegerFormat(layer.accumulator_width, True).contains(accumulator)


def test_a_layer_over_a_map_equals_scipy_correlate_with_kernels_of_its_size():
    rng = np.random.default_rng(5)
    kernels = rng.integers(-128, 128, (10, 5, 3, 3))
    images = rng.integers(-128, 128, (20, 5, 3, 3))
    bias = rng.integers(-1000, 1000, 10)
    layer = DenseLayer("layer", (5, 3, 3), kernels.reshape(10, 45), bias, INT8, INT8)
    expected = [
        [
            correlate(image, kernel, mode="valid", method="direct").item() + int(b)
            for kernel, b in zip(kernels, bias, strict=True)
        ]
        for image in images
    ]
    assert reference.forward(layer, images).tolist() == expected


def test_vectors_and_maps_of_the_same_values_give_the_same_outputs():
    rng = np.random.default_rng(6)
    layer = DenseLayer("layer", (2, 3, 4), rng.integers(-8, 8, (5, 24)), np.arange(5), INT8, INT8)
    maps = rng.integers(-128, 128, (3, 2, 3, 4))
    flat = reference.forward(layer, maps.reshape(3, 24))
    assert (reference.forward(layer, maps) == flat).all()
    assert flat.shape == (3, 5)
    assert flat.dtype == np.int64


def test_blocks_of_a_large_batch_join_without_a_seam(monkeypatch):
    rng = np.random.default_rng(7)
    layer = layer_of(random_codes(rng, INT8, (9, 30)), requantization=random_requantization(rng, 9))
    x = random_vectors(rng, layer, 50)
    whole = reference.forward(layer, x)
    monkeypatch.setattr(reference, "_BLOCK_ELEMENTS", 64)
    assert (reference.forward(layer, x) == whole).all()


def test_no_vectors_give_no_outputs():
    layer = layer_of([[1, 2], [3, 4], [5, 6]], requantization=Requantization.make(3, INT8))
    assert reference.forward(layer, np.zeros((0, 2), np.int8)).shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, ">i2"])
def test_any_integer_dtype_of_inputs_gives_the_same_outputs(dtype):
    layer = layer_of([[127, -128]], input_zero_point=-128)
    x = np.array([[127, 0], [3, 99]], dtype)
    assert reference.forward(layer, x).tolist() == big_integers.outputs(layer, x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.zeros((2, 3), np.int8),
            "inputs: shape (2, 3): must have the shape (V, 2); one vector a row, V of them",
        ),
        (
            np.zeros(2, np.int8),
            "inputs: shape (2,): must have the shape (V, 2); one vector a row, V of them",
        ),
        (
            np.zeros((2, 2)),
            "inputs: dtype float64: must hold integers of int8; quantize the values first",
        ),
        (
            np.array([[0, 1], [2, 128]]),
            "inputs: 128: at (1, 1) is outside of int8 (-128 to 127); "
            "check the scale and the sign of the inputs",
        ),
    ],
)
def test_inputs_that_do_not_fit_the_layer_are_refused(x, message):
    with pytest.raises(InputError) as error:
        reference.forward(layer_of([[1, 2]]), x)
    assert str(error.value) == message


def test_a_wrong_map_is_refused_with_both_accepted_shapes():
    layer = DenseLayer("layer", (1, 2, 2), np.zeros((1, 4), np.int8), np.zeros(1, int), INT8, INT8)
    with pytest.raises(InputError) as error:
        reference.forward(layer, np.zeros((5, 2, 2, 1), np.int8))
    assert str(error.value) == (
        "inputs: shape (5, 2, 2, 1): must have the shape (V, 4) or (V, 1, 2, 2); "
        "one vector a row, V of them"
    )


def test_extreme_helpers_reach_both_ends():
    values = random_extreme(np.random.default_rng(0), -5, 5, 1000)
    assert values.min() == -5
    assert values.max() == 5

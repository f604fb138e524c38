import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fcgen.design.loaded_parameters import replace_parameters
from fcgen.errors import InputError
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network import reference
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer

INT8 = IntegerFormat(8, True)
UINT8 = IntegerFormat(8, False)
WEIGHT = np.array([[1, -2, 3], [-128, 127, 0]], np.int8)
BIAS = np.array([10, -20])


def make(weights=None, shape=(3,), outputs=2, **options):
    formats = {"weight_format": INT8, "activation_format": INT8, "output_format": INT8}
    return make_layer(shape, outputs, weights=weights, **(formats | options))


def codes(**entries) -> RawWeights:
    return RawWeights(**({"weight": WEIGHT, "bias": BIAS} | entries))


def refusal(function, *arguments, **options) -> str:
    with pytest.raises(InputError) as error:
        function(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def floats(seed=0, outputs=10, inputs=45) -> RawWeights:
    rng = np.random.default_rng(seed)
    return RawWeights(weight=rng.normal(size=(outputs, inputs)), bias=rng.normal(size=outputs))


# Random weights


def test_random_weights_follow_the_seed_and_say_so():
    layer, notes = make(shape=(50,), outputs=20, seed=3)
    again, _ = make(shape=(50,), outputs=20, seed=3)
    other, _ = make(shape=(50,), outputs=20, seed=4)
    assert layer.weights_hash == again.weights_hash != other.weights_hash
    assert notes[0] == "weights: seeded random int8 (seed 3); give --weights FILE for trained ones"


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("bits", [1, 2, 8, 16])
def test_random_weights_cover_the_whole_range(bits, signed):
    formats = IntegerFormat(bits, signed)
    layer, _ = make(shape=(1000,), outputs=200 if bits < 16 else 2000, weight_format=formats)
    assert (layer.weight.min(), layer.weight.max()) == (formats.minimum, formats.maximum)


def test_random_biases_fit_32_bits_at_the_largest_formats():
    wide = IntegerFormat(16, False)
    layer, _ = make(shape=(65535,), outputs=3, weight_format=wide, activation_format=wide)
    assert layer.bias.any()


def test_a_bias_file_is_taken_beside_random_weights(tmp_path):
    np.save(tmp_path / "b.npy", BIAS)
    layer, _ = make(bias=tmp_path / "b.npy")
    assert layer.bias.tolist() == BIAS.tolist()


def test_a_float_bias_beside_random_weights_is_refused(tmp_path):
    path = tmp_path / "b.npy"
    np.save(path, np.ones(2))
    assert refusal(make, bias=path) == (
        f"{path}: bias: dtype float64: there are no weights that it could belong to; "
        "give --weights too"
    )


# Integer codes


def test_integers_are_codes_used_as_they_are():
    layer, notes = make(
        codes(
            multiplier=3, offset=-5, shift=[4, 5], zero_point=7, lo=-9, hi=[8, 99], rounding="floor"
        )
    )
    assert np.array_equal(layer.weight, WEIGHT)
    assert layer.bias.tolist() == BIAS.tolist()
    constants = layer.requantization
    assert constants.multiplier.tolist() == [3, 3]
    assert constants.offset.tolist() == [-5, -5]
    assert constants.shift.tolist() == [4, 5]
    assert constants.zero_point.tolist() == [7, 7]
    assert constants.lo.tolist() == [-9, -9]
    assert constants.hi.tolist() == [8, 99]
    assert (constants.rounding, constants.saturation) == ("floor", "saturate")
    assert not any("multiplier 1" in note for note in notes)


@pytest.mark.parametrize("name", ["w.npz", "w.npy", "w.csv", "w.hex"])
def test_every_kind_of_file_gives_the_same_layer(tmp_path, name):
    path = tmp_path / name
    text = {"w.csv": "1,-2,3\n-128,127,0\n", "w.hex": "01\nfe\n03\n80\n7f\n00\n"}
    if name in text:
        path.write_text(text[name])
    else:
        np.savez(path, weight=WEIGHT) if name == "w.npz" else np.save(path, WEIGHT)
    np.save(tmp_path / "b.npy", BIAS)
    layer, _ = make(path, bias=tmp_path / "b.npy")
    assert layer.weights_hash == make(codes())[0].weights_hash


def test_a_missing_bias_is_zero_and_said():
    layer, notes = make(RawWeights(weight=WEIGHT))
    assert layer.bias.tolist() == [0, 0]
    assert notes[0] == "bias: none given, zeros"


@pytest.mark.parametrize("seed", range(20))
def test_the_chosen_shift_is_the_smallest_with_which_the_reach_fits(seed):
    rng = np.random.default_rng(seed)
    output = IntegerFormat(int(rng.integers(2, 17)), bool(rng.integers(2)))
    zero_point = int(rng.integers(output.minimum + 1, output.maximum))
    raw = RawWeights(
        weight=rng.integers(-128, 128, (5, 9)),
        bias=rng.integers(-999, 999, 5),
        zero_point=zero_point,
    )
    layer, notes = make(raw, (9,), 5, output_format=output)
    shift = int(layer.requantization.shift[0])
    reach = int(layer.reach.max())
    room = min(output.maximum - zero_point, zero_point - output.minimum)

    def fits(candidate: int) -> bool:
        return int(Fraction(reach, 2**candidate) + Fraction(1, 2)) <= room

    assert fits(shift)
    assert shift == 0 or not fits(shift - 1)
    assert notes[-1] == (
        f"requantization: multiplier 1, shift {shift}: accumulators up to {reach} "
        f"into {output.name}"
    )


def test_only_the_side_above_counts_below_a_relu():
    narrow = codes(zero_point=-100)
    with_relu = make(narrow, relu=True)[0].requantization.shift[0]
    without = make(narrow)[0].requantization.shift[0]
    reach = int(make(narrow)[0].reach.max())
    assert with_relu == 8
    assert reach / 2**8 <= 227
    assert without == 11
    assert reach / 2**11 <= 28


def test_the_chosen_shift_counts_that_rounding_can_go_up():
    # 255 / 2 is within half a step of 128, which int8 has not.
    layer, _ = make(RawWeights(weight=np.array([[1]])), (1,), 1, activation_format=UINT8)
    assert layer.requantization.shift.tolist() == [2]


@pytest.mark.parametrize(
    ("zero_point", "shift"), [([0, 0], 8), ([0, 100], 11), ([127, 127], 7), ([-128, 127], 7)]
)
def test_the_chosen_shift_fits_every_output_on_the_sides_that_have_room(zero_point, shift):
    weight = np.full((2, 2), -127)
    layer, _ = make(RawWeights(weight=weight, zero_point=np.array(zero_point)), (2,), 2)
    assert layer.reach.tolist() == [32512, 32512]
    assert layer.requantization.shift.tolist() == [shift, shift]


def test_the_chosen_shift_of_a_small_layer_is_zero():
    layer, _ = make(
        RawWeights(weight=np.eye(2, dtype=np.int8)), (2,), 2, output_format=IntegerFormat(16, True)
    )
    assert layer.requantization.shift.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("given", "missing", "neutral"), [("multiplier", "shift", 0), ("shift", "multiplier", 1)]
)
def test_the_other_of_multiplier_and_shift_is_neutral_and_said(given, missing, neutral):
    layer, notes = make(codes(**{given: 9}))
    assert getattr(layer.requantization, given).tolist() == [9, 9]
    assert getattr(layer.requantization, missing).tolist() == [neutral, neutral]
    assert f"requantization: no {missing} given, {neutral}" in notes


def test_outputs_that_can_saturate_are_counted():
    _, notes = make(codes(multiplier=1, shift=[0, 9]))
    assert notes[-1] == "requantization: 1 of 2 outputs can pass int8, which saturates"
    _, notes = make(codes(multiplier=1, shift=0, saturation="wrap"))
    assert notes[-1] == "requantization: 2 of 2 outputs can pass int8, which wraps"


def test_unsigned_outputs_without_relu_say_that_negative_results_become_zero():
    line = "requantization: negative results become 0, outputs are unsigned"
    assert line in make(codes(), output_format=UINT8)[1]
    assert line not in make(codes(), output_format=UINT8, relu=True)[1]
    assert line not in make(codes(zero_point=128), output_format=UINT8)[1]


@pytest.mark.parametrize(("lo", "zero_point", "expected"), [(None, 5, 5), (-9, 5, 5), (9, 5, 9)])
def test_relu_raises_the_lower_bound_to_the_zero_point(lo, zero_point, expected):
    layer, _ = make(codes(lo=lo, zero_point=zero_point), relu=True)
    assert layer.requantization.lo.tolist() == [expected, expected]


def test_raw_ends_in_accumulators_and_says_what_has_no_effect():
    layer, notes = make(
        codes(shift=3, rounding="floor"),
        raw=True,
        rounding="half_up",
        saturation="wrap",
        output_scale=1.0,
        activation_scale=1.0,
    )
    assert layer.requantization is None
    assert notes == (
        "weights: shift has no effect with --raw",
        "weights: rounding has no effect with --raw",
        "--rounding has no effect with --raw",
        "--saturation has no effect with --raw",
        "--output-scale has no effect with --raw",
        "--activation-scale has no effect on integer weights",
    )


@pytest.mark.parametrize("option", [None, "floor"])
def test_the_rounding_of_the_file_is_used(option):
    assert make(codes(rounding="floor"), rounding=option)[0].requantization.rounding == "floor"


def test_names_default_to_half_even_and_saturate():
    constants = make(codes())[0].requantization
    assert (constants.rounding, constants.saturation) == ("half_even", "saturate")


def test_run_time_weights_take_the_shift_of_the_weights_at_hand():
    chosen = make(codes())[0].requantization.shift
    layer, _ = make(codes(), runtime_weights=True)
    assert layer.runtime_weights
    assert layer.requantization.shift.tolist() == chosen.tolist()


# Refusals, with the whole message


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        (
            codes(weight=np.array([[0, 1, 2], [3, 4, 128]])),
            {},
            "weights: weight: 128 at (1, 2): is outside of int8 (-128 to 127); "
            "choose a wider format or other codes",
        ),
        (
            codes(weight=np.array([[0, 1, 2], [3, -1, 4]])),
            {"weight_format": UINT8},
            "weights: weight: -1 at (1, 1): is outside of uint8 (0 to 255); "
            "choose a wider format or other codes",
        ),
        (
            codes(bias=np.array([0, -(2**31) - 1])),
            {},
            "weights: bias: -2147483649 at (1,): is outside of int32 "
            "(-2147483648 to 2147483647); use smaller ones",
        ),
        (
            codes(bias=np.array([0.5, 1])),
            {},
            "weights: bias: dtype float64: the weights are int8; "
            "give both as codes or both as floats",
        ),
        (
            RawWeights(weight=WEIGHT.astype(float), bias=BIAS),
            {},
            "weights: bias: dtype int64: the weights are float64; "
            "give both as codes or both as floats",
        ),
        (RawWeights(bias=BIAS), {}, "weights: weight: is missing; save an entry of this name"),
        (
            codes(rounding="half_even"),
            {"rounding": "floor"},
            "--rounding: floor: weights says half_even; leave the option out or change the file",
        ),
        (
            codes(saturation="wrap"),
            {"saturation": "saturate"},
            "--saturation: saturate: weights says wrap; leave the option out or change the file",
        ),
        (
            codes(lo=-128),
            {"saturation": "wrap"},
            "--saturation: wrap with lo: values that wrap have no bounds; "
            "use saturate or drop the bound",
        ),
        (
            codes(hi=5, saturation="wrap"),
            {},
            "--saturation: wrap with hi: values that wrap have no bounds; "
            "use saturate or drop the bound",
        ),
        (
            codes(),
            {"saturation": "wrap", "relu": True},
            "--saturation: wrap with --relu: values that wrap have no bounds; "
            "use saturate or drop the bound",
        ),
        (
            codes(),
            {"relu": True, "raw": True},
            "--relu: with --raw: raw accumulators have no bounds; leave one of the two out",
        ),
        (
            codes(),
            {"rounding": "ceil"},
            "--rounding: ceil: must be one of half_even, half_up, half_away, floor; "
            "choose one of these",
        ),
        (
            codes(rounding="ceil"),
            {},
            "weights: rounding: ceil: must be one of half_even, half_up, half_away, floor; "
            "choose one of these",
        ),
        (
            codes(shift=48),
            {},
            "weights: shift: 48: must be from 0 to 47; choose values in this range",
        ),
        (
            codes(multiplier=2**24),
            {},
            "weights: multiplier: 16777216: must be from -16777216 to 16777215; "
            "choose values in this range",
        ),
        (
            codes(zero_point=200),
            {},
            "weights: zero_point: 200: must be from -128 to 127; choose values in this range",
        ),
        (
            codes(hi=-1),
            {"relu": True},
            "weights: lo: 0: must not be above hi, which is -1 for output 0; give bounds in order",
        ),
        (
            codes(),
            {"input_zero_point": -129},
            "--input-zero-point: -129: must be an activation, from -128 to 127; choose another",
        ),
        (
            codes(),
            {"shape": (0,)},
            "layer: input shape 0: must be positive, with at most 65535 inputs in all; "
            "choose another shape",
        ),
        (
            codes(),
            {"outputs": -1},
            "layer: -1 outputs: must be from 1 to 65535; choose another number",
        ),
        (
            floats(0, 2, 3),
            {"weight_format": IntegerFormat(1, True)},
            "--weight-bits: 1: float weights need at least 2 bits; raise it or give integer codes",
        ),
        (
            RawWeights(weight=np.array([[0, 1, 2], [3, -0.5, 4]])),
            {"weight_format": UINT8},
            "weights: weight: -0.5 at (1, 1): must not be negative with --unsigned-weights; "
            "drop the option",
        ),
        (
            RawWeights(weight=np.ones((2, 3)), shift=3),
            {},
            "weights: shift: is chosen when float weights are quantized; "
            "remove it or give integer codes",
        ),
        (
            RawWeights(weight=np.full((2, 3), 1e40)),
            {},
            "weights: weight: 1e+40: the largest magnitude must be from 2**-100 to 2**100; "
            "rescale the values",
        ),
        (
            RawWeights(weight=np.full((2, 3), 1e-9), bias=np.ones(2)),
            {"raw": True},
            "weights: bias: 1 of output 0: is 1.6256e+13 steps of the accumulator, "
            "which do not fit 32 bits; use a larger weight scale",
        ),
    ],
)
def test_what_the_contract_does_not_allow_is_refused(raw, options, message):
    assert refusal(make, raw, **options) == message


@pytest.mark.parametrize("option", ["activation_scale", "output_scale"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_no_positive_number_is_refused(option, value):
    assert refusal(make, floats(0, 2, 3), **{option: value}) == (
        f"--{option.replace('_', '-')}: {value}: must be positive, from 2**-100 to 2**100; "
        "give the real value of one step"
    )


def test_the_least_output_scale_that_the_message_names_is_enough():
    raw = floats(0, 2, 3)
    message = refusal(make, raw, output_scale=1e-9)
    least = message.removeprefix("--output-scale: 1e-09: must be at least ").split(" ")[0]
    assert message.endswith(" for these weights; choose a larger scale")
    layer, _ = make(raw, output_scale=float(least))
    assert layer.requantization.multiplier.max() == 255
    assert refusal(make, raw, output_scale=float(least) * 0.999)


def test_two_biases_are_refused(tmp_path):
    path = tmp_path / "b.npy"
    np.save(path, BIAS)
    assert refusal(make, codes(), bias=path) == (
        f"--bias: {path}: weights holds a bias too; leave one of the two out"
    )


def test_a_bias_file_is_named_in_its_own_error(tmp_path):
    path = tmp_path / "b.npy"
    np.save(path, np.array([0, 2**31]))
    assert refusal(make, RawWeights(weight=WEIGHT), bias=path).startswith(
        f"{path}: bias: 2147483648"
    )


# Float weights


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("output", [INT8, UINT8, IntegerFormat(12, True), IntegerFormat(4, False)])
@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_quantized_outputs_follow_the_real_layer(seed, output, bits):
    weights = IntegerFormat(bits, True)
    raw = floats(seed)
    layer, notes = make(raw, (45,), 10, weight_format=weights, output_format=output)
    xs, ys = 2.0**-7, float(notes[1].rsplit(" ", 1)[1])
    x = np.random.default_rng(seed + 100).integers(-128, 128, (50, 45))
    factor = layer.requantization.multiplier / 2.0**layer.requantization.shift
    scale = factor * ys / xs
    # The only errors: half a step of each weight and of the bias, half a step of the output.
    bound = np.abs(xs * x).sum(axis=1)[:, None] * scale / 2 + xs * scale / 2 + ys / 2
    real = (xs * x) @ raw.weight.T + raw.bias
    inside = np.clip(real, output.minimum * ys, output.maximum * ys)
    difference = np.abs(reference.forward(layer, x) * ys - inside)
    assert (difference <= bound * (1 + 1e-9)).all()


@pytest.mark.parametrize(("output", "shift_max"), [(INT8, 17), (UINT8, 16)])
def test_factors_are_short_and_no_weight_saturates(output, shift_max):
    raw = floats(1)
    layer, _ = make(raw, (45,), 10, output_format=output)
    constants = layer.requantization
    assert constants.multiplier.min() >= 1
    assert constants.multiplier.max() <= 255
    assert constants.shift.max() <= shift_max
    assert np.abs(layer.weight.astype(int)).max() <= 127
    scale = constants.multiplier / 2.0**constants.shift
    order = np.abs(raw.weight).max(axis=1) / scale
    assert (order <= order.max() * (1 + 1e-12)).all()


def test_the_default_output_scale_is_the_power_of_two_that_the_reach_needs():
    raw = floats(2)
    _, notes = make(raw, (45,), 10)
    ys = float(notes[1].rsplit(" ", 1)[1])
    reach = (np.abs(raw.weight).sum(axis=1) + np.abs(raw.bias)).max()
    assert np.log2(ys) % 1 == 0
    assert 127 * ys >= reach > 127 * ys / 2


@pytest.mark.parametrize(
    ("raw", "zero_point", "scale"),
    [
        (RawWeights(weight=np.ones((1, 1))), 0, 2.0**-6),
        (RawWeights(weight=np.ones((1, 1)), bias=np.array([100.0])), 0, 1.0),
        (RawWeights(weight=np.ones((1, 1))), 127, 2.0**-5),
        (RawWeights(weight=np.ones((1, 1))), -128, 2.0**-5),
        (RawWeights(weight=np.zeros((1, 1))), 0, 1.0),
    ],
)
def test_the_default_output_scale_counts_bias_and_input_zero_point(raw, zero_point, scale):
    _, notes = make(raw, (1,), 1, input_zero_point=zero_point)
    assert any(note.endswith(f"outputs {scale:.6g}") for note in notes)


def test_the_loss_is_reported_as_measured():
    raw = floats(3)
    layer, notes = make(raw, (45,), 10)
    ys = float(notes[1].rsplit(" ", 1)[1])
    factor = layer.requantization.multiplier / 2.0**layer.requantization.shift
    error = layer.weight * (factor * ys * 2**7)[:, None] - raw.weight
    largest, rms = np.abs(error).max(), np.sqrt((error**2).mean())
    share = 100 * largest / np.abs(raw.weight).max()
    assert notes[0] == (
        f"weights: quantized to int8, largest error {largest:.3g} "
        f"({share:.3g} % of the largest), rms error {rms:.3g}"
    )
    assert notes[1] == f"scales: activations 0.0078125, outputs {ys:.6g}"


def test_an_input_zero_point_is_the_code_of_a_real_zero():
    raw = floats(4)
    layer, notes = make(raw, (45,), 10, activation_format=UINT8, input_zero_point=37)
    ys = float(notes[1].rsplit(" ", 1)[1])
    zeros = reference.forward(layer, np.full((1, 45), 37))
    assert (np.abs(zeros * ys - raw.bias) <= ys).all()


def test_chosen_scales_leave_an_output_zero_point_its_room():
    raw = floats(5)
    with_zero_point = RawWeights(weight=raw.weight, bias=raw.bias, zero_point=-100)
    layer, notes = make(with_zero_point, (45,), 10)
    ys = float(notes[1].rsplit(" ", 1)[1])
    reach = (np.abs(raw.weight).sum(axis=1) + np.abs(raw.bias)).max()
    assert 28 * ys >= reach
    assert layer.requantization.zero_point.tolist() == [-100] * 10


def test_given_scales_are_used():
    raw = floats(6)
    _, notes = make(raw, (45,), 10, activation_scale=0.1, output_scale=0.7)
    assert notes[1] == "scales: activations 0.1, outputs 0.7"


@pytest.mark.parametrize("raw_outputs", [False, True])
def test_a_row_of_zeros_and_a_layer_of_zeros_are_quantized(raw_outputs):
    for weight in (np.array([[0.0, 0, 0], [1, 2, 3]]), np.zeros((2, 3))):
        layer, _ = make(RawWeights(weight=weight, bias=np.zeros(2)), raw=raw_outputs)
        assert not layer.weight[0].any()
        assert reference.forward(layer, np.full((1, 3), -128))[0, 0] == 0


def test_raw_float_weights_share_one_scale():
    raw = floats(7)
    layer, notes = make(raw, (45,), 10, raw=True)
    scale = np.abs(raw.weight).max() / 127
    assert np.array_equal(layer.weight, np.rint(raw.weight / scale))
    assert layer.bias.tolist() == np.rint(raw.bias / (2.0**-7 * scale)).tolist()
    assert notes[-1] == f"scales: activations 0.0078125, outputs {2.0**-7 * scale:.6g}"


def test_unsigned_float_weights_use_the_whole_range():
    weight = np.array([[0.0, 0.5, 1.0], [0.25, 0, 0]])
    layer, _ = make(RawWeights(weight=weight), weight_format=UINT8, raw=True)
    assert layer.weight.tolist() == [[0, 128, 255], [64, 0, 0]]


# Other values at run time


@pytest.fixture
def writable():
    return make(codes(), runtime_weights=True)[0]


def test_given_parameters_replace_and_others_stay(writable):
    changed, _ = replace_parameters(writable, RawWeights(weight=-WEIGHT.clip(-127), shift=3))
    assert np.array_equal(changed.weight, -WEIGHT.clip(-127))
    assert changed.bias.tolist() == BIAS.tolist()
    assert changed.requantization.shift.tolist() == [3, 3]
    assert changed.requantization.multiplier.tolist() == [1, 1]
    assert changed.structure_hash == writable.structure_hash
    assert changed.weights_hash != writable.weights_hash


def test_parameters_are_replaced_from_a_file(writable, tmp_path):
    np.savez(tmp_path / "w.npz", bias=[7, 8])
    changed, _ = replace_parameters(writable, tmp_path / "w.npz")
    assert changed.bias.tolist() == [7, 8]
    assert np.array_equal(changed.weight, WEIGHT)


FOLLOWS = (
    "weights: zero_point: lo becomes zero_point, as the ReLU of this design had it; "
    "give lo for other bounds"
)
ENDS = "weights: lo: is used as given, below zero_point: the ReLU of this design ends"
STAYS = (
    "weights: zero_point: lo stays 0, the end of uint8; give lo too where the layer ends in ReLU"
)


@pytest.mark.parametrize(
    ("given", "lo", "notes"),
    [
        ({}, [-3, -3], ()),
        ({"zero_point": 10}, [10, 10], (FOLLOWS,)),
        ({"zero_point": [-7, 4]}, [-7, 4], (FOLLOWS,)),
        ({"zero_point": -3}, [-3, -3], ()),
        ({"zero_point": 10, "lo": 20}, [20, 20], ()),
        ({"zero_point": 10, "lo": 5}, [5, 5], (ENDS,)),
        ({"lo": -9}, [-9, -9], (ENDS,)),
    ],
)
def test_a_relu_follows_new_zero_points(given, lo, notes):
    layer, _ = make(codes(zero_point=-3), relu=True, runtime_weights=True)
    changed, lines = replace_parameters(layer, RawWeights(weight=WEIGHT, **given))
    assert changed.requantization.lo.tolist() == lo
    assert lines == notes


@pytest.mark.parametrize(
    ("given", "notes"),
    [({"zero_point": 5}, (STAYS,)), ({"zero_point": 5, "lo": 5}, ()), ({"bias": [1, 2]}, ())],
)
def test_unsigned_outputs_do_not_show_a_relu_and_a_note_says_so(given, notes):
    layer, _ = make(codes(), relu=True, runtime_weights=True, output_format=UINT8)
    changed, lines = replace_parameters(layer, RawWeights(weight=WEIGHT, **given))
    assert changed.requantization.lo.tolist() == [given.get("lo", 0)] * 2
    assert lines == notes


def test_bounds_that_are_no_relu_stay():
    layer, _ = make(codes(zero_point=-3, lo=-20), runtime_weights=True)
    changed, lines = replace_parameters(layer, RawWeights(zero_point=10))
    assert (changed.requantization.lo.tolist(), lines) == ([-20, -20], ())


def test_random_biases_leave_room_for_the_zero_point_in_32_bits():
    layer, _ = make(
        None,
        (20_000,),
        3,
        weight_format=IntegerFormat(16, signed=False),
        activation_format=UINT8,
        input_zero_point=5,
        runtime_weights=True,
    )
    assert (np.abs(layer.folded_bias) <= 2**31).all()
    assert (layer.bias > 0).all()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (RawWeights(), "weights: no entry: holds no values; give weight or bias"),
        (
            RawWeights(weight=WEIGHT * 0.5),
            "weights: weight: dtype float64: must hold integer codes to be loaded into a design; "
            "quantize it first",
        ),
        (
            RawWeights(weight=WEIGHT.astype(int) * 2),
            "weights: weight: -256 at (1, 0): is outside of int8 (-128 to 127); "
            "choose a wider format or other codes",
        ),
        (
            RawWeights(rounding="floor"),
            "weights: rounding: floor: the design was made with half_even; make a new design",
        ),
        (
            RawWeights(hi=-5, lo=5),
            "weights: lo: 5: must not be above hi, which is -5 for output 0; give bounds in order",
        ),
        (
            RawWeights(bias=np.array([0, 2**31])),
            "weights: bias: 2147483648 at (1,): is outside of int32 "
            "(-2147483648 to 2147483647); use smaller ones",
        ),
    ],
)
def test_parameters_that_the_structure_does_not_allow_are_refused(writable, raw, message):
    assert refusal(replace_parameters, writable, raw) == message


def test_constants_of_a_raw_layer_are_refused():
    layer = make(codes(), raw=True, runtime_weights=True)[0]
    assert refusal(replace_parameters, layer, RawWeights(shift=3)) == (
        "weights: shift: a layer that ends in raw accumulators has none; remove the entry"
    )


def test_a_design_without_run_time_weights_takes_none():
    assert refusal(replace_parameters, make(codes())[0], codes()) == (
        "--load-weights: weights: the weights of this design are fixed; "
        "make it with --runtime-weights"
    )


def test_a_large_int8_layer_is_made_within_a_few_copies_of_its_weights(tmp_path):
    path = tmp_path / "w.npy"
    np.save(path, np.ones((2048, 2048), np.int8))
    tracemalloc.start()
    layer, _ = make(Path(path), (2048,), 2048)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * layer.weight.nbytes

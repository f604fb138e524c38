from fractions import Fraction

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.numerics import scales
from fcgen.numerics.fixed import IntegerFormat

INT8 = IntegerFormat(8, True)
UINT8 = IntegerFormat(8, False)
INT9 = IntegerFormat(9, True)
UINT16 = IntegerFormat(16, False)
INT16 = IntegerFormat(16, True)


def factors(weight, bias=None, *, weights=INT8, xs=2.0**-7, ys=0.5, output=INT8):
    weight = np.atleast_2d(np.asarray(weight, float))
    bias = np.zeros(len(weight)) if bias is None else np.asarray(bias, float)
    return scales.short_factors(
        weight, bias, weight_format=weights, activation_scale=xs, output_scale=ys, output=output
    )


def smallest_factor_by_search(needed: Fraction, shift_max: int) -> Fraction:
    candidates = (
        Fraction(multiplier, 2**shift)
        for multiplier in range(1, 256)
        for shift in range(shift_max + 1)
    )
    return min(candidate for candidate in candidates if candidate >= needed)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("output", "shift_max"), [(INT8, 17), (UINT8, 16), (INT9, 47), (UINT16, 47)]
)
def test_the_factor_is_the_smallest_short_one_that_does_not_saturate(seed, output, shift_max):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(6, 4)) * 2.0 ** rng.integers(-12, 10, (6, 1))
    multiplier, shift = factors(weight, output=output)
    for m, row in enumerate(weight):
        needed = Fraction(2.0**-7 * np.abs(row).max() / (127 * 0.5))
        found = Fraction(int(multiplier[m]), 2 ** int(shift[m]))
        assert found == smallest_factor_by_search(needed, shift_max)


@pytest.mark.parametrize(
    ("needed", "expected"),
    [(255, (255, 0)), (128, (128, 0)), (1, (128, 7)), (127.5, (255, 1)), (127.75, (128, 0))],
)
def test_the_multiplier_uses_its_eight_bits(needed, expected):
    multiplier, shift = factors([needed], xs=1.0, ys=1 / 127)
    assert (multiplier[0], shift[0]) == expected


def test_an_output_scale_that_would_need_a_longer_multiplier_is_refused():
    with pytest.raises(InputError) as error:
        factors([256.0], xs=1.0, ys=1 / 127)
    assert str(error.value) == (
        "--output-scale: 0.00787402: must be at least 0.00790497 for these weights; "
        "choose a larger scale"
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("output", [INT9, INT16, UINT16])
def test_weights_of_16_bits_use_their_whole_range_where_outputs_are_wide(seed, output):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(20, 30)) * 2.0 ** rng.integers(-12, 1, (20, 1))
    xs, ys = 2.0**-15, 2.0**-10
    multiplier, shift = factors(weight, weights=INT16, xs=xs, ys=ys, output=output)
    scale = multiplier / 2.0**shift * (ys / xs)
    used = np.abs(weight).max(axis=1) / scale / INT16.maximum
    assert (used <= 1).all()
    assert (used > 0.99).all()


def test_a_row_of_zeros_gets_the_finest_factor():
    multiplier, shift = factors(np.zeros((1, 3)))
    assert (multiplier[0], shift[0]) == (1, 17)


def test_a_bias_beside_tiny_weights_raises_the_factor_until_it_fits_32_bits():
    multiplier, shift = factors([[1e-9], [0.0]], [2.0**16, -(2.0**16)])
    factor = multiplier / 2.0**shift
    assert (np.rint(2.0**16 / (0.5 * factor)) <= 2**31 - 1).all()
    assert (factor > 2.0**-17).all()


@pytest.mark.parametrize(
    ("value", "power"),
    [
        (1.0, 1.0),
        (1.0001, 2.0),
        (0.5, 0.5),
        (0.0, 1.0),
        (0.3, 0.5),
        (1e-20, 2.0**-66),
        (3e9, 2.0**32),
    ],
)
def test_the_power_of_two_is_the_smallest_that_is_not_below(value, power):
    assert scales.power_of_two_above(value) == power


@pytest.mark.parametrize(
    ("formats", "scale"), [(INT8, 2.0**-7), (UINT8, 2.0**-8), (IntegerFormat(1, True), 1.0)]
)
def test_activations_cover_one_by_default(formats, scale):
    assert scales.default_activation_scale(formats) == scale


def test_weights_are_rounded_to_the_nearest_code_ties_to_even():
    weight = np.array([[0.5, 1.5, -2.5, 0.49, 126.6, -127.0]])
    tensor = scales.quantize_rows(
        weight, np.array([0.75]), np.ones(1), weight_format=INT8, activation_scale=0.5
    )
    assert tensor.weight.tolist() == [[0, 2, -2, 0, 127, -127]]
    assert tensor.bias.tolist() == [2]
    error = np.abs(tensor.weight - weight)
    assert tensor.largest_error == error.max()
    assert tensor.rms_error == pytest.approx(np.sqrt((error**2).mean()))


def test_blocks_of_rows_join_without_a_seam(monkeypatch):
    weight = np.random.default_rng(0).normal(size=(50, 7))
    arguments = (weight, np.zeros(50), np.full(50, 0.02))
    options = {"weight_format": INT8, "activation_scale": 1.0}
    whole = scales.quantize_rows(*arguments, **options)
    monkeypatch.setattr(scales, "_BLOCK_ELEMENTS", 10)
    parts = scales.quantize_rows(*arguments, **options)
    assert np.array_equal(parts.weight, whole.weight)
    assert parts.largest_error == whole.largest_error
    assert parts.rms_error == pytest.approx(whole.rms_error)


def test_a_bias_beyond_32_bits_is_refused():
    with pytest.raises(InputError) as error:
        scales.quantize_rows(
            np.ones((1, 1)),
            np.array([2.0**31]),
            np.ones(1),
            weight_format=INT8,
            activation_scale=1.0,
        )
    assert str(error.value) == (
        "bias: 2.14748e+09 of output 0: is 2.14748e+09 steps of the accumulator, "
        "which do not fit 32 bits; use a larger weight scale"
    )

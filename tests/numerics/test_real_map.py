"""Between reals and codes: bounds, fused products, roundings, and what files hold of them."""

import json
from fractions import Fraction

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.files.document import Fields, load
from fcgen.numerics.float_operations import OPERATIONS
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.roundings import ROUNDERS


def read(grid):
    return InputGrid.from_fields(Fields(load(json.dumps(grid), "r.json"), "r.json"), "r.json", 1)


OLD = {"scale": 0.5, "zero_point": 3, "lo": -8, "hi": 7, "before": [["multiply", 2.0]]}


def test_a_grid_of_a_file_from_before_rounds_first_and_is_written_the_same():
    grid = read(OLD)
    assert (grid.rounding, grid.zero_first, grid.wide) == ("ROUND", False, False)
    assert grid.as_fields() == OLD
    # 0.625 is 2.5 steps: 2 and 3 are 5, where 5.5 would be 6.
    assert grid.codes(np.array([[0.625]]))[0].tolist() == [[5]]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"zero_first": True}, 6),
        ({"zero_first": True, "wide": True}, 6),
        ({"rounding": "FLOOR"}, 5),
        ({"rounding": "HALF_UP"}, 6),
        ({"rounding": "HALF_DOWN", "zero_first": True}, 5),
    ],
)
def test_a_grid_says_how_it_rounds_and_what_it_adds_first(more, code):
    grid = read(OLD | more)
    assert grid.as_fields() == OLD | more
    assert grid.codes(np.array([[0.625]]))[0].tolist() == [[code]]


def test_a_grid_of_signs_divides_nothing():
    grid = InputGrid(4.0, 0, -1, 1, rounding="BIPOLAR")
    x = np.array([[-1e-45, -0.0, 0.0, 1e-45, -3.0, 1e30]])
    assert grid.codes(x)[0].tolist() == [[-1, 1, 1, 1, -1, 1]]
    assert grid.codes(x)[1] == 0
    assert grid.reals(np.array([-1, 1])).tolist() == [-4.0, 4.0]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"rounding": "SOMEHOW"}, "rounding: SOMEHOW: must be one of ROUND, HALF_EVEN, CEIL"),
        ({"zero_first": 1}, "zero_first: 1: must be true or false"),
        ({"other": 1}, "other: is not a known field"),
    ],
)
def test_a_grid_that_is_none_is_refused(more, line):
    with pytest.raises(InputError) as caught:
        read(OLD | more)
    assert line in str(caught.value)


def test_a_fused_product_rounds_once():
    random = np.random.default_rng(0)
    x, a, b = random.normal(0, 1, (3, 2000)).astype(np.float32)
    # Sums near zero and near ties of float32, where two roundings differ from one.
    b[:1000] = -(x * a)[:1000] * np.float32(1 + 2**-20)
    b[1000:1500] = np.ldexp(np.float32(1), random.integers(-30, 30, 500))
    found = OPERATIONS["multiply_add"](x, np.stack([a, b]))
    for values in zip(x, a, b, found, strict=True):
        one, factor, constant, result = (Fraction(float(value)) for value in values)
        exact = one * factor + constant
        near = [np.nextafter(values[3], np.float32(end)) for end in (-np.inf, np.inf)]
        apart = [abs(Fraction(float(value)) - exact) for value in near]
        assert abs(result - exact) <= min(apart)


def test_a_map_with_bounds_and_pairs_survives_json():
    pair = np.array([[0.5, 0.5], [1.0, -2.0]])
    steps = RealMap((("multiply_add", pair), ("maximum", 0.0), ("minimum", 6.0)))
    again = RealMap.from_fields(json.loads(json.dumps(steps.as_fields())), "r.json", 2)
    codes = np.array([[0, 100], [-4, 7], [3, 4]])
    assert again.as_fields() == steps.as_fields()
    assert again(codes).tolist() == [[1.0, 6.0], [0.0, 1.5], [2.5, 0.0]]


@pytest.mark.parametrize(
    "operand",
    [1.0, [1.0], [1.0, 2.0, 3.0], [[1.0, 2.0], 3.0], [[1.0, 2.0, 3.0]] * 2, [["a", 1.0]] * 2],
)
def test_a_pair_that_is_none_is_refused(operand):
    with pytest.raises(InputError, match=r"must have|pair of operands"):
        RealMap.from_fields([["multiply_add", operand]], "r.json", 2)


@pytest.mark.parametrize(
    ("step", "keeps"),
    [
        (("multiply_add", np.array([2.0, -1.0])), True),
        (("multiply_add", np.array([-2.0, 1.0])), False),
        (("multiply_add", np.array([[2.0, 2.0], [0.0, 1.0]])), False),
        (("maximum", 0.0), False),
        (("minimum", 6.0), False),
    ],
)
def test_bounds_and_what_differs_between_elements_keep_no_order(step, keeps):
    steps = RealMap((("multiply", 0.5), step))
    assert steps.keeps_order == keeps
    if keeps:
        assert steps.scale == 1


def test_halves_of_the_executor_are_by_magnitude_and_in_float32():
    x = np.array([-2.5, -0.5, 0.5, 1.5], np.float32)
    assert ROUNDERS["HALF_UP"](x).tolist() == [-3, -1, 1, 2]
    assert ROUNDERS["HALF_DOWN"](x).tolist() == [-2, 0, 0, 1]
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert ROUNDERS["HALF_UP"](np.array([below, -below])).tolist() == [1, -1]
    assert ROUNDERS["HALF_UP"](np.array([below], np.float64)).tolist() == [0]

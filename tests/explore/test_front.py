from dataclasses import replace

import numpy as np
import pytest

from fcgen.explore.front import Merits, front, spread

RANDOM = np.random.default_rng(5)
BASE = Merits("a", 0.9, 1000.0, 500, 4, 2, 10.0)


def some(number, values):
    """Points of few different values, so that many are equal in something."""
    draw = RANDOM.integers(1, values + 1, (number, 6))
    return [
        Merits("ab"[place % 2], row[0] / 10, float(row[1]), row[2], row[3], row[4], float(row[5]))
        for place, row in enumerate(draw.tolist())
    ]


def beats(one, other):
    """The definition, field by field."""
    if one.group != other.group:
        return False
    more = [(one.accuracy, other.accuracy), (one.rate, other.rate)]
    less = [(getattr(other, n), getattr(one, n)) for n in ("lut", "dsp", "ram", "latency_us")]
    pairs = more + less
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


@pytest.mark.parametrize("values", [2, 3, 20])
def test_the_front_is_that_of_the_definition(values):
    for number in (1, 2, 40, 120):
        merits = some(number, values)
        wanted = [not any(beats(other, one) for other in merits) for one in merits]
        assert front(merits) == wanted
        assert any(wanted)


def test_equal_points_are_both_on_the_front():
    assert front([BASE, BASE]) == [True, True]


def test_devices_are_not_compared():
    assert front([BASE, replace(BASE, group="b", rate=1.0, lut=9999)]) == [True, True]


def test_a_margin_keeps_what_an_estimate_may_be_wrong_about():
    close = replace(BASE, lut=540, rate=950.0)
    far = replace(BASE, lut=600, rate=850.0, latency_us=12.0)
    assert front([BASE, close, far]) == [True, False, False]
    assert front([BASE, close, far], margin=0.1) == [True, True, False]


def test_no_margin_is_given_to_what_is_exact():
    worse = [replace(BASE, dsp=5), replace(BASE, ram=3), replace(BASE, accuracy=0.89)]
    marks = front([replace(BASE, lut=1, rate=1e9, latency_us=1e-3), *worse], margin=0.2)
    assert marks == [True, False, False, False]


def test_points_far_from_each_other_are_taken_first():
    near = replace(BASE, rate=BASE.rate * 0.99)
    slow = replace(BASE, rate=10.0, lut=50, latency_us=900.0)
    middle = replace(BASE, rate=100.0, lut=150, latency_us=90.0)
    assert spread([near, middle, BASE, slow], 3) == [2, 3, 1]
    assert sorted(spread([near, middle, BASE, slow], 9)) == [0, 1, 2, 3]
    assert spread([], 3) == []

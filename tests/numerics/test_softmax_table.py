"""The table of a softmax: its bound, its order, its size."""

from fractions import Fraction

import numpy as np
import pytest

from fcgen.network.reference import probabilities
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.softmax_table import INDEX_BITS_MAX, SoftmaxTable, upwards

INT8 = IntegerFormat(8, True)
CASES = [  # M, score, scale, bits
    (2, INT8, Fraction(1, 100), 2),
    (3, INT8, Fraction(1, 16), 8),
    (10, INT8, Fraction(1, 4), 16),
    (10, IntegerFormat(16, True), Fraction(1, 4096), 8),
    (10, IntegerFormat(16, False), Fraction(1, 3000), 16),
    (1000, INT8, Fraction(1, 20), 8),
    (1000, IntegerFormat(24, True), Fraction(1, 10**6), 12),
    (7, BIPOLAR, Fraction(2, 5), 8),
    (5, IntegerFormat(40, True), Fraction(1, 10**9), 16),
]


def vectors_of(outputs, form, scale, count=300, seed=0):
    """Spread over the format, near each other at the scale, ties, extremes."""
    random = np.random.default_rng(seed)
    form = form.stored
    values = random.integers(form.minimum, form.maximum, (count, outputs), endpoint=True)
    values[0], values[1] = form.minimum, form.maximum
    values[2], values[2, -1] = form.minimum, form.maximum
    near = random.exponential(random.uniform(0.01, 8, (count, 1)), (count, outputs)) / float(scale)
    values[3::2] = np.clip(form.maximum - near[3::2], form.minimum, None).astype(np.int64)
    return values


def real_softmax(scores, scale):
    powers = np.exp((scores - scores.max(1, keepdims=True)).astype(np.longdouble) * float(scale))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize(("outputs", "form", "scale", "bits"), CASES)
def test_every_probability_is_within_the_bound(outputs, form, scale, bits):
    table = SoftmaxTable.of(outputs, form, scale, bits)
    scores = vectors_of(outputs, form, scale)
    found = probabilities(table, scores) / 2.0**bits
    errors = np.abs(found - real_softmax(scores, 2 * scale if form.bipolar else scale))
    assert errors.max() <= table.largest_error
    assert table.largest_error < 1.3 / 2**bits or table.coarseness


@pytest.mark.parametrize(("outputs", "form", "scale", "bits"), CASES)
def test_the_order_and_the_class_are_those_of_the_outputs(outputs, form, scale, bits):
    table = SoftmaxTable.of(outputs, form, scale, bits)
    scores = vectors_of(outputs, form, scale, seed=1)
    # Neighbours: the largest one is a step above all others, and stands last.
    scores[3] = form.minimum
    scores[3, -1] += 1
    found = probabilities(table, scores)
    order = np.argsort(scores, axis=1, kind="stable")
    ranked = np.take_along_axis(found, order, 1)
    assert (np.diff(ranked, axis=1) >= 0).all()
    assert np.array_equal(found.argmax(1), scores.argmax(1))
    largest = [values == values.max(1, keepdims=True) for values in (found, scores)]
    assert np.array_equal(*largest)


def test_the_bound_of_a_coarse_table_is_nearly_reached():
    # Three nearly equal outputs, of which two share the first entry behind the largest one's.
    table = SoftmaxTable.of(3, IntegerFormat(24, False), Fraction(1, 10**6), 16)
    scores = np.array([[10**6, 10**6 - 1, 10**6 - (1 << table.coarseness)]])
    errors = np.abs(probabilities(table, scores) / 2.0**16 - real_softmax(scores, table.scale))
    assert 0.95 * table.largest_error < errors.max() <= table.largest_error


@pytest.mark.parametrize(("outputs", "form", "scale", "bits"), CASES)
def test_powers_descend_from_ones_to_what_lies_beyond_them(outputs, form, scale, bits):
    table = SoftmaxTable.of(outputs, form, scale, bits)
    assert table.index.bits <= INDEX_BITS_MAX
    assert table.powers[0] == (1 << table.power_bits) - 1
    assert (np.diff(table.powers) <= 0).all()
    reached = (len(table.powers) - 1) << table.coarseness
    assert table.powers[-1] == 0 or reached >= table.distance.maximum
    assert outputs * int(table.powers[0]) < 1 << table.total_bits


@pytest.mark.parametrize(
    ("form", "scale", "entries", "coarseness"),
    [
        (INT8, Fraction(1, 16), 256, 0),
        (INT8, Fraction(10**30), 4, 0),
        (INT8, Fraction(1, 10**30), 256, 0),
        (IntegerFormat(12, True), Fraction(1, 10**9), 4096, 0),
        (IntegerFormat(16, True), Fraction(1, 10**9), 4096, 5),
        (IntegerFormat(1, True), Fraction(1), 2, 0),
    ],
)
def test_a_table_has_no_more_entries_than_matter(form, scale, entries, coarseness):
    table = SoftmaxTable.of(10, form, scale, 8)
    assert (len(table.powers), table.coarseness) == (entries, coarseness)


def test_the_powers_are_the_same_on_every_machine():
    table = SoftmaxTable.of(10, INT8, Fraction(1, 16), 8)
    assert table.powers[:4].tolist() == [16383, 15390, 14458, 13582]
    assert table.digest.startswith("d13e17db370a")


def test_a_bound_is_written_with_three_digits_and_never_smaller():
    assert upwards(0.0041611) == "0.00417"
    assert upwards(0.5) == "0.5"

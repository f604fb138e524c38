"""Tables in a certificate: what differs is told in steps of what leaves the table."""

from dataclasses import dataclass, replace

import numpy as np

from fcgen.certification.certify import certify
from fcgen.load.integer_model import IntegerLayer, IntegerModel, TableOrder, with_table
from fcgen.network.reference import run
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import DoubleProduct, FloatProduct, LikeStep

INT8 = IntegerFormat(8, signed=True)
CODES = np.arange(-128, 128)
RANDOM = np.random.default_rng(0)


def layer(*, slope=0.01, step=DoubleProduct):
    """A layer of random weights, whose steps rise and fall."""
    scale = np.array([slope, -slope, slope]).astype(np.float32 if step is FloatProduct else float)
    return IntegerLayer(
        name="fc",
        weight=RANDOM.integers(-127, 128, (3, 40)),
        bias=np.array([5, -900, 3000]),
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=3,
        input_lo=-128,
        input_hi=127,
        step=step(scale, INT8, -7, -128, 127),
    )


def model(*layers):
    return IntegerModel("m", "f", "x", (layers[0].inputs,), layers, "qonnx", None, None)


def test_the_network_has_the_entries_of_the_model():
    entries = RANDOM.integers(-128, 128, 256)
    source = model(with_table(layer(), "any", INT8, entries))
    network, certificate = certify(source)
    x = RANDOM.integers(-128, 128, (3000, 40))
    assert certificate.exact
    assert np.array_equal(run(network, x), source.trace(x)[-1])


def test_another_order_s_entry_is_listed_for_exactly_the_sums_that_have_its_code():
    base = layer()
    entries = np.clip(CODES * 2, -128, 127)
    other = entries.copy()
    other[128 + 9] += 3
    made = with_table(base, "any", INT8, entries, (TableOrder("why", other),))
    _, certificate = certify(model(made))
    least, most = made.reach
    for output in range(3):
        sums = np.arange(least[output], most[output] + 1)
        wrong = sums[base.step(np.stack([sums] * 3, 1))[:, output] == 9]
        (found,) = [each for each in certificate.differences if each.output == output]
        assert (found.first, found.last, found.steps) == (wrong.min(), wrong.max(), -3)
        assert found.reason == "why"


def test_an_entry_of_a_code_that_never_occurs_is_not_listed():
    base = replace(layer(), input_lo=0, input_hi=1, input_zero_point=0)
    other = CODES.copy()
    other[-1] = 0
    made = with_table(base, "any", INT8, CODES, (TableOrder("why", other),))
    _, certificate = certify(model(made))
    assert certificate.exact


def test_a_clip_is_the_step_s_own_bounds():
    found = with_table(layer(), "relu", INT8, np.clip(CODES, -7, 90))
    assert (found.table, found.step.lo, found.step.hi) == (None, -7, 90)


def test_a_clip_to_one_value_is_a_table_of_it():
    source = model(with_table(layer(), "relu", INT8, np.full(256, 4)))
    network, certificate = certify(source)
    assert certificate.exact
    assert (run(network, RANDOM.integers(-128, 128, (50, 40))) == 4).all()


def test_a_function_behind_a_function_is_one_table():
    first, second = RANDOM.integers(-128, 128, (2, 256))
    found = with_table(with_table(layer(), "one", INT8, first), "two", INT8, second)
    assert isinstance(found.table, ActivationTable)
    assert np.array_equal(found.table.entries, second[first + 128])


def test_differences_of_the_step_are_steps_of_the_table():
    base = layer(slope=0.0123456, step=FloatProduct)
    # A step that no constants have: the certificate lists sums on either side of a threshold.
    moved = replace(base, step=Jagged(base.step))
    plain = certify(model(moved))[1].differences
    flat = with_table(moved, "flat", IntegerFormat(9, signed=True), np.zeros(256, np.int64))
    triple = with_table(moved, "triple", IntegerFormat(10, signed=True), CODES * 3)
    assert plain
    assert certify(model(flat))[1].exact
    tripled = certify(model(triple))[1].differences
    assert [each.steps for each in tripled] == [3 * each.steps for each in plain]


@dataclass(frozen=True, eq=False)
class Jagged(LikeStep):
    """A step with thresholds that no linear one has."""

    def __call__(self, accumulator):
        return self.step(accumulator // 70 * 70)

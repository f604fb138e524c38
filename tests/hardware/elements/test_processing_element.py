import random

import pytest

from amaranth_bench import observe, pack
from fcgen.hardware.elements.processing_element import ProcessingElement
from fcgen.numerics.fixed import IntegerFormat

FORMATS = [
    (IntegerFormat(8, True), IntegerFormat(8, True)),
    (IntegerFormat(8, False), IntegerFormat(8, True)),
    (IntegerFormat(16, True), IntegerFormat(16, False)),
    (IntegerFormat(1, True), IntegerFormat(1, False)),
    (IntegerFormat(3, False), IntegerFormat(1, True)),
]


def sums(element, rows):
    """Drive rows of (activations, weights, last) and return each finished sum when it shows."""
    simd, delay = element.simd, element.last_delay
    idle = {"activations": 0, "weights": 0, "last": 0}
    stimuli = [dict(idle) for _ in range(len(rows) + element.latency + 1)]
    for cycle, (activations, weights, last) in enumerate(rows):
        stimuli[cycle]["activations"] = pack(activations, element.activation.bits)
        stimuli[cycle]["weights"] = pack(weights, element.weight.bits)
        stimuli[cycle + delay]["last"] = int(last)
        assert len(activations) == len(weights) == simd
    seen = observe(element, stimuli, ["result"])
    return [seen[cycle + element.latency]["result"] for cycle, row in enumerate(rows) if row[2]]


def random_rows(element, folds, length, rng):
    def operand(kind):
        return rng.choice([kind.minimum, kind.maximum, rng.randint(kind.minimum, kind.maximum)])

    return [
        (
            [operand(element.activation) for _ in range(element.simd)],
            [operand(element.weight) for _ in range(element.simd)],
            cycle == length - 1,
        )
        for _ in range(folds)
        for cycle in range(length)
    ]


def expected_sums(rows):
    totals, total = [], 0
    for activations, weights, last in rows:
        total += sum(a * w for a, w in zip(activations, weights, strict=True))
        if last:
            totals.append(total)
            total = 0
    return totals


@pytest.mark.parametrize(("activation", "weight"), FORMATS)
@pytest.mark.parametrize("simd", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_sums_follow_each_other_without_a_gap(activation, weight, simd, length):
    element = ProcessingElement(
        simd=simd, activation=activation, weight=weight, accumulator_width=40
    )
    observe(element, [{"last": 1}] * 8, [])
    rows = random_rows(element, 12, length, random.Random(simd))
    flush = [([0] * simd, [0] * simd, True)]
    assert sums(element, flush + rows)[1:] == expected_sums(rows)


def test_all_minimum_and_all_maximum_operands_are_exact():
    int16 = IntegerFormat(16, True)
    element = ProcessingElement(simd=5, activation=int16, weight=int16, accumulator_width=38)
    low, high = [int16.minimum] * 5, [int16.maximum] * 5
    rows = [(low, low, False), (low, low, True), (high, low, True), (high, high, True)]
    flush = [([0] * 5, [0] * 5, True)]
    assert sums(element, flush + rows)[1:] == expected_sums(rows)


def test_the_result_holds_while_the_next_sum_grows():
    int4 = IntegerFormat(4, True)
    element = ProcessingElement(simd=1, activation=int4, weight=int4, accumulator_width=12)
    stimuli = [
        {"activations": 3, "weights": 2, "last": int(cycle in (4, 9))} for cycle in range(12)
    ]
    seen = [s["result"] for s in observe(element, stimuli, ["result"])]
    first = seen[5]
    assert seen[5:10] == [first] * 5
    assert seen[10] == 5 * 6


def test_an_accumulator_of_exactly_the_reach_never_overflows():
    int8 = IntegerFormat(8, True)
    reach = 4 * 128 * 128
    element = ProcessingElement(
        simd=2, activation=int8, weight=int8, accumulator_width=reach.bit_length() + 1
    )
    rows = [([-128, -128], [-128, -128], False), ([-128, -128], [-128, -128], True)]
    flush = [([0, 0], [0, 0], True)]
    assert sums(element, flush + rows)[1:] == [reach]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("accumulator", ["", "loaded"])
def test_a_maximum_is_the_largest_activation_whose_weight_is_one(signed, length, accumulator):
    form, one = IntegerFormat(4, signed), IntegerFormat(1, False)
    element = ProcessingElement(
        simd=1,
        activation=form,
        weight=one,
        accumulator_width=5,
        accumulator=accumulator,
        maximum=True,
    )
    observe(element, [{"last": 1}] * 8, [])
    rng = random.Random(length)
    rows = random_rows(element, 20, length, rng)
    wanted, seen = [], []
    for (activation,), (weight,), last in rows:
        seen += [activation] if weight else []
        if last:
            wanted.append(max(seen, default=form.minimum))
            seen = []
    assert sums(element, [([form.minimum], [0], True), *rows])[1:] == wanted


def test_a_maximum_of_several_lanes_is_refused():
    int8 = IntegerFormat(8, True)
    with pytest.raises(ValueError, match="one lane and one neuron"):
        ProcessingElement(simd=2, activation=int8, weight=int8, accumulator_width=8, maximum=True)


@pytest.mark.parametrize(("simd", "width"), [(0, 8), (1, 0)])
def test_impossible_sizes_are_refused(simd, width):
    int8 = IntegerFormat(8, True)
    with pytest.raises(ValueError, match="must be positive"):
        ProcessingElement(simd=simd, activation=int8, weight=int8, accumulator_width=width)

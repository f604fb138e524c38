import random

import pytest
from amaranth.hdl import Shape

from amaranth_bench import observe, pack, unpack
from fcgen.hardware.elements.multiplier_block import MultiplierBlock
from fcgen.hardware.elements.packed_multiplier import PackedMultiplier, packs
from fcgen.hardware.elements.soft_multiplier import SoftMultiplier, soft_latency
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import MultiplierText

TEXT = MultiplierText("ecp5Multiplier", latency=3, bits=18)
PACKED = [(w, a) for w in range(1, 10) for a in range(1, 17) if packs(w, a)]
WIDEST = {w: max(a for width, a in PACKED if width == w) for w, _ in PACKED}


def packed(weight_bits, activation_bits):
    """Return the case; what is neither narrowest nor widest on a side is for the campaign."""
    kept = activation_bits in (1, 8, WIDEST[weight_bits])
    marks = () if kept else (pytest.mark.campaign,)
    return pytest.param(weight_bits, activation_bits, marks=marks)


def operands(kind, count, rng):
    edges = [kind.minimum, kind.maximum, 0, -1 if kind.signed else 1]
    return [
        rng.choice([rng.choice(edges), rng.randint(kind.minimum, kind.maximum)])
        for _ in range(count)
    ]


def packed_products(unit, rows):
    """Stream (activation, w0, w1) through a unit and return its pairs of products."""
    activation, weight = unit.activation_format, unit.weight
    stimuli = [
        {"activation": pack([x], activation.bits), "weights": pack([w0, w1], weight.bits)}
        for x, w0, w1 in rows
    ]
    seen = observe(unit, stimuli + stimuli[-1:] * unit.latency, ["products"])[unit.latency :]
    signed = activation.signed or weight.signed
    return [unpack(s["products"], unit.product_width, 2, signed=signed) for s in seen]


@pytest.mark.parametrize("signs", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize(("weight_bits", "activation_bits"), [packed(*case) for case in PACKED])
def test_two_weights_share_a_multiplier_exactly(weight_bits, activation_bits, signs):
    rng = random.Random(weight_bits * 16 + activation_bits)
    weight = IntegerFormat(weight_bits, signs[0])
    activation = IntegerFormat(activation_bits, signs[1])
    columns = [operands(kind, 300, rng) for kind in (activation, weight, weight)]
    rows = list(zip(*columns, strict=True))
    unit = PackedMultiplier(TEXT, weight=weight, activation=activation)
    assert packed_products(unit, rows) == [[w0 * x, w1 * x] for x, w0, w1 in rows]


def test_eight_bits_pack_and_ten_do_not():
    assert packs(8, 8)
    assert not packs(10, 8)
    with pytest.raises(ValueError, match="do not fit"):
        PackedMultiplier(TEXT, weight=IntegerFormat(10, True), activation=IntegerFormat(8, True))


@pytest.mark.parametrize("a_signed", [True, False])
@pytest.mark.parametrize("b_signed", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("extra", [0, 2])
def test_a_soft_product_is_exact(a_signed, b_signed, rows, extra):
    rng = random.Random(rows)
    a, b = IntegerFormat(7, a_signed), IntegerFormat(rows, b_signed)
    latency = soft_latency(rows) + extra
    unit = SoftMultiplier(Shape(7, a_signed), Shape(rows, b_signed), latency=latency)
    pairs = list(zip(operands(a, 200, rng), operands(b, 200, rng), strict=True))
    stimuli = [{"a": pack([x], 7), "b": pack([w], rows)} for x, w in pairs]
    seen = observe(unit, stimuli + stimuli[-1:] * latency, ["product"])[latency:]
    signed = a_signed or b_signed
    got = [unpack(s["product"], 7 + rows, 1, signed=signed)[0] for s in seen]
    assert got == [x * w for x, w in pairs]


def test_a_soft_product_refuses_a_latency_that_is_too_short():
    with pytest.raises(ValueError, match="8 rows take 3 cycles"):
        SoftMultiplier(Shape(8, True), Shape(8, True), latency=2)


@pytest.mark.parametrize("signs", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("count", [1, 2])
def test_a_block_multiplies_each_operand_with_the_first(signs, count):
    rng = random.Random(count)
    text = MultiplierText("block", latency=2, bits=16, count=count)
    a, b = IntegerFormat(8, signs[0]), IntegerFormat(5, signs[1])
    unit = MultiplierBlock(text, Shape(8, signs[0]), Shape(5, signs[1]))
    rows = [(operands(a, 1, rng)[0], operands(b, count, rng)) for _ in range(200)]
    stimuli = [{"a": pack([x], 8), "b": pack(others, 5)} for x, others in rows]
    seen = observe(unit, stimuli + stimuli[-1:] * 2, ["product"])[2:]
    got = [unpack(s["product"], 13, count, signed=any(signs)) for s in seen]
    assert got == [[x * w for w in others] for x, others in rows]


def test_a_block_refuses_operands_that_are_too_wide():
    with pytest.raises(ValueError, match="does not fit the 18 bits of ecp5Multiplier"):
        MultiplierBlock(TEXT, Shape(19, True), Shape(8, True))

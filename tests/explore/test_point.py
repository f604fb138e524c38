import pytest

from fcgen.errors import InputError
from fcgen.explore.point import Point, Widths
from fcgen.explore.sweep import (
    Axes,
    parse_devices,
    parse_foldings,
    parse_packs,
    parse_widths,
)

LAYERS = [(64, 32), (32, 10)]
POINT = Point("ecp5-25k", Widths(4, 8), ((16, 2), (3, 1)), "auto")


def test_the_name_of_a_point_never_changes():
    assert POINT.name == "ecp5-25k-4x8-f0c4cd083378"


def test_every_field_is_in_the_name():
    others = [
        Point("ecp5-45k", Widths(4, 8), ((16, 2), (3, 1)), "auto"),
        Point("ecp5-25k", Widths(4, 7), ((16, 2), (3, 1)), "auto"),
        Point("ecp5-25k", Widths(4, 8), ((16, 1), (3, 1)), "auto"),
        Point("ecp5-25k", Widths(4, 8), ((16, 2), (3, 1)), "1"),
        Point("ecp5-25k", Widths(4, 8), ((16, 2), (3, 1)), "auto", 0),
    ]
    assert len({point.name for point in (POINT, *others)}) == 6
    assert others[-1].design == POINT


def test_bits_are_one_number_or_two():
    assert parse_widths(("8", "4x6", "8x8")) == (Widths(8, 8), Widths(4, 6))


def test_a_folding_is_cycles_or_sizes_and_occurs_once():
    found = parse_foldings(("2048", "1x1+1x1", "128", "16x2+3x1"), LAYERS)
    assert found == (((1, 1), (1, 1)), ((16, 1), (3, 1)), ((16, 2), (3, 1)))


def test_without_foldings_the_cycles_are_halved():
    found = parse_foldings(None, LAYERS)
    assert found[0] == ((1, 1), (1, 1))
    assert found[1] == ((2, 1), (1, 1))
    assert len(found) == 8


def test_axes_are_combined_in_a_fixed_order():
    axes = Axes((Widths(8, 8), Widths(4, 4)), (((1, 1),), ((2, 1),)), ("1", "2"), ("a", "b"), (0,))
    points = axes.points()
    assert len(set(points)) == 16
    assert [point.device for point in points] == ["a"] * 8 + ["b"] * 8


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        (parse_widths, "x", "--bits: x: must be bits as 8, or weights x activations as 4x8"),
        (parse_widths, "1", "--bits: 1: weights have from 2 to 16 bits"),
        (parse_widths, "8x17", "--bits: 8x17: inputs have from 1 to 16 bits"),
        (parse_packs, "3", "--pack: 3: must be some of auto, 1, 2"),
        (parse_devices, "generic", "--device: generic: there are no estimates for it"),
        (parse_devices, "xilinx7", "--device: xilinx7: there are no estimates for it"),
        (parse_devices, "ecp6", "--device: ecp6: is not a known device"),
    ],
)
def test_a_bad_value_of_an_axis_is_named_with_its_rule(function, text, message):
    with pytest.raises(InputError) as caught:
        function((text,))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "--folding: 0: must be cycles a vector as 640"),
        ("16x2", "--folding: 16x2: there must be one for each of the 2 layers"),
        ("16x2+11x1", "--folding: 11x1: a layer of 32 inputs and 10 outputs has no more"),
    ],
)
def test_a_bad_folding_is_named_with_its_rule(text, message):
    with pytest.raises(InputError) as caught:
        parse_foldings((text,), LAYERS)
    assert str(caught.value).startswith(message)


def test_a_sweep_of_too_many_points_is_refused():
    many = tuple(((number, 1),) for number in range(1, 50_002))
    with pytest.raises(InputError, match="100,002 points: a sweep has at most 100,000"):
        Axes((Widths(8, 8),), many, ("1", "2"), ("a",), (0,))

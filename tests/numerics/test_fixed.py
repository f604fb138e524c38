import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.numerics.fixed import IntegerFormat, operand_format, signed_width


@pytest.mark.parametrize(
    ("bits", "signed", "minimum", "maximum", "magnitude", "name", "dtype"),
    [
        (1, True, -1, 0, 1, "int1", "int8"),
        (1, False, 0, 1, 1, "uint1", "uint8"),
        (4, False, 0, 15, 15, "uint4", "uint8"),
        (8, True, -128, 127, 128, "int8", "int8"),
        (9, True, -256, 255, 256, "int9", "int16"),
        (16, False, 0, 65535, 65535, "uint16", "uint16"),
        (33, True, -(2**32), 2**32 - 1, 2**32, "int33", "int64"),
    ],
)
def test_a_format_knows_its_range(bits, signed, minimum, maximum, magnitude, name, dtype):
    value = IntegerFormat(bits, signed)
    assert (value.minimum, value.maximum, value.magnitude) == (minimum, maximum, magnitude)
    assert (value.name, value.dtype) == (name, np.dtype(dtype))


@pytest.mark.parametrize("bits", [1, 2, 7, 8, 15, 16])
@pytest.mark.parametrize("signed", [True, False])
def test_the_ends_of_the_range_are_contained_and_their_neighbours_are_not(bits, signed):
    value = IntegerFormat(bits, signed)
    ends = np.array([value.minimum, value.maximum])
    assert value.contains(ends)
    assert not value.contains(ends + 1)
    assert not value.contains(ends - 1)
    assert value.contains(value.maximum)
    assert not value.contains(value.maximum + 1)


def test_an_empty_array_is_contained():
    assert IntegerFormat(1, True).contains(np.zeros(0, np.int64))


def test_values_beyond_64_bits_signed_are_not_contained():
    assert not IntegerFormat(16, True).contains(np.array([2**64 - 1], np.uint64))


@pytest.mark.parametrize("bits", [0, -1, 17])
def test_operands_have_1_to_16_bits(bits):
    with pytest.raises(InputError) as error:
        operand_format("--weight-bits", bits, True)
    assert str(error.value) == (
        f"--weight-bits: {bits}: must be from 1 to 16 bits; choose a width in this range"
    )


@pytest.mark.parametrize("bits", [0, 64])
def test_no_format_has_more_than_63_bits(bits):
    with pytest.raises(InputError, match="must be from 1 to 63"):
        IntegerFormat(bits, True)


@pytest.mark.parametrize(
    ("reach", "width"), [(0, 1), (1, 2), (2, 3), (3, 3), (4, 4), (127, 8), (128, 9), (2**31, 33)]
)
def test_the_signed_width_is_the_smallest_that_holds_both_signs(reach, width):
    assert signed_width(reach) == width
    assert reach <= IntegerFormat(width, True).maximum
    assert width == 1 or reach > IntegerFormat(width - 1, True).maximum

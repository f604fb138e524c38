import numpy as np
import pytest

from fcgen.hardware.memories.images import MemoryImage


@pytest.mark.parametrize("bits", range(1, 17))
@pytest.mark.parametrize("signed", [False, True])
def test_packed_fields_come_back(bits, signed):
    random = np.random.default_rng(bits)
    least = -(1 << bits - 1) if signed else 0
    fields = random.integers(least, least + (1 << bits), (9, 5))
    fields[0], fields[1] = least, least + (1 << bits) - 1
    image = MemoryImage.pack((fields, bits))
    assert (image.unpack(bits, signed=signed) == fields).all()


@pytest.mark.parametrize("width", [1, 3, 4, 5, 8, 9, 12, 31, 64, 100])
def test_the_text_is_what_readmemh_expects(width):
    random = np.random.default_rng(width)
    bits = random.integers(0, 2, (7, width))
    words = [sum(int(bit) << place for place, bit in enumerate(row)) for row in bits]
    image = MemoryImage.pack((bits, 1))
    digits = -(-width // 4)
    assert image.text().decode() == "".join(f"{word:0{digits}x}\n" for word in words)
    assert list(image) == words
    assert list(MemoryImage.from_text(image.text(), width)) == words


def test_the_first_field_lies_lowest():
    low, high = np.array([0x3, 0x1]), np.array([[-1, 2], [0, 5]])
    image = MemoryImage.pack((low, 4), (high, 6))
    assert image.width == 16
    assert list(image) == [0x3 | 0x3F << 4 | 2 << 10, 0x1 | 5 << 10]


def test_fields_of_more_than_32_bits_fit():
    values = np.array([(1 << 47) - 5, -(1 << 47), -1])
    image = MemoryImage.pack((values, 49), (np.zeros(3, np.int64), 2))
    assert [word & ((1 << 49) - 1) for word in image] == [
        v & ((1 << 49) - 1) for v in values.tolist()
    ]


def test_many_rows_are_packed_in_pieces_without_a_seam():
    fields = np.arange(3_000_000).reshape(-1, 3) % 128
    image = MemoryImage.pack((fields, 7))
    assert (image.unpack(7, signed=False) == fields).all()


@pytest.mark.parametrize("value", [16, -9])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError, match="does not fit 4 bits"):
        MemoryImage.pack((np.array([0, value]), 4))


def test_fields_of_unequal_depth_are_refused():
    with pytest.raises(ValueError, match="same depth"):
        MemoryImage.pack((np.zeros(2, int), 4), (np.zeros(3, int), 4))


@pytest.mark.parametrize("text", [b"3\n", b"003\n", b"0g\n", b"20\n", b"+1\n", b"0x\n"])
def test_a_line_that_is_no_word_of_the_width_is_refused(text):
    with pytest.raises(ValueError, match="line 2: not a word of 5 bits"):
        MemoryImage.from_text(b"1f\n" + text, 5)


def test_words_are_read_one_by_one_and_in_slices():
    image = MemoryImage.pack((np.arange(10), 9))
    assert (len(image), image[3], image[-1]) == (10, 3, 9)
    assert list(image[2:5]) == [2, 3, 4]

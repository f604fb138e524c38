import numpy as np
import pytest

from fcgen.design.beats import StreamFormat

FORMATS = [
    StreamFormat(5, 2, 8, True),
    StreamFormat(1, 1, 1, False),
    StreamFormat(7, 7, 1, True),
    StreamFormat(9, 4, 13, False),
    StreamFormat(3, 3, 50, True),
    StreamFormat(2, 1, 63, True),
    StreamFormat(40, 32, 16, False),
]


def random_vectors(stream, vectors=20):
    low = -(1 << (stream.bits - 1)) if stream.signed else 0
    high = low + (1 << stream.bits) - 1
    values = np.random.default_rng(1).integers(
        low, high, (vectors, stream.length), np.int64, endpoint=True
    )
    values[0], values[1] = low, high
    return values


def beats_by_hand(stream, vector):
    """The definition: lane 0 in the least significant bits, two's complement, no padding."""
    beats = []
    for start in range(0, stream.length, stream.lanes):
        lanes = vector[start : start + stream.lanes]
        mask = (1 << stream.bits) - 1
        beats.append(sum((int(v) & mask) << (i * stream.bits) for i, v in enumerate(lanes)))
    return beats


@pytest.mark.parametrize("stream", FORMATS, ids=str)
def test_lane_zero_is_least_significant_without_padding(stream):
    vectors = random_vectors(stream)
    beats = stream.pack(vectors)
    assert beats.shape == (len(vectors), stream.beats, stream.words)
    for vector, words in zip(vectors, beats, strict=True):
        found = [sum(int(w) << (32 * i) for i, w in enumerate(beat)) for beat in words]
        assert found == beats_by_hand(stream, vector)


@pytest.mark.parametrize("stream", FORMATS, ids=str)
def test_what_was_packed_is_unpacked(stream):
    vectors = random_vectors(stream)
    lanes = stream.unpack(stream.pack(vectors))
    assert np.array_equal(lanes[:, : stream.length], vectors)
    assert not lanes[:, stream.length :].any()


def test_large_batches_are_packed_in_parts(monkeypatch):
    stream = StreamFormat(9, 4, 13, False)
    vectors = random_vectors(stream)
    whole = stream.pack(vectors)
    monkeypatch.setattr("fcgen.design.beats._CHUNK_BITS", 1)
    assert np.array_equal(stream.pack(vectors), whole)
    assert np.array_equal(stream.unpack(whole)[:, :9], vectors)


def test_noise_fills_unused_lanes_only():
    stream = StreamFormat(3, 2, 8, signed=True)
    beats = stream.pack(np.tile([1, -2, 3], (50, 1)), np.random.default_rng(0))
    lanes = stream.unpack(beats)
    assert (lanes[:, :3] == [1, -2, 3]).all()
    assert len(np.unique(lanes[:, 3])) > 20


def test_bits_of_unused_lanes_are_seen():
    stream = StreamFormat(3, 2, 8, False)
    beats = stream.pack(np.array([[1, 2, 3]]))
    beats[0, 1, 0] |= 0x500
    assert stream.unpack(beats).tolist() == [[1, 2, 3, 5]]

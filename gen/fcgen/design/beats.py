"""How vectors of integers travel as beats of a stream, packed and unpacked by NumPy."""

from dataclasses import dataclass

import numpy as np

from fcgen.numerics.fixed import IntegerFormat

WORD_BITS = 32
_CHUNK_BITS = 1 << 27  # bits that are spread out at once, one byte each


@dataclass(frozen=True)
class StreamFormat:
    """One stream of vectors: element 0 in the least significant lane of beat 0, no padding.

    Parameters
    ----------
    length : int
        Elements of a vector.
    lanes : int
        Elements of a beat; lanes of the last beat beyond the vector are unused.
    bits : int
        Bits of an element, 1 to 63.
    signed : bool
        Whether an element is two's complement.
    bipolar : bool
        Whether its one bit stands for -1 and +1.
    """

    length: int
    lanes: int
    bits: int
    signed: bool
    bipolar: bool = False

    @classmethod
    def of(cls, length: int, lanes: int, element: IntegerFormat) -> "StreamFormat":
        """Return the stream of vectors with ``length`` elements of an integer format."""
        return cls(length, lanes, element.bits, element.signed, element.bipolar)

    @property
    def beats(self) -> int:
        """Beats of a vector."""
        return -(-self.length // self.lanes)

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.bits

    @property
    def words(self) -> int:
        """32-bit words that hold a beat, least significant first."""
        return -(-self.width // WORD_BITS)

    def pack(self, vectors: np.ndarray, noise: np.random.Generator | None = None) -> np.ndarray:
        """Return the beats of vectors.

        Parameters
        ----------
        vectors : ndarray of int64, shape (V, length)
        noise : Generator, optional
            Fills the unused lanes, which are 0 without.

        Returns
        -------
        ndarray of uint32, shape (V, beats, words)
        """
        step = max(1, _CHUNK_BITS // (self.beats * self.words * WORD_BITS))
        beats = np.zeros((len(vectors), self.beats, self.words), np.uint32)
        for start in range(0, len(vectors), step):
            beats[start : start + step] = self._pack(vectors[start : start + step], noise)
        return beats

    def unpack(self, beats: np.ndarray) -> np.ndarray:
        """Return all lanes of beats, the unused ones of the last beat included, as they are stored.

        Parameters
        ----------
        beats : ndarray of uint32, shape (V, beats, words)

        Returns
        -------
        ndarray of int64, shape (V, beats * lanes)
        """
        step = max(1, _CHUNK_BITS // (self.beats * self.words * WORD_BITS))
        lanes = np.zeros((len(beats), self.beats * self.lanes), np.int64)
        for start in range(0, len(beats), step):
            lanes[start : start + step] = self._unpack(beats[start : start + step])
        lanes[:, : self.length] = self._element.decode(lanes[:, : self.length])
        return lanes

    @property
    def _element(self) -> IntegerFormat:
        return IntegerFormat(self.bits, self.signed, self.bipolar)

    def _pack(self, vectors: np.ndarray, noise: np.random.Generator | None) -> np.ndarray:
        padded = np.zeros((len(vectors), self.beats * self.lanes), "<i8")
        padded[:, : self.length] = self._element.encode(vectors)
        if noise is not None:
            unused = padded[:, self.length :]
            unused[:] = noise.integers(0, 1 << self.bits, unused.shape, np.int64)
        bits = np.unpackbits(
            padded.view(np.uint8).reshape(*padded.shape, 8),
            axis=-1,
            count=self.bits,
            bitorder="little",
        )
        spread = np.zeros((len(vectors), self.beats, self.words * WORD_BITS), np.uint8)
        spread[:, :, : self.width] = bits.reshape(len(vectors), self.beats, self.width)
        return np.packbits(spread, axis=-1, bitorder="little").view("<u4")

    def _unpack(self, beats: np.ndarray) -> np.ndarray:
        octets = np.ascontiguousarray(beats, "<u4").view(np.uint8)
        bits = np.unpackbits(octets, axis=-1, count=self.width, bitorder="little")
        lanes = bits.reshape(len(beats), self.beats * self.lanes, self.bits)
        packed = np.packbits(lanes, axis=-1, bitorder="little")
        values = np.zeros((*lanes.shape[:2], 8), np.uint8)
        values[:, :, : packed.shape[-1]] = packed
        unsigned = values.view("<i8")[:, :, 0]
        if not self._element.stored.signed:
            return unsigned
        sign = np.int64(1) << (self.bits - 1)
        return (unsigned ^ sign) - sign

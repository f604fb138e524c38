"""Memory images: fields packed into words, and their text for `$readmemh`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import hexdigits
from typing import overload

import numpy as np
from numpy.typing import NDArray

_DIGITS = frozenset(hexdigits)
_CHUNK_BITS = 1 << 24
_NEWLINE = ord("\n")
_HEX_PAIRS = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint8).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class MemoryImage(Sequence[int]):
    """Contents of a memory: a sequence of words, stored packed.

    Attributes
    ----------
    width : int
        Bits of a word.
    octets : ndarray of uint8, shape (depth, ⌈width / 8⌉), read-only
        The words in little-endian bytes; bits at and above ``width`` are 0.
    """

    width: int
    octets: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.octets.dtype != np.uint8 or self.octets.shape[1:] != (-(-self.width // 8),):
            raise ValueError("octets must be uint8 of shape (depth, ceil(width / 8))")
        self.octets.flags.writeable = False

    @classmethod
    def pack(cls, *fields: tuple[NDArray[np.integer], int]) -> MemoryImage:
        """Pack fields side by side, the first one in the least significant bits.

        Parameters
        ----------
        *fields : (integers of shape (depth,) or (depth, count), bits)
            Each integer takes ``bits`` bits, 1 to 64, in two's complement; column 0 of a
            two-dimensional field is lowest. Every integer must fit, signed or unsigned.

        Raises
        ------
        ValueError
            When a value does not fit its bits or the depths differ.
        """
        columns = [(values.reshape(len(values), -1), bits) for values, bits in fields]
        depth = len(columns[0][0])
        width = sum(values.shape[1] * bits for values, bits in columns)
        for values, bits in columns:
            if len(values) != depth:
                raise ValueError("all fields must have the same depth")
            if values.size and not -(1 << bits - 1) <= int(values.min()) <= int(values.max()) < (
                1 << bits
            ):
                raise ValueError(f"a value does not fit {bits} bits")
        if len(columns) == 1 and columns[0][1] == 8:
            return cls(width, np.ascontiguousarray(columns[0][0].astype(np.uint8)))
        octets = np.empty((depth, -(-width // 8)), np.uint8)
        step = max(_CHUNK_BITS // max(width, 1), 1)
        for start in range(0, depth, step):
            rows = slice(start, start + step)
            bit_planes = [_bits(values[rows], bits) for values, bits in columns]
            octets[rows] = np.packbits(np.concatenate(bit_planes, 1), 1, bitorder="little")
        return cls(width, octets)

    def unpack(self, bits: int, *, signed: bool) -> NDArray[np.int64]:
        """Return the words cut into fields of ``bits`` bits, shape (depth, width // bits)."""
        count = self.width // bits
        planes = np.unpackbits(self.octets, 1, count * bits, "little").reshape(-1, count, bits)
        weights = 1 << np.arange(bits, dtype=np.int64)
        if signed:
            weights[-1] = -weights[-1]
        return planes.astype(np.int64) @ weights

    @property
    def changing(self) -> NDArray[np.bool_]:
        """Bits of a word that are not the same in all words."""
        ever = np.bitwise_or.reduce(self.octets, 0)
        always = np.bitwise_and.reduce(self.octets, 0)
        return np.unpackbits(ever & ~always, count=self.width, bitorder="little").astype(bool)

    @property
    def distinct(self) -> int:
        """Number of distinct columns of bits that are not constant.

        Synthesis keeps one of the bits that are equal in all words, as the upper bits of narrow
        weights are.
        """
        columns = set()
        bits = np.flatnonzero(self.changing)
        for start in range(0, len(bits), 64):
            octets, places = np.divmod(bits[start : start + 64], 8)
            planes = np.packbits(self.octets[:, octets] >> places.astype(np.uint8) & 1, axis=0)
            columns |= {column.tobytes() for column in planes.T}
        return len(columns)

    def text(self) -> bytes:
        """Return the image file: one word a line, lower-case hexadecimal, no prefix."""
        digits = -(-self.width // 4)
        depth, count = self.octets.shape
        lines = np.empty((depth, digits + 1), np.uint8)
        lines[:, -1] = _NEWLINE
        pairs = _HEX_PAIRS[self.octets[:, ::-1]].reshape(depth, 2 * count)
        lines[:, :-1] = pairs[:, 2 * count - digits :]
        return lines.tobytes()

    @classmethod
    def from_text(cls, text: bytes, width: int) -> MemoryImage:
        """Read an image file.

        Raises
        ------
        ValueError
            When a line is not a hexadecimal word of ``width`` bits, with all its digits.
        """
        digits = -(-width // 4)
        lines = text.decode("ascii").split()
        count = -(-width // 8)
        words = []
        for number, line in enumerate(lines, 1):
            word = int(line, 16) if len(line) == digits and set(line) <= _DIGITS else -1
            if not 0 <= word < 1 << width:
                raise ValueError(f"line {number}: not a word of {width} bits in {digits} digits")
            words.append(word.to_bytes(count, "little"))
        return cls(width, np.frombuffer(b"".join(words), np.uint8).reshape(-1, count).copy())

    def __len__(self) -> int:
        return len(self.octets)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> MemoryImage: ...
    def __getitem__(self, index: int | slice) -> int | MemoryImage:
        if isinstance(index, slice):
            return MemoryImage(self.width, self.octets[index].copy())
        return int.from_bytes(self.octets[index].tobytes(), "little")

    def __iter__(self) -> Iterator[int]:
        return (int.from_bytes(row.tobytes(), "little") for row in self.octets)


def _bits(values: NDArray[np.integer], bits: int) -> NDArray[np.uint8]:
    """Bits of each value, least significant first, shape (depth, count * bits)."""
    planes = values.astype(np.int64)[:, :, None] >> np.arange(bits)
    return (planes & 1).astype(np.uint8).reshape(len(values), -1)

"""Vectors as the bytes in which they travel: ⌈bits/8⌉ an element, lowest first."""

import numpy as np

from fcgen.hardware.host.protocol import element_bytes
from fcgen.numerics.fixed import IntegerFormat


def to_octets(codes: np.ndarray, bits: int) -> np.ndarray:
    """Return integers of (V, N) as bytes, uint8 of (V, N * ⌈bits/8⌉)."""
    whole = np.ascontiguousarray(codes, "<i8").view(np.uint8).reshape(*codes.shape, 8)
    size = element_bytes(bits)
    octets: np.ndarray = whole[:, :, :size].reshape(len(codes), codes.shape[1] * size)
    return octets


def from_octets(data: bytes, length: int, element: IntegerFormat) -> np.ndarray:
    """Return the vectors in bytes, int64 of (V, length).

    Raises
    ------
    ValueError
        When they are no whole vectors.
    """
    size = element_bytes(element.bits)
    octets = np.frombuffer(data, np.uint8).reshape(-1, length, size)
    values = np.zeros((*octets.shape[:2], 8), np.uint8)
    values[:, :, :size] = octets
    unsigned: np.ndarray = values.view("<i8")[:, :, 0]
    if not element.signed:
        return unsigned
    sign = np.int64(1) << (8 * size - 1)
    return (unsigned ^ sign) - sign

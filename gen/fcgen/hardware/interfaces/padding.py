"""A value of a stream in the whole bytes that hold it outside of the design."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth import Cat, Const
from amaranth.hdl import Value


@dataclass(frozen=True)
class Element:
    """A value of a stream, and its place outside: that of the C type that holds it.

    Attributes
    ----------
    bits : int
    signed, bipolar : bool
        A bipolar value is its bit, and has no sign to extend.
    """

    bits: int
    signed: bool
    bipolar: bool = False

    @property
    def octets(self) -> int:
        """Bytes of its place: 1, 2, 4 or 8."""
        return next(octets for octets in (1, 2, 4, 8) if 8 * octets >= self.bits)

    @property
    def extends_sign(self) -> bool:
        """Whether the bits above it repeat its sign; else they are zeros."""
        return self.signed and not self.bipolar

    @property
    def c_type(self) -> str:
        """Type of <stdint.h> that holds it."""
        return f"{'int' if self.extends_sign else 'uint'}{8 * self.octets}_t"


def padded(payload: Value, lanes: int, element: Element) -> Value:
    """Return a beat with each value extended to its place."""
    return Cat(_extended(payload.word_select(n, element.bits), element) for n in range(lanes))


def unpadded(data: Value, lanes: int, element: Element) -> Value:
    """Return a beat without what stands above each value in its place."""
    places = (data.word_select(n, 8 * element.octets) for n in range(lanes))
    return Cat(place[: element.bits] for place in places)


def _extended(value: Value, element: Element) -> Value:
    above = 8 * element.octets - element.bits
    sign = value[-1] if element.extends_sign else Const(0, 1)
    return Cat(value, sign.replicate(above))

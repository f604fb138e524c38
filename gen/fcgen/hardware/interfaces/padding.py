"""A value of a stream, and its padding to whole bytes outside of the design."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth import Cat, Const
from amaranth.hdl import Value


@dataclass(frozen=True)
class Element:
    """Type of a stream's values; outside of the design a value is in a C integer type.

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
        """Bytes of the C type: 1, 2, 4 or 8."""
        return next(octets for octets in (1, 2, 4, 8) if 8 * octets >= self.bits)

    @property
    def extends_sign(self) -> bool:
        """Whether padding bits repeat the sign; otherwise they are 0."""
        return self.signed and not self.bipolar

    @property
    def c_type(self) -> str:
        """Type of <stdint.h> that holds a value."""
        return f"{'int' if self.extends_sign else 'uint'}{8 * self.octets}_t"


def padded(payload: Value, lanes: int, element: Element) -> Value:
    """Return a beat with each value padded to whole bytes."""
    return Cat(_extended(payload.word_select(n, element.bits), element) for n in range(lanes))


def unpadded(data: Value, lanes: int, element: Element) -> Value:
    """Return a beat without the padding of its values."""
    places = (data.word_select(n, 8 * element.octets) for n in range(lanes))
    return Cat(place[: element.bits] for place in places)


def _extended(value: Value, element: Element) -> Value:
    above = 8 * element.octets - element.bits
    sign = value[-1] if element.extends_sign else Const(0, 1)
    return Cat(value, sign.replicate(above))

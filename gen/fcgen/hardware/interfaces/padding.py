"""Values at their places in whole bytes, and back."""

from __future__ import annotations

from amaranth import Cat, Const
from amaranth.hdl import Value

from fcgen.hardware.interfaces.plan import Element


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

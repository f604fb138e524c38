"""Bipolar numbers on their way from one stored bit to the two bits that are computed with."""

from __future__ import annotations

from amaranth import Cat
from amaranth.hdl import Value, ValueLike


def computed(stored: Value, valid: ValueLike = 1) -> Value:
    """Return -1 for a stored 0 and +1 for a stored 1, in two bits; 0 where it is not valid."""
    valid = Value.cast(valid)
    return Cat(valid, valid & ~stored)

"""Pipeline registers and multiplexer trees, which all components use."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Module, Mux, Signal
from amaranth.hdl import Value, ValueLike


def register(m: Module, value: ValueLike, name: str, *, reset: bool = False) -> Signal:
    """Return ``value`` one cycle later.

    Data registers have no reset: their contents after a reset are never used, because the valid
    bits and ``last`` that travel with the data are reset or cleared.
    """
    value = Value.cast(value)
    delayed = Signal(value.shape(), name=name, reset_less=not reset)
    m.d.sync += delayed.eq(value)
    return delayed


def delay(m: Module, value: ValueLike, cycles: int, name: str, *, reset: bool = False) -> Value:
    """Return ``value`` ``cycles`` cycles later; zero cycles give the value itself."""
    value = Value.cast(value)
    for cycle in range(1, cycles + 1):
        suffix = f"_{cycle}" if cycles > 1 else ""
        value = register(m, value, f"{name}{suffix}", reset=reset)
    return value


def select(values: Sequence[ValueLike], index: Value) -> Value:
    """Return ``values[index]`` by a tree of two-way multiplexers.

    An index beyond the last value gives any of the values.
    """
    level = [Value.cast(value) for value in values]
    for bit in range((len(values) - 1).bit_length()):
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [Mux(index[bit], pair[-1], pair[0]) if pair[1:] else pair[0] for pair in pairs]
    return level[0]

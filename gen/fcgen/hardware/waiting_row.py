"""A short row of registers for what cannot wait elsewhere."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.hdl import Value


def waiting_row(
    m: Module, places: int, arrives: Value, item: Value, leaves: Value, prefix: str = ""
) -> tuple[list[Signal], list[Signal]]:
    """Add a row in which items wait, the oldest at place 0; return its flags and its items.

    An item that arrives while none waits, and leaves at once, is not in it. The writer never asks
    for room: no more items than there are places may be under way.

    Parameters
    ----------
    m : Module
    places : int, positive
    arrives, leaves : Value
        An item comes; the oldest one, or the one that comes, goes.
    item : Value
    prefix : str
        Of the names.
    """
    waiting = [
        Signal(len(item), name=f"{prefix}waiting_{n}", reset_less=True) for n in range(places)
    ]
    filled = [Signal(name=f"{prefix}filled_{n}") for n in range(places)]
    for n in range(places):
        behind = (filled[n + 1], waiting[n + 1]) if n + 1 < places else (0, item)
        ahead = filled[n - 1] if n else 1
        # What arrives belongs where the row ends, a place earlier when one leaves.
        with m.If(leaves):
            m.d.sync += filled[n].eq(behind[0] | (filled[n] & arrives))
        with m.Else():
            m.d.sync += filled[n].eq(filled[n] | (ahead & arrives))
        with m.If(leaves | ~filled[n]):
            m.d.sync += waiting[n].eq(Mux(behind[0], behind[1], item))
    return filled, waiting

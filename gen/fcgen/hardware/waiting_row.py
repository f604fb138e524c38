"""Registers behind a pipeline that cannot stall, which hold its beats while the output waits."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Value

from fcgen.hardware.streams import Output


def offer(
    m: Module, unit: Output, latency: int, taken: Value, arrives: Value, beat: tuple[Value, ...]
) -> Value:
    """Connect the end of a pipeline that cannot stall to an output stream.

    While the output is not ready, beats that arrive wait in a row of registers.

    Parameters
    ----------
    m : Module
    unit : Output
    latency : int
        Cycles of the pipeline.
    taken, arrives : Value
        A beat enters the pipeline; a beat leaves it.
    beat : (payload, first, last)
        The beat that leaves the pipeline.

    Returns
    -------
    Value
        Whether the pipeline can take another beat; depends on registers alone.
    """
    places = latency + 1
    left = Signal(name="left")
    pending = Signal(range(places + 1), name="pending")
    m.d.comb += left.eq(unit.out_valid & unit.out_ready)
    # Beats in the pipeline and in the row; the row has places for all of them.
    m.d.sync += pending.eq(pending + taken - left)
    whole = Cat(beat)
    filled, waiting = waiting_row(m, places, arrives, whole, unit.out_ready)
    m.d.comb += [
        unit.out_valid.eq(filled[0] | arrives),
        Cat(unit.out_payload, unit.out_first, unit.out_last).eq(Mux(filled[0], waiting[0], whole)),
    ]
    return pending != places


def waiting_row(
    m: Module, places: int, arrives: Value, item: Value, leaves: Value, prefix: str = ""
) -> tuple[list[Signal], list[Signal]]:
    """Add a row of registers, the oldest item at place 0; return its flags and its items.

    An item that arrives at an empty row and leaves at once is not stored. There is no handshake:
    the writer must keep at most ``places`` items under way.

    Parameters
    ----------
    m : Module
    places : int, positive
    arrives, leaves : Value
        An item comes; the oldest item, or the one that comes, leaves.
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
        # An item is appended at the end of the row, one place earlier when another leaves.
        with m.If(leaves):
            m.d.sync += filled[n].eq(behind[0] | (filled[n] & arrives))
        with m.Else():
            m.d.sync += filled[n].eq(filled[n] | (ahead & arrives))
        with m.If(leaves | ~filled[n]):
            m.d.sync += waiting[n].eq(Mux(behind[0], behind[1], item))
    return filled, waiting

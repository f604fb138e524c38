"""Which bits of a module anything reads in the end: synthesis leaves out all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from amaranth.hdl import _nir as nir


def read_nets(netlist: Any, unread: frozenset[tuple[str, int]]) -> set[Any]:
    """Return the nets on which outputs, blocks or memories depend.

    Parameters
    ----------
    netlist : Netlist
        Of Amaranth, with all nets resolved.
    unread : set of (str, int)
        Bits of outputs that nothing reads.
    """
    read: set[Any] = set()
    waiting = list(_ends(netlist, unread))
    while waiting:
        net = waiting.pop()
        if net not in read:
            read.add(net)
            if net.is_cell:
                waiting += _inputs(netlist.cells[net.cell], net.bit)
    return read


def _ends(netlist: Any, unread: frozenset[tuple[str, int]]) -> Iterator[Any]:
    for name, nets in netlist.top.ports_o.items():
        yield from (net for bit, net in enumerate(nets) if (name, bit) not in unread)
    for cell in netlist.cells:
        if isinstance(cell, nir.Instance | nir.SyncWritePort | nir.SyncReadPort):
            yield from cell.input_nets()


def _inputs(cell: Any, bit: int) -> Iterable[Any]:
    """Return what a bit of a cell depends on, through registers too."""
    match cell:
        case nir.FlipFlop():
            return (cell.data[bit],)
        case nir.Operator(operator="~" | "&" | "|" | "^"):
            return [value[bit] for value in cell.inputs]
        case nir.Operator(operator="m"):
            select, on, off = cell.inputs
            return select[0], on[bit], off[bit]
        case nir.Operator(operator="+" | "-"):
            return [net for value in cell.inputs for net in value[: bit + 1]]
        case nir.AssignmentList():
            pairs = [net for pair in assigned(cell, bit) for net in pair]
            return [cell.default[bit], *pairs]
        case nir.Top():
            return ()
    return set(cell.input_nets())


def assigned(cell: Any, bit: int) -> list[tuple[Any, Any]]:
    """Return what a list of assignments assigns to a bit, under which condition each."""
    return [
        (one.cond, one.value[bit - one.start])
        for one in cell.assignments
        if one.start <= bit < one.start + len(one.value)
    ]

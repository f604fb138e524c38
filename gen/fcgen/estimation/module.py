"""Registers and look-up tables of one module, from Amaranth's netlist."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import _nir as nir

from fcgen.devices.costs import Costs
from fcgen.estimation.cover import look_up_tables
from fcgen.estimation.gates import FALSE, LEAF, TRUE, Literal
from fcgen.estimation.liveness import assigned
from fcgen.estimation.registers import store_cells
from fcgen.estimation.values import NOTHING, Chain, Fixed, Ports, Values


@dataclass(frozen=True)
class Logic:
    """What a module takes without the modules in it.

    Attributes
    ----------
    lut, ff : int
    unread : set of (str, int)
        Bits of its inputs on which nothing depends.
    inside : tuple of (str, set, set)
        The modules in it: type, and what `Values` is to know of each.
    """

    lut: int
    ff: int
    unread: Ports = NOTHING
    inside: tuple[tuple[str, Fixed, Ports], ...] = ()


def times(logic: Logic, number: int) -> Logic:
    """Return what ``number`` such modules take."""
    return Logic(number * logic.lut, number * logic.ff)


def logic_of(
    netlist: Any,
    costs: Costs,
    fixed: Fixed = NOTHING,
    unread: Ports = NOTHING,
) -> Logic:
    """Count the logic of a module, without that of the modules in it.

    Parameters
    ----------
    netlist : Netlist
        Of Amaranth.
    costs : Costs
    fixed, unread : set
        See `Values`.
    """
    values = Values(netlist, costs, fixed, unread)
    roots: list[Literal] = []
    for name, nets in netlist.top.ports_o.items():
        roots += [values.bit(net) for bit, net in enumerate(nets) if (name, bit) not in unread]
    memories = held = 0
    for cell in netlist.cells:
        if isinstance(cell, nir.Instance):
            roots += [bit for nets in cell.ports_i.values() for bit in values.bits(nets)]
        elif isinstance(cell, nir.SyncWritePort):
            roots += values.bits([*cell.data, *cell.addr, *cell.en])
        elif isinstance(cell, nir.AsyncReadPort):
            store = netlist.cells[cell.memory]
            roots += values.bits(cell.addr)
            memories += _memory(store.depth, store.width, costs)
        elif isinstance(cell, nir.SyncReadPort):
            store = netlist.cells[cell.memory]
            if costs.in_registers(store.depth, store.width):
                cells, bits = store_cells(store.depth, store.width)
                memories, held = memories + cells, held + bits
    reached, roots, chains = _reach(values, roots)
    tables = look_up_tables(values.gates, roots, costs.wide_mux)
    registers = sum(
        _register(values, *values.registers[node])[0] not in (FALSE, TRUE)
        for node in reached & values.registers.keys()
    )
    carries = sum(costs.chain(width) for width, _ in chains)
    alone = _alone(values, reached, roots) if costs.register_cells else 0
    unread = frozenset(bit for bit, literal in values.inputs() if literal >> 1 not in reached)
    return Logic(
        tables + carries + memories + alone,
        registers + held,
        unread,
        tuple(
            _inside(values, cell, n)
            for n, cell in enumerate(netlist.cells)
            if isinstance(cell, nir.Instance)
        ),
    )


def _inside(values: Values, cell: Any, number: int) -> tuple[str, Fixed, Ports]:
    """Return an inner module's type, its constant inputs, and its outputs that nothing reads."""
    fixed = frozenset(
        (name, bit, literal)
        for name, nets in cell.ports_i.items()
        for bit, literal in enumerate(values.bits(nets))
        if literal in (FALSE, TRUE)
    )
    unread = frozenset(
        (name, bit)
        for name, (start, width) in cell.ports_o.items()
        for bit in range(width)
        if nir.Net.from_cell(number, start + bit) not in values.read
    )
    return cell.type, fixed, unread


def _reach(values: Values, ends: list[Literal]) -> tuple[set[int], list[Literal], list[Chain]]:
    """Return all nodes on which some values depend, all literals to be made, all carry chains."""
    reached: set[int] = set()
    roots: list[Literal] = []
    chains: dict[int, Chain] = {}
    waiting = ends
    while waiting:
        roots += waiting
        new = values.gates.cone(literal >> 1 for literal in waiting) - reached
        reached |= new
        waiting = []
        for node in new & values.registers.keys():
            waiting += _register(values, *values.registers[node])
        for node in new & values.chains.keys():
            chain = values.chains[node]
            chains[id(chain)] = chain
            waiting += chain[1]
    return reached, roots, list(chains.values())


def _alone(values: Values, reached: set[int], roots: list[Literal]) -> int:
    """Count registers that cannot share a cell with a table: it has other readers, or is none."""
    readers = Counter(literal >> 1 for literal in roots)
    for node in reached:
        readers.update(literal >> 1 for literal in values.gates.inputs[node])
    made, gates = values.chains.keys(), values.gates
    count = 0
    for node in reached & values.registers.keys():
        data = _register(values, *values.registers[node])[0] >> 1
        count += readers[data] > 1 or (gates.kinds[data] == LEAF and data not in made)
    return count


def _register(values: Values, number: int, bit: int) -> list[Literal]:
    """Return what a register reads: its data, and the enable and the reset that it has itself."""
    gates, cell = values.gates, values.netlist.cells[number]
    own = nir.Net.from_cell(number, bit)
    steps, rest = _choices(values, cell.data[bit])
    resets: list[Literal] = []
    while steps and steps[-1][1].is_const:
        resets.append(values.bit(steps.pop()[0]))
    enable = TRUE
    if rest == own and steps:
        enable = gates.tree(gates.either, [values.bit(on) for on, _ in steps])
        rest = steps.pop(0)[1]
    inner: list[Literal] = []
    if not steps and not resets:
        rest, inner = _masked(values, rest)
    data = values.bit(rest)
    for on, net in steps:
        data = gates.choose(values.bit(on), values.bit(net), data)
    if inner:
        # The register's reset comes before its enable.
        resets += [gates.both(enable, literal) for literal in inner]
    reset = gates.tree(gates.either, resets) if resets else FALSE
    # Both may be inverted on their way into the register.
    return [data, enable & ~1, reset & ~1]


def _choices(values: Values, net: Any) -> tuple[list[tuple[Any, Any]], Any]:
    """Return a net as assignments, each under a condition, over what it is without them."""
    if net.is_cell and isinstance(values.netlist.cells[net.cell], nir.AssignmentList):
        cell = values.netlist.cells[net.cell]
        return assigned(cell, net.bit), cell.default[net.bit]
    return [], net


def _masked(values: Values, net: Any) -> tuple[Any, list[Literal]]:
    """Return a net without a choice between it and a constant, and when that is taken."""
    taken: list[Literal] = []
    while net.is_cell:
        cell = values.netlist.cells[net.cell]
        if not (isinstance(cell, nir.Operator) and cell.operator == "m"):
            break
        select, on, off = cell.inputs[0][0], cell.inputs[1][net.bit], cell.inputs[2][net.bit]
        if on.is_const == off.is_const:
            break
        taken.append(values.bit(select) ^ off.is_const)
        net = off if on.is_const else on
    return net, taken


def _memory(depth: int, width: int, costs: Costs) -> int:
    """Return the look-up tables of a memory in them, and of the choice between its parts."""
    parts = -(-depth // costs.ram_words)
    blocks = parts * -(-width // costs.ram_bits)
    choice = sum(width for _ in range(parts - 1)) + (parts if parts > 1 else 0)
    return blocks * costs.ram_luts + choice

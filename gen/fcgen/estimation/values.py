"""Amaranth's netlist of a module as gates, bit by bit and only where something reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from amaranth.hdl import _nir as nir

from fcgen.devices.costs import Costs
from fcgen.estimation.gates import FALSE, TRUE, Gates, Literal
from fcgen.estimation.liveness import assigned, read_nets

Bits = list[Literal]
Chain = tuple[int, tuple[Literal, ...]]
Ports = frozenset[tuple[str, int]]
"""Bits of ports."""
Fixed = frozenset[tuple[str, int, int]]
"""Bits of ports and their constant values."""
NOTHING: frozenset[Any] = frozenset()
ORDERS = {"<": (False, False), ">": (True, False), ">=": (False, True), "<=": (True, True)}
"""Of a comparison: whether its operands change places, and whether its result is inverted."""

_LOGIC = (nir.Operator, nir.AssignmentList, nir.Matches, nir.PriorityMatch, nir.Part)


class Values:
    """Gates of the nets of a module.

    Parameters
    ----------
    netlist : Netlist
        Of Amaranth, with all nets resolved.
    costs : Costs
    fixed : set of (str, int, int)
        Bits of input ports, and of outputs of blocks ("block.port"), that are constant.
    unread : set of (str, int)
        Bits of output ports that nothing reads.

    Attributes
    ----------
    gates : Gates
    registers : dict of int to (int, int)
        Cells and bits of the registers that were asked for, by their nodes.
    chains : dict of int to (int, tuple of int)
        Width of the carry chain and the literals that it reads, by its output's nodes.
    read : set of Net
        What anything depends on.
    """

    def __init__(self, netlist: Any, costs: Costs, fixed: Fixed, unread: Ports) -> None:
        self.netlist = netlist
        self.costs = costs
        self.gates = Gates()
        self.registers: dict[int, tuple[int, int]] = {}
        self.chains: dict[int, Chain] = {}
        self._known: dict[int, Literal] = {0: FALSE, 1: TRUE}
        self._chained: dict[int, Bits] = {}
        self._readers = Counter(net for cell in netlist.cells for net in cell.input_nets())
        self.read = read_nets(netlist, unread)
        constant = {(name, bit): value for name, bit, value in fixed}
        for number, cell in enumerate(netlist.cells):
            if isinstance(cell, nir.Instance):
                outputs = {f"{cell.name}.{name}": place for name, place in cell.ports_o.items()}
            else:
                outputs = cell.ports_i if isinstance(cell, nir.Top) else {}
            for name, (start, width) in outputs.items():
                for bit in range(width if constant else 0):
                    if (name, bit) in constant:
                        net = nir.Net.from_cell(number, start + bit)
                        self._known[net] = constant[name, bit]

    def inputs(self) -> Iterator[tuple[tuple[str, int], Literal]]:
        """Give every bit of the input ports and its literal."""
        for name, (start, width) in self.netlist.top.ports_i.items():
            for bit in range(width):
                yield (name, bit), self.bit(nir.Net.from_cell(0, start + bit))

    def bits(self, nets: Sequence[Any]) -> Bits:
        """Return the literals of a value."""
        return [self.bit(net) for net in nets]

    def bit(self, net: Any) -> Literal:
        """Return the literal of a net."""
        if net not in self._known:
            self._known[net] = self._make(self.netlist.cells[net.cell], net.cell, net.bit)
        return self._known[net]

    def _make(self, cell: Any, number: int, bit: int) -> Literal:
        match cell:
            case nir.Operator():
                return self._operator(cell, number, bit)
            case nir.AssignmentList():
                value = self.bit(cell.default[bit])
                for on, net in assigned(cell, bit):
                    value = self.gates.choose(self.bit(on), self.bit(net), value)
                return value
            case nir.Matches():
                patterns = [self._matches(cell.value, pattern) for pattern in cell.patterns]
                return self.gates.tree(self.gates.either, patterns)
            case nir.PriorityMatch():
                before = [self.bit(net) ^ 1 for net in cell.inputs[:bit]]
                terms = [self.bit(cell.en), *before, self.bit(cell.inputs[bit])]
                return self.gates.tree(self.gates.both, terms)
            case nir.Part():
                choices = range(1 << len(cell.offset))
                places = (choice * cell.stride + bit for choice in choices)
                nets = [cell.value[p] if p < len(cell.value) else nir.Net(0) for p in places]
                return self.gates.pick(self.bits(nets), self.bits(cell.offset))
            case nir.FlipFlop():
                return self._register(cell, number, bit)
        return self.gates.leaf()

    def _register(self, cell: Any, number: int, bit: int) -> Literal:
        """Return a register; one that never changes, or is as another one, does not exist."""
        data = cell.data[bit]
        first = cell.data.index(data)
        if first < bit and cell.init >> first & 1 == cell.init >> bit & 1:
            return self.bit(nir.Net.from_cell(number, first))
        if data.is_const or not isinstance(self.netlist.cells[data.cell], _LOGIC):
            fixed = self.bit(data)
            if fixed in (FALSE, TRUE):
                return fixed
        leaf = self.gates.leaf()
        self.registers[leaf >> 1] = number, bit
        return leaf

    def _matches(self, value: Any, pattern: str) -> Literal:
        terms = [
            self.bit(net) ^ (wanted == "0")
            for net, wanted in zip(value, reversed(pattern), strict=True)
            if wanted != "-"
        ]
        return self.gates.tree(self.gates.both, terms or [TRUE])

    def _operator(self, cell: Any, number: int, bit: int) -> Literal:
        gates, inputs = self.gates, cell.inputs
        match cell.operator:
            case "~":
                return self.bit(inputs[0][bit]) ^ 1
            case "&" | "|" | "^" as name:
                join = {"&": gates.both, "|": gates.either, "^": gates.differ}[name]
                return join(self.bit(inputs[0][bit]), self.bit(inputs[1][bit]))
            case "b" | "r|":
                return gates.tree(gates.either, self.bits(inputs[0]))
            case "r&":
                return gates.tree(gates.both, self.bits(inputs[0]) or [TRUE])
            case "r^":
                return gates.tree(gates.differ, self.bits(inputs[0]))
            case "==" | "!=" as name:
                pairs = zip(self.bits(inputs[0]), self.bits(inputs[1]), strict=True)
                differ = gates.tree(gates.either, [gates.differ(a, b) for a, b in pairs])
                return differ ^ int(name == "==")
            case "m":
                select, on, off = inputs[0][0], inputs[1][bit], inputs[2][bit]
                return gates.choose(self.bit(select), self.bit(on), self.bit(off))
            case "+" | "-":
                if number not in self._chained:
                    self._chained[number] = self._sum(cell, number)
                return self._chained[number][bit]
            case "<<" | "u>>" | "s>>" as name:
                return self._shifted(name, inputs, bit)
            case name if name[1:] in ORDERS:
                return self._compare(name, *map(self.bits, inputs))
        raise NotImplementedError(f"operator {cell.operator}")

    def _sum(self, cell: Any, number: int) -> Bits:
        """Return a sum; its highest bits that nothing reads do not exist."""
        width = cell.width
        while width > 1 and nir.Net.from_cell(number, width - 1) not in self.read:
            width -= 1
        unread = [FALSE] * (cell.width - width)
        if width >= self.costs.adder_bits and (terms := self._with_bit(cell, width)):
            return [*self._chain(*terms), *unread]
        a, b = (self.bits(value[:width]) for value in ((), *cell.inputs)[-2:])
        a = a or [FALSE] * width
        carry = FALSE
        if cell.operator == "-":
            b, carry = [literal ^ 1 for literal in b], TRUE
        low: Bits = []
        while a and carry == FALSE and FALSE in (a[0], b[0]):
            low.append(a.pop(0) | b.pop(0))
        result = self._chain(a, b) if len(a) >= self.costs.adder_bits else self._ripple(a, b, carry)
        return [*low, *result, *unread]

    def _with_bit(self, cell: Any, width: int) -> tuple[Bits, Bits, Bits] | None:
        """Return the terms of a sum of a sum and a bit, of which synthesis makes one chain."""
        for index in range(len(cell.inputs)):
            inner = self._inner_sum(cell.inputs[index][:width])
            if inner is not None:
                values = (*inner.inputs, *cell.inputs[:index], *cell.inputs[index + 1 :])
                terms = [self.bits(value[:width]) for value in values]
                bits = [term for term in terms if not any(term[1:])]
                if bits and len(terms) == 3:
                    terms.remove(bits[0])
                    most = max(map(len, terms))
                    a, b = ([*term, *[FALSE] * (most - len(term))] for term in terms)
                    return a, b, bits[0][:1]
        return None

    def _inner_sum(self, nets: Sequence[Any]) -> Any:
        """Return the sum that some nets are, if nothing else reads it."""
        number = nets[0].cell if nets[0].is_cell else 0
        cell = self.netlist.cells[number]
        if not (isinstance(cell, nir.Operator) and cell.operator in "+-"):
            return None
        own = [nir.Net.from_cell(number, bit) for bit in range(min(cell.width, len(nets)))]
        alone = all(self._readers[net] == 1 for net in own)
        return cell if alone and own == list(nets[: len(own)]) else None

    def _chain(self, a: Bits, b: Bits, more: Sequence[Literal] = ()) -> Bits:
        # A chain inverts an operand by itself.
        chain = len(a), tuple(literal & ~1 for literal in (*a, *b, *more))
        sums = [self.gates.leaf() for _ in a]
        self.chains |= dict.fromkeys((literal >> 1 for literal in sums), chain)
        return sums

    def _ripple(self, a: Bits, b: Bits, carry: Literal) -> Bits:
        result = []
        for one, two in zip(a, b, strict=True):
            odd = self.gates.differ(one, two)
            result.append(self.gates.differ(odd, carry))
            carry = self.gates.choose(odd, carry, one)
        return result

    def _compare(self, name: str, a: Bits, b: Bits) -> Literal:
        swapped, inverted = ORDERS[name[1:]]
        if swapped:
            a, b = b, a
        signed = name[0] == "s"
        if {a[-1] ^ signed, *a[:-1]} == {TRUE} or {b[-1] ^ signed, *b[:-1]} == {FALSE}:
            return FALSE ^ inverted  # nothing is above the largest number, or below the least
        if signed and set(b) == {FALSE}:
            return a[-1] ^ inverted
        while len(a) > 1 and a[-1] == b[-1] and not signed:
            a, b = a[:-1], b[:-1]
        while signed and len(a) > 1 and a[-1] == a[-2] and b[-1] == b[-2]:
            a, b = a[:-1], b[:-1]
        if len(a) >= self.costs.adder_bits:
            return self._chain(a, b)[-1] ^ inverted
        if signed:
            a, b = [*a[:-1], a[-1] ^ 1], [*b[:-1], b[-1] ^ 1]
        less = FALSE
        for one, two in zip(a, b, strict=True):
            less = self.gates.choose(self.gates.differ(one, two), two, less)
        return less ^ inverted

    def _shifted(self, name: str, inputs: Any, bit: int) -> Literal:
        value, amount = inputs
        fill = value[-1] if name[0] == "s" else nir.Net(0)
        step = -1 if name == "<<" else 1
        nets = []
        for choice in range(1 << len(amount)):
            place = bit + step * choice
            nets.append(
                value[place] if 0 <= place < len(value) else fill if step > 0 else nir.Net(0)
            )
        return self.gates.pick(self.bits(nets), self.bits(amount))

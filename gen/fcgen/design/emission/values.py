"""Signals of a netlist as Verilog expressions, and the wires that must stay between operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fcgen.design.emission.expressions import (
    Binding,
    Dialect,
    Expression,
    concatenation,
    constant,
    extended_bits,
)
from fcgen.design.emission.names import Names
from fcgen.design.emission.netlist import Netlist
from fcgen.design.emission.operators import operator_value
from fcgen.design.emission.rtlil import (
    Cell,
    Constant,
    Signal,
    Slice,
    part_of,
    slices,
    width_of,
    without_leading_zeros,
)

WORDS = {
    "$add": "plus",
    "$sub": "minus",
    "$mul": "times",
    "$and": "and",
    "$or": "or",
    "$xor": "xor",
    "$eq": "is",
    "$ne": "is_not",
    "$lt": "below",
    "$le": "up_to",
    "$gt": "above",
    "$ge": "from",
}
PREFIXES = {
    "$not": "not",
    "$logic_not": "no",
    "$neg": "minus",
    "$reduce_or": "any",
    "$reduce_bool": "any",
    "$reduce_and": "all",
}
# These depend on the signs and widths around them, so that each is an assignment of its own.
OWN_ASSIGNMENT = ("$mul", "$sshr")
_GENERIC = re.compile(r"_(value|term|condition)(_|$)")
_LONGEST_NAME = 32
_LONGEST_INLINE = 60


@dataclass
class Helper:
    """A wire that Yosys did not name: it is read more than once, or in part."""

    name: str
    width: int
    signed: bool
    value: Expression
    reads: set[str]


@dataclass
class Values:
    """Expressions of a module.

    ``reads`` collects the wires that the expressions made since the last `collect` refer to.
    """

    netlist: Netlist
    dialect: Dialect
    names: Names
    helpers: dict[str, Helper] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)

    def collect(self, make: Callable[[], Expression]) -> tuple[Expression, set[str]]:
        """Return what ``make`` makes, and the wires that it reads."""
        outer, self.reads = self.reads, set()
        value = make()
        found, self.reads = self.reads, outer
        return value, found

    def only_source(self, signal: Signal) -> Cell | None:
        """Return the operator whose nameless output is read only here, as this signal."""
        if len(signal) != 1 or not isinstance(signal[0], Slice) or not self._is_whole(signal[0]):
            return None
        name = signal[0].wire
        alone = name.startswith("$") and self.netlist.readers[name] == 1
        return self.netlist.operators.get(name) if alone else None

    def assigned(self, signal: Signal) -> Expression:
        """Return a signal that is all of an assignment, where every operator may stand."""
        cell = self.only_source(signal)
        return self.of(cell) if cell is not None else self.signal(signal)

    def read(self, cell: Cell) -> Expression:
        """Return the word that a memory port addresses."""
        name = self.names[str(cell.parameters["MEMID"])]
        address = self.signal(cell.ports["ADDR"]).text
        return Expression(f"{name}[{address}]", cell.number("WIDTH"))

    def signal(self, signal: Signal) -> Expression:
        """Return a signal as it is."""
        single = self._single(signal)
        if single is not None:
            return self._inline(single)
        return concatenation([self.chunk(chunk) for chunk in signal])

    def operand(self, signal: Signal, width: int, *, signed: bool = False) -> Expression:
        """Return a signal cut or extended to ``width``, for an operator that takes it so."""
        signal = part_of(signal, 0, min(width_of(signal), width))
        if not signal:  # Yosys cuts a constant 0 to nothing
            return constant("0" * width)
        rest = without_leading_zeros(signal)
        if width_of(rest) < width_of(signal):
            signal, signed = rest, False
        if len(signal) == 1 and isinstance(signal[0], Constant):
            return constant(extended_bits(signal[0], width, signed=signed))
        single = self._single(signal)
        extends = width_of(signal) < width
        if single is not None and not (extends and signed):
            value = self._inline(single)
        elif len(signal) > 1 and extends and signed:
            value = self.joined(signal)
        else:
            value = self.signal(signal) if single is None else self.named(signal[0])
        return self.dialect.extend(value, width, signed=signed)

    def signed_operand(self, signal: Signal, width: int) -> Expression:
        """Return an operand that Verilog takes for signed."""
        if len(signal) == 1 and isinstance(signal[0], Constant):
            return constant(extended_bits(signal[0], width, signed=True), signed=True)
        if not signal:
            return constant("0" * width, signed=True)
        if width_of(signal) == width and isinstance(signal[0], Constant):
            return Expression(f"$signed({self.signal(signal).text})", width, True)
        value = self.operand(signal, width, signed=True)
        if value.signed:
            return value
        return Expression(f"$signed({value.text})", width, True)

    def of(self, cell: Cell) -> Expression:
        """Return what an operator computes."""
        return operator_value(self, cell)

    def _is_whole(self, chunk: Slice) -> bool:
        return self.netlist.is_whole(chunk)

    def _single(self, signal: Signal) -> Cell | None:
        """Return the operator that may stand in the place of this signal."""
        if len(signal) != 1 or not isinstance(signal[0], Slice) or not self._is_whole(signal[0]):
            return None
        name = signal[0].wire
        cell = self.netlist.operators.get(name)
        if cell is None or not name.startswith("$") or name in self.helpers:
            return None
        if cell.type in OWN_ASSIGNMENT:
            return None
        return cell if self.netlist.readers[name] == 1 or self._is_simple(cell) else None

    def _is_simple(self, cell: Cell) -> bool:
        """Tell whether an expression is better read twice than given a name."""
        if cell.type not in ("$not", "$logic_not", "$reduce_bool"):
            return False
        return cell.ports["A"][0] in list(slices(cell.ports["A"])) and all(
            part.wire.startswith("\\") for part in slices(cell.ports["A"])
        )

    def _inline(self, cell: Cell) -> Expression:
        value, reads = self.collect(lambda: self.of(cell))
        if len(value.text) > _LONGEST_INLINE and value.binding is not Binding.CONDITIONAL:
            return self._helper(cell.ports["Y"][0], value, reads)
        self.reads |= reads
        return value

    def chunk(self, chunk: Slice | Constant) -> Expression:
        """Return a chunk of a signal as it is."""
        if isinstance(chunk, Constant):
            return constant(chunk.bits)
        single = self._single((chunk,))
        return self._inline(single) if single is not None else self.named(chunk)

    def named(self, chunk: Slice | Constant) -> Expression:
        """Return a wire, or a part of one, by its name."""
        assert isinstance(chunk, Slice)
        wire = self.netlist.module.wires[chunk.wire]
        if chunk.wire.startswith("$") and chunk.wire not in self.names:
            self._make_helper(Slice(chunk.wire, 0, wire.width))
        self.reads.add(chunk.wire)
        name = self.names[chunk.wire]
        if chunk.width == wire.width:
            signed = wire.signed or (chunk.wire in self.helpers and self.helpers[chunk.wire].signed)
            return Expression(name, wire.width, signed)
        if chunk.width == 1:
            return Expression(f"{name}[{chunk.low}]", 1)
        return Expression(f"{name}[{chunk.low + chunk.width - 1}:{chunk.low}]", chunk.width)

    def joined(self, signal: Signal) -> Expression:
        """Return a signal of several parts as a wire of its own."""
        key = f"$joined {signal}"
        if key not in self.helpers:
            value, reads = self.collect(lambda: self.signal(signal))
            named = [part.wire for part in slices(signal) if part.wire.startswith("\\")]
            name = self.names.add(key, f"{self.names[named[-1]]}_and_more" if named else "joined")
            self.helpers[key] = Helper(name, value.width, False, value, reads)
        self.reads.add(key)
        return Expression(self.helpers[key].name, self.helpers[key].width)

    def _make_helper(self, chunk: Slice) -> None:
        cell = self.netlist.operators.get(chunk.wire)
        if cell is None:
            self.names.add(chunk.wire, "unnamed")
            return
        value, reads = self.collect(lambda: self.of(cell))
        self._helper(chunk, value, reads)

    def _helper(self, chunk: Slice | Constant, value: Expression, reads: set[str]) -> Expression:
        assert isinstance(chunk, Slice)
        cell = self.netlist.operators[chunk.wire]
        name = self.names.add(chunk.wire, self._describe(cell))
        self.helpers[chunk.wire] = Helper(name, value.width, value.signed, value, reads)
        self.reads.add(chunk.wire)
        return Expression(name, value.width, value.signed)

    def _describe(self, cell: Cell) -> str:
        """Return a name for what an operator computes, or else for what it serves."""
        left = self._word(cell.ports["A"])
        if cell.type in WORDS:
            name = f"{left}_{WORDS[cell.type]}_{self._word(cell.ports['B'])}"
        elif cell.type == "$mux":
            name = f"{left}_after_{self._word(cell.ports['S'])}"
        else:
            name = f"{PREFIXES.get(cell.type, cell.type.strip('$_'))}_{left}"
        if len(name) <= _LONGEST_NAME and "$" not in name and not _GENERIC.search(name):
            return name
        output = cell.ports["Y"][0]
        purpose = self.netlist.purpose(output.wire) if isinstance(output, Slice) else None
        if purpose is None:
            return f"{WORDS.get(cell.type, 'chosen')}_value"
        return f"{self.names[purpose]}_{'condition' if output.width == 1 else 'term'}"

    def _word(self, signal: Signal) -> str:
        if len(signal) != 1:
            return "$"
        chunk = signal[0]
        if isinstance(chunk, Constant):
            return str(int(chunk.bits, 2)) if set(chunk.bits) <= set("01") else "$"
        if chunk.wire.startswith("$"):
            return self.names.get(chunk.wire, "$")
        name = self.names[chunk.wire]
        return name if self._is_whole(chunk) else f"{name}_{chunk.low}"

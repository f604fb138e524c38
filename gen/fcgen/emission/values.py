"""Operators of a netlist as Verilog expressions, and the wires that must stay between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fcgen.emission.expressions import (
    Binding,
    Dialect,
    Expression,
    binary,
    concatenation,
    conditional,
    constant,
    extended_bits,
    unary,
)
from fcgen.emission.names import Names
from fcgen.emission.netlist import Netlist
from fcgen.emission.rtlil import Cell, Constant, Signal, Slice, part_of, slices, width_of

ARITHMETIC = {"$add": "+", "$sub": "-", "$and": "&", "$or": "|", "$xor": "^"}
COMPARISON = {"$eq": "==", "$ne": "!=", "$lt": "<", "$le": "<=", "$gt": ">", "$ge": ">="}
SHIFT = {"$shl": "<<", "$shr": ">>", "$sshl": "<<", "$sshr": ">>>", "$shift": ">>", "$shiftx": ">>"}
REDUCTION = {"$reduce_and": "&", "$reduce_or": "|", "$reduce_xor": "^", "$reduce_xnor": "~^"}
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
_LONGEST_NAME = 32
_LONGEST_INLINE = 60


class UnknownCellError(NotImplementedError):
    """The netlist has a cell that the writer has no text for."""


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
        return concatenation([self._chunk(chunk) for chunk in signal])

    def operand(self, signal: Signal, width: int, *, signed: bool = False) -> Expression:
        """Return a signal cut or extended to ``width``, for an operator that takes it so."""
        signal = part_of(signal, 0, min(width_of(signal), width))
        if not signal:  # Yosys cuts a constant 0 to nothing
            return constant("0" * width)
        rest = _without_leading_zeros(signal)
        if width_of(rest) < width_of(signal):
            signal, signed = rest, False
        if len(signal) == 1 and isinstance(signal[0], Constant):
            return constant(extended_bits(signal[0], width, signed=signed))
        single = self._single(signal)
        extends = width_of(signal) < width
        if single is not None and not (extends and signed):
            value = self._inline(single)
        elif len(signal) > 1 and extends and signed:
            value = self._joined(signal)
        else:
            value = self.signal(signal) if single is None else self._named(signal[0])
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
        kind = cell.type
        if kind in ARITHMETIC:
            return self._arithmetic(cell)
        if kind in COMPARISON:
            return self._comparison(cell)
        if kind in REDUCTION:
            return self._reduction(cell)
        if kind in SHIFT:
            return self._shift(cell)
        special = {
            "$mux": self._mux,
            "$pmux": self._pmux,
            "$not": self._not,
            "$neg": self._neg,
            "$pos": self._pos,
            "$mul": self._mul,
            "$logic_not": self._logic_not,
            "$reduce_bool": self._reduce_bool,
            "$logic_and": self._logic,
            "$logic_or": self._logic,
        }.get(kind)
        if special is None:
            raise UnknownCellError(f"no Verilog for a cell of type {kind}")
        return special(cell)

    def _arithmetic(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        signed = bool(cell.number("A_SIGNED"))
        left = self.operand(cell.ports["A"], width, signed=signed)
        right = self.operand(cell.ports["B"], width, signed=signed)
        if width == 1 and cell.type in ("$add", "$sub"):
            return unary("!", left, 1) if right.text == "1'b1" else binary(left, "^", right, 1)
        return binary(left, ARITHMETIC[cell.type], right, width)

    def _comparison(self, cell: Cell) -> Expression:
        width = max(cell.number("A_WIDTH"), cell.number("B_WIDTH"))
        signed = bool(cell.number("A_SIGNED"))
        order = cell.type not in ("$eq", "$ne")
        if not order and self._differs(cell.ports["A"], cell.ports["B"]):
            return constant("1" if cell.type == "$ne" else "0")
        if order and not signed:
            known = self._limit(cell, width)
            if known is not None:
                return known
        if not signed:
            width = min(width, max(width_of(_without_leading_zeros(cell.ports[p])) for p in "AB"))
        take = self.signed_operand if signed and order else None
        left, right = (
            take(cell.ports[port], width)
            if take
            else self.operand(cell.ports[port], width, signed=signed)
            for port in "AB"
        )
        if left.signed and right.signed and order and not signed:
            left = Expression(f"$unsigned({left.text})", width)
        if width == 1 and right.text in ("1'b0", "1'b1"):
            same = (cell.type == "$eq") == (right.text == "1'b1")
            if not order:
                return left if same else unary("!", left, 1)
        return self._bits(binary(left, COMPARISON[cell.type], right, 1), cell)

    @staticmethod
    def _limit(cell: Cell, width: int) -> Expression | None:
        """Return the result of a comparison with the least or the greatest unsigned number."""
        bits = "".join(c.bits if isinstance(c, Constant) else "?" for c in cell.ports["B"])
        if not bits.strip("0") and cell.type in ("$ge", "$lt"):
            return constant("1" if cell.type == "$ge" else "0")
        if bits == "1" * width and cell.type in ("$gt", "$le"):
            return constant("1" if cell.type == "$le" else "0")
        return None

    @staticmethod
    def _differs(left: Signal, right: Signal) -> bool:
        """Tell whether constant bits alone make two signals of equal width differ."""
        bits = [
            "".join(c.bits if isinstance(c, Constant) else "?" * c.width for c in signal)
            for signal in (left, right)
        ]
        return any({"0", "1"} == set(pair) for pair in zip(*bits, strict=False)) and (
            len(bits[0]) == len(bits[1])
        )

    def _reduction(self, cell: Cell) -> Expression:
        signal = cell.ports["A"]
        operator = REDUCTION[cell.type]
        if len(signal) > 1 and operator in "&|^" and all(chunk.width == 1 for chunk in signal):
            value = self._chunk(signal[0])
            for chunk in signal[1:]:
                value = binary(value, operator, self._chunk(chunk), 1)
            return self._bits(value, cell)
        if width_of(signal) == 1 and operator in "&|^":
            return self._bits(self.signal(signal), cell)
        return self._bits(unary(operator, self.signal(signal), 1), cell)

    def _bits(self, value: Expression, cell: Cell) -> Expression:
        """Widen a single bit to what the cell gives."""
        return self.dialect.extend(value, max(cell.number("Y_WIDTH"), 1), signed=False)

    def _shift(self, cell: Cell) -> Expression:
        signal = cell.ports["A"]
        have, want = width_of(signal), cell.number("Y_WIDTH")
        if cell.number("B_SIGNED"):
            raise UnknownCellError("no Verilog for a shift to both sides")
        signed = bool(cell.number("A_SIGNED"))
        amount = cell.ports["B"]
        right = SHIFT[cell.type] != "<<"
        if right and want < have:
            beyond = max(_largest(amount) + want - have, 0)
            return self._part((Constant("0" * beyond), *signal) if beyond else signal, amount, want)
        value = self.operand(signal, want, signed=signed)
        if cell.type == "$sshr" and signed:
            value = self.signed_operand(signal, want)
            operator = ">>>"
        else:
            operator = ">>" if right else "<<"
        return binary(value, operator, self.signal(amount), want)

    def _part(self, signal: Signal, start: Signal, width: int) -> Expression:
        """Return ``width`` bits of a signal from a computed place on."""
        whole = (
            self._named(signal[0])
            if len(signal) == 1 and isinstance(signal[0], Slice) and self._is_whole(signal[0])
            else self._joined(signal)
        )
        index = self.operand(start, (whole.width - 1).bit_length()).text
        return Expression(f"{whole.text}[{index}{f' +: {width}' if width > 1 else ''}]", width)

    def _mux(self, cell: Cell) -> Expression:
        width = cell.number("WIDTH")
        for port, other in ("AB", "BA"):
            if _is_undefined(cell.ports[port]):
                return self.operand(cell.ports[other], width)
        choice = self.signal(cell.ports["S"])
        yes, no = (self.operand(cell.ports[port], width) for port in "BA")
        return conditional(choice, yes, no)

    def _pmux(self, cell: Cell) -> Expression:
        width = cell.number("WIDTH")
        value = None if _is_undefined(cell.ports["A"]) else self.operand(cell.ports["A"], width)
        for index in reversed(range(cell.number("S_WIDTH"))):
            choice = self.signal(part_of(cell.ports["S"], index, 1))
            branch = self.signal(part_of(cell.ports["B"], index * width, width))
            value = branch if value is None else conditional(choice, branch, value)
        assert value is not None
        return value

    def _not(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        value = self.operand(cell.ports["A"], width, signed=bool(cell.number("A_SIGNED")))
        return unary("!" if width == 1 else "~", value, width)

    def _neg(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        value = self.operand(cell.ports["A"], width, signed=bool(cell.number("A_SIGNED")))
        return unary("-", value, width)

    def _pos(self, cell: Cell) -> Expression:
        signed = bool(cell.number("A_SIGNED"))
        return self.operand(cell.ports["A"], cell.number("Y_WIDTH"), signed=signed)

    def _mul(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        factors = []
        for port in "AB":
            own = min(width_of(cell.ports[port]), width)
            if cell.number("A_SIGNED"):
                factors.append(self.signed_operand(cell.ports[port], own))
            else:
                value = self.operand(cell.ports[port], own)
                if value.signed:
                    value = Expression(f"$unsigned({value.text})", own)
                factors.append(value)
        return binary(factors[0], "*", factors[1], width)

    def _any(self, signal: Signal) -> Expression | None:
        """Return the disjunction of a signal's bits where they are single ones."""
        if len(signal) == 1 or any(chunk.width > 1 for chunk in signal):
            return None
        value = self._chunk(signal[0])
        for chunk in signal[1:]:
            value = binary(value, "|", self._chunk(chunk), 1)
        return value

    def _logic_not(self, cell: Cell) -> Expression:
        some = self._any(cell.ports["A"])
        if some is not None:
            return self._bits(unary("!", some, 1), cell)
        value = self.signal(cell.ports["A"])
        if value.width == 1:
            return self._bits(unary("!", value, 1), cell)
        return self._bits(binary(value, "==", constant("0" * value.width), 1), cell)

    def _reduce_bool(self, cell: Cell) -> Expression:
        some = self._any(cell.ports["A"])
        if some is not None:
            return self._bits(some, cell)
        value = self.signal(cell.ports["A"])
        if value.width == 1:
            return self._bits(value, cell)
        return self._bits(binary(value, "!=", constant("0" * value.width), 1), cell)

    def _logic(self, cell: Cell) -> Expression:
        operator = "&&" if cell.type == "$logic_and" else "||"
        left, right = (self.signal(cell.ports[port]) for port in "AB")
        return self._bits(binary(left, operator, right, 1), cell)

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

    def _chunk(self, chunk: Slice | Constant) -> Expression:
        if isinstance(chunk, Constant):
            return constant(chunk.bits)
        single = self._single((chunk,))
        return self._inline(single) if single is not None else self._named(chunk)

    def _named(self, chunk: Slice | Constant) -> Expression:
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

    def _joined(self, signal: Signal) -> Expression:
        """Return a signal of several parts as a wire of its own."""
        key = f"$joined {signal}"
        if key not in self.helpers:
            value, reads = self.collect(lambda: self.signal(signal))
            parts = [part.wire.lstrip("\\") for part in slices(signal)][:2]
            name = self.names.add(key, self._shortened("_and_".join(parts), "joined"))
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
        """Return a name for what an operator computes."""
        left = self._word(cell.ports["A"])
        if cell.type in WORDS:
            return self._shortened(
                f"{left}_{WORDS[cell.type]}_{self._word(cell.ports['B'])}", WORDS[cell.type]
            )
        prefix = PREFIXES.get(cell.type, cell.type.strip("$_"))
        if cell.type == "$mux":
            return self._shortened(f"{left}_after_{self._word(cell.ports['S'])}", "chosen")
        return self._shortened(f"{prefix}_{left}", prefix)

    @staticmethod
    def _shortened(name: str, otherwise: str) -> str:
        if len(name) > _LONGEST_NAME or "$" in name or "value" in name.split("_"):
            return f"{otherwise}_value"
        return name

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


def _is_undefined(signal: Signal) -> bool:
    """Tell whether a signal never matters."""
    return all(isinstance(chunk, Constant) and set(chunk.bits) == {"x"} for chunk in signal)


def _without_leading_zeros(signal: Signal) -> Signal:
    """Return a signal of wires without the constant zeros at its top."""
    for index, chunk in enumerate(signal):
        if isinstance(chunk, Slice) or chunk.bits.strip("0"):
            return signal[index:]
    return signal


def _largest(signal: Signal) -> int:
    """Return the largest value that a signal can have, as far as its constant bits tell."""
    bits = "".join(
        chunk.bits if isinstance(chunk, Constant) else "1" * chunk.width for chunk in signal
    )
    return int(bits or "0", 2)

"""Operators of a netlist as Verilog expressions."""

from __future__ import annotations

from typing import Protocol

from fcgen.design.emission.expressions import (
    Dialect,
    Expression,
    binary,
    conditional,
    constant,
    unary,
)
from fcgen.design.emission.netlist import Netlist
from fcgen.design.emission.rtlil import (
    Cell,
    Constant,
    Signal,
    Slice,
    is_undefined,
    part_of,
    width_of,
    without_leading_zeros,
)

ARITHMETIC = {"$add": "+", "$sub": "-", "$and": "&", "$or": "|", "$xor": "^"}
COMPARISON = {"$eq": "==", "$ne": "!=", "$lt": "<", "$le": "<=", "$gt": ">", "$ge": ">="}
SHIFT = {"$shl": "<<", "$shr": ">>", "$sshl": "<<", "$sshr": ">>>", "$shift": ">>", "$shiftx": ">>"}
REDUCTION = {"$reduce_and": "&", "$reduce_or": "|", "$reduce_xor": "^", "$reduce_xnor": "~^"}


class Operands(Protocol):
    """What an operator asks of the signals that it takes, see `fcgen.design.emission.values`."""

    dialect: Dialect
    netlist: Netlist

    def signal(self, signal: Signal) -> Expression:
        """Return a signal as it is."""

    def operand(self, signal: Signal, width: int, *, signed: bool = False) -> Expression:
        """Return a signal cut or extended to ``width``."""

    def signed_operand(self, signal: Signal, width: int) -> Expression:
        """Return an operand that Verilog takes for signed."""

    def chunk(self, chunk: Slice | Constant) -> Expression:
        """Return a chunk of a signal as it is."""

    def named(self, chunk: Slice | Constant) -> Expression:
        """Return a wire, or a part of one, by its name."""

    def joined(self, signal: Signal) -> Expression:
        """Return a signal of several parts as a wire of its own."""


class UnknownCellError(NotImplementedError):
    """The netlist has a cell that the writer has no text for."""


def operator_value(values: Operands, cell: Cell) -> Expression:
    """Return what an operator computes.

    Raises
    ------
    UnknownCellError
        When there is no text for the operator.
    """
    return _Operators(values).value(cell)


class _Operators:
    def __init__(self, values: Operands) -> None:
        self._values = values

    def value(self, cell: Cell) -> Expression:
        for kinds, method in (
            (ARITHMETIC, self._arithmetic),
            (COMPARISON, self._comparison),
            (REDUCTION, self._reduction),
            (SHIFT, self._shift),
            (("$logic_and", "$logic_or"), self._logic),
            (("$mux",), self._mux),
            (("$pmux",), self._pmux),
            (("$not",), self._not),
            (("$neg",), self._neg),
            (("$pos",), self._pos),
            (("$mul",), self._mul),
            (("$logic_not",), self._logic_not),
            (("$reduce_bool",), self._reduce_bool),
        ):
            if cell.type in kinds:
                return method(cell)
        raise UnknownCellError(f"no Verilog for a cell of type {cell.type}")

    def _arithmetic(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        signed = bool(cell.number("A_SIGNED"))
        left = self._values.operand(cell.ports["A"], width, signed=signed)
        right = self._values.operand(cell.ports["B"], width, signed=signed)
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
            width = min(width, max(width_of(without_leading_zeros(cell.ports[p])) for p in "AB"))
        take = self._values.signed_operand if signed and order else None
        left, right = (
            take(cell.ports[port], width)
            if take
            else self._values.operand(cell.ports[port], width, signed=signed)
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
        for port, least, greatest in (("B", "$ge$lt", "$le$gt"), ("A", "$le$gt", "$ge$lt")):
            signal = cell.ports[port]
            bits = "".join(c.bits if isinstance(c, Constant) else "?" for c in signal)
            if not bits.strip("0") and cell.type in least:
                return constant("1" if least.startswith(cell.type) else "0")
            if bits == "1" * width and cell.type in greatest:
                return constant("1" if greatest.startswith(cell.type) else "0")
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
            value = self._values.chunk(signal[0])
            for chunk in signal[1:]:
                value = binary(value, operator, self._values.chunk(chunk), 1)
            return self._bits(value, cell)
        if width_of(signal) == 1 and operator in "&|^":
            return self._bits(self._values.signal(signal), cell)
        return self._bits(unary(operator, self._values.signal(signal), 1), cell)

    def _bits(self, value: Expression, cell: Cell) -> Expression:
        """Widen a single bit to what the cell gives."""
        return self._values.dialect.extend(value, max(cell.number("Y_WIDTH"), 1), signed=False)

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
        value = self._values.operand(signal, want, signed=signed)
        if cell.type == "$sshr" and signed:
            value = self._values.signed_operand(signal, want)
            operator = ">>>"
        else:
            operator = ">>" if right else "<<"
        return binary(value, operator, self._values.signal(amount), want)

    def _part(self, signal: Signal, start: Signal, width: int) -> Expression:
        """Return ``width`` bits of a signal from a computed place on."""
        whole = (
            self._values.named(signal[0])
            if len(signal) == 1
            and isinstance(signal[0], Slice)
            and self._values.netlist.is_whole(signal[0])
            else self._values.joined(signal)
        )
        index = self._values.operand(start, (whole.width - 1).bit_length()).text
        return Expression(f"{whole.text}[{index}{f' +: {width}' if width > 1 else ''}]", width)

    def _mux(self, cell: Cell) -> Expression:
        width = cell.number("WIDTH")
        for port, other in ("AB", "BA"):
            if is_undefined(cell.ports[port]):
                return self._values.operand(cell.ports[other], width)
        choice = self._values.signal(cell.ports["S"])
        yes, no = (self._values.operand(cell.ports[port], width) for port in "BA")
        return conditional(choice, yes, no)

    def _pmux(self, cell: Cell) -> Expression:
        width = cell.number("WIDTH")
        value = (
            None if is_undefined(cell.ports["A"]) else self._values.operand(cell.ports["A"], width)
        )
        for index in reversed(range(cell.number("S_WIDTH"))):
            choice = self._values.signal(part_of(cell.ports["S"], index, 1))
            branch = self._values.signal(part_of(cell.ports["B"], index * width, width))
            value = branch if value is None else conditional(choice, branch, value)
        assert value is not None
        return value

    def _not(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        value = self._values.operand(cell.ports["A"], width, signed=bool(cell.number("A_SIGNED")))
        return unary("!" if width == 1 else "~", value, width)

    def _neg(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        value = self._values.operand(cell.ports["A"], width, signed=bool(cell.number("A_SIGNED")))
        return unary("-", value, width)

    def _pos(self, cell: Cell) -> Expression:
        signed = bool(cell.number("A_SIGNED"))
        return self._values.operand(cell.ports["A"], cell.number("Y_WIDTH"), signed=signed)

    def _mul(self, cell: Cell) -> Expression:
        width = cell.number("Y_WIDTH")
        factors = []
        for port in "AB":
            own = min(width_of(cell.ports[port]), width)
            if cell.number("A_SIGNED"):
                factors.append(self._values.signed_operand(cell.ports[port], own))
            else:
                value = self._values.operand(cell.ports[port], own)
                if value.signed:
                    value = Expression(f"$unsigned({value.text})", own)
                factors.append(value)
        return binary(factors[0], "*", factors[1], width)

    def _any(self, signal: Signal) -> Expression | None:
        """Return the disjunction of a signal's bits where they are single ones."""
        if len(signal) == 1 or any(chunk.width > 1 for chunk in signal):
            return None
        value = self._values.chunk(signal[0])
        for chunk in signal[1:]:
            value = binary(value, "|", self._values.chunk(chunk), 1)
        return value

    def _logic_not(self, cell: Cell) -> Expression:
        some = self._any(cell.ports["A"])
        if some is not None:
            return self._bits(unary("!", some, 1), cell)
        value = self._values.signal(cell.ports["A"])
        if value.width == 1:
            return self._bits(unary("!", value, 1), cell)
        return self._bits(binary(value, "==", constant("0" * value.width), 1), cell)

    def _reduce_bool(self, cell: Cell) -> Expression:
        some = self._any(cell.ports["A"])
        if some is not None:
            return self._bits(some, cell)
        value = self._values.signal(cell.ports["A"])
        if value.width == 1:
            return self._bits(value, cell)
        return self._bits(binary(value, "!=", constant("0" * value.width), 1), cell)

    def _logic(self, cell: Cell) -> Expression:
        operator = "&&" if cell.type == "$logic_and" else "||"
        left, right = (self._values.signal(cell.ports[port]) for port in "AB")
        return self._bits(binary(left, operator, right, 1), cell)


def _largest(signal: Signal) -> int:
    """Return the largest value that a signal can have, as far as its constant bits tell."""
    bits = "".join(
        chunk.bits if isinstance(chunk, Constant) else "1" * chunk.width for chunk in signal
    )
    return int(bits or "0", 2)

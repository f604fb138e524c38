"""Pieces of Verilog expressions that mean the same wherever they stand.

Every expression made here has exactly the width it is used at and does not depend on its
surroundings: operands are extended where they are narrower, by a cast or by the bits written out,
never silently. So an expression can be put in the place of the wire that carries its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from fcgen.design.emission.layout import BREAK
from fcgen.design.emission.rtlil import Constant

_LONGEST_DECIMAL = 32


class Binding(IntEnum):
    """How strongly the outermost operator of an expression binds."""

    CONDITIONAL = 1
    BINARY = 2
    UNARY = 3
    ATOM = 4


@dataclass(frozen=True)
class Expression:
    """Text with its width, whether Verilog takes it for signed, and its outermost operator."""

    text: str
    width: int
    signed: bool = False
    binding: Binding = Binding.ATOM
    operator: str = ""

    def bound(self, binding: Binding, operator: str = "") -> str:
        """Return the text, in parentheses unless it may stand beside an operator as it is.

        Equal operators that associate may stand in a row; all others are kept apart, so that no
        reader has to know their precedence.
        """
        chained = bool(operator) and self.operator == operator
        return self.text if self.binding > binding or chained else f"({self.text})"


class Dialect:
    """SystemVerilog: casts and always_ff."""

    always = "always_ff"

    def extend(self, value: Expression, width: int, *, signed: bool) -> Expression:
        """Return ``value`` widened to ``width`` bits by its sign or by zeros."""
        if value.width == width:
            return value
        if value.binding is not Binding.ATOM:  # Verilator widens what stands inside a cast
            assert not signed
            return Expression(f"{{{width - value.width}'d0, {value.text}}}", width)
        if value.signed and not signed:
            value = Expression(f"$unsigned({value.text})", value.width)
        elif signed and not value.signed:
            value = Expression(f"$signed({value.text})", value.width, True)
        return Expression(f"{width}'({value.text})", width, signed)


class Verilog2005(Dialect):
    """Plain Verilog-2005; what is to be extended by its sign must be a wire or a part of one."""

    always = "always"

    def extend(self, value: Expression, width: int, *, signed: bool) -> Expression:
        """Return ``value`` widened to ``width`` bits by its sign or by zeros."""
        more = width - value.width
        if not more:
            return value
        if not signed:
            return Expression(f"{{{more}'d0, {value.text}}}", width)
        text = f"{{{{{more}{{{sign_bit(value)}}}}}, {value.text}}}"
        return Expression(f"$signed({text})", width, True)


SYSTEM_VERILOG = Dialect()
VERILOG_2005 = Verilog2005()


def sign_bit(value: Expression) -> str:
    """Return the text of the top bit of a wire or of a part of one."""
    name, bracket, part = value.text.removesuffix("]").partition("[")
    if value.width == 1:
        return value.text
    high = part.partition(":")[0] if bracket else str(value.width - 1)
    return f"{name}[{high}]"


def constant(bits: str, *, signed: bool = False) -> Expression:
    """Return a literal of exactly these bits, most significant first."""
    width = len(bits)
    if set(bits) - set("01"):
        return Expression(f"{width}'b{bits}", width)
    if signed:
        magnitude = int(bits, 2) - (int(bits[0]) << width)
        if bits == "1" + "0" * (width - 1):  # its magnitude has no literal of this width
            return Expression(f"{width}'sb{bits}", width, True)
        sign, binding = ("-", Binding.UNARY) if magnitude < 0 else ("", Binding.ATOM)
        return Expression(f"{sign}{width}'sd{abs(magnitude)}", width, True, binding)
    if width == 1:
        return Expression(f"1'b{bits}", 1)
    value = int(bits, 2)
    if width <= _LONGEST_DECIMAL or value < 10:
        return Expression(f"{width}'d{value}", width)
    return Expression(f"{width}'h{value:x}", width)


def extended_bits(chunk: Constant, width: int, *, signed: bool) -> str:
    """Return the constant's bits cut or extended to ``width``."""
    bits = chunk.bits
    if width <= len(bits):
        return bits[len(bits) - width :]
    return bits.rjust(width, bits[0] if signed else "0")


def concatenation(parts: list[Expression]) -> Expression:
    """Return the parts side by side, the first one most significant; equal ones are repeated."""
    if len(parts) == 1:
        return parts[0]
    width = sum(part.width for part in parts)
    if len(set(parts)) == 1:
        return Expression(f"{{{len(parts)}{{{parts[0].text}}}}}", width)
    texts = []
    start = 0
    for index in range(1, len(parts) + 1):
        if index == len(parts) or parts[index] != parts[start]:
            count = index - start
            text = parts[start].text
            texts.append(f"{{{count}{{{text}}}}}" if count > 1 else text)
            start = index
    return Expression(f"{{{', '.join(texts)}}}", width)


def unary(operator: str, value: Expression, width: int) -> Expression:
    """Return ``operator value``."""
    text = value.bound(Binding.UNARY)
    if text[0].isdigit():  # Yosys takes -6'(a) for a cast to -6 bits
        text = f"({text})"
    text = operator + text
    return Expression(text, width, value.signed and operator in "~-", Binding.UNARY)


def binary(left: Expression, operator: str, right: Expression, width: int) -> Expression:
    """Return ``left operator right``."""
    if operator in "&|":
        neutral, deciding = ("1'b1", "1'b0") if operator == "&" else ("1'b0", "1'b1")
        if left.text == right.text or right.text == neutral or left.text == deciding:
            return left
        if left.text == neutral or right.text == deciding:
            return right
    chain = operator if operator in ("+", "&", "|", "^") else ""
    minus = operator == "-"
    text = " ".join(
        (
            left.bound(Binding.BINARY, "+" if minus else chain),
            operator,
            right.bound(Binding.BINARY, chain),
        )
    )
    arithmetic = operator in ("+", "-", "*", "&", "|", "^")
    signed = arithmetic and left.signed and right.signed
    return Expression(text, width, signed, Binding.BINARY, "+" if minus else operator)


def conditional(condition: Expression, yes: Expression, no: Expression) -> Expression:
    """Return ``condition ? yes : no``; a chain of them has no parentheses."""
    if yes.text == no.text:
        return yes
    if condition.text in ("1'b0", "1'b1"):
        return yes if condition.text == "1'b1" else no
    if yes.width == 1:
        simple = _conditional_bit(condition, yes, no)
        if simple is not None:
            return simple
    space = BREAK if no.binding is Binding.CONDITIONAL else " "
    head = f"{condition.bound(Binding.BINARY)} ? {yes.bound(Binding.CONDITIONAL)}"
    signed = yes.signed and no.signed
    return Expression(f"{head}{space}: {no.text}", yes.width, signed, Binding.CONDITIONAL, "?")


def _conditional_bit(condition: Expression, yes: Expression, no: Expression) -> Expression | None:
    """Return a choice between bits of which one is constant as logic."""
    if yes.text == "1'b1":
        return condition if no.text == "1'b0" else binary(condition, "|", no, 1)
    if no.text == "1'b0":
        return binary(condition, "&", yes, 1)
    if yes.text == "1'b0":
        inverse = unary("!", condition, 1)
        return inverse if no.text == "1'b1" else binary(inverse, "&", no, 1)
    if no.text == "1'b1":
        return binary(unary("!", condition, 1), "|", yes, 1)
    return None

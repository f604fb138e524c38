"""Registers and memory ports of a netlist as clocked blocks with their ifs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fcgen.design.emission.expressions import Expression, unary
from fcgen.design.emission.layout import conditional_lines, indented
from fcgen.design.emission.netlist import is_clocked
from fcgen.design.emission.operators import UnknownCellError
from fcgen.design.emission.rtlil import Cell, Constant, Signal, is_undefined, part_of, width_of
from fcgen.design.emission.values import Values


@dataclass
class Statements:
    """What happens at a clock edge: assignments, and others under conditions.

    Attributes
    ----------
    assignments : list of str
    branches : dict of condition to (when it holds, when it does not)
    """

    assignments: list[str] = field(default_factory=list)
    branches: dict[str, tuple[Expression, Statements, Statements]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.assignments or self.branches)

    def add(self, other: Statements) -> None:
        """Take over other statements, under the same ifs where the conditions are the same."""
        self.assignments += other.assignments
        for text, (condition, yes, no) in other.branches.items():
            _, own_yes, own_no = self.branches.setdefault(
                text, (condition, Statements(), Statements())
            )
            own_yes.add(yes)
            own_no.add(no)

    def lines(self) -> list[str]:
        """Return the statements as lines."""
        lines = list(self.assignments)
        for condition, yes, no in self.branches.values():
            lines += conditional_lines(_chain(condition, yes, no))
        return lines


def _chain(condition: Expression, yes: Statements, no: Statements) -> list[tuple[str, list[str]]]:
    """Return the branches of an if, else if, else."""
    if not yes:
        return [(unary("!", condition, 1).text, no.lines())]
    branches = [(condition.text, yes.lines())]
    if not no.assignments and len(no.branches) == 1:
        [inner] = no.branches.values()
        branches += _chain(*inner)
    elif no:
        branches.append(("", no.lines()))
    return branches


class ClockedBlocks:
    """The clocked blocks of a module.

    Parameters
    ----------
    values : Values
    target : callable
        Gives the text of what stands left of an assignment to a register.
    always : str
        Keyword.
    """

    def __init__(self, values: Values, target: Callable[[Signal], str], always: str) -> None:
        self._values = values
        self._target = target
        self._always = always

    def lines(self) -> list[list[str]]:
        """Return one block for each clock."""
        clocks: dict[tuple[str, str], Statements] = {}
        for cell in self._values.netlist.module.cells:
            statements = self._statements(cell)
            if statements is not None:
                edge = "posedge" if cell.number("CLK_POLARITY") else "negedge"
                clock = self._values.signal(cell.ports["CLK"]).text
                clocks.setdefault((edge, clock), Statements()).add(statements)
        return [
            [f"{self._always} @({edge} {clock}) begin", *indented(statements.lines()), "end"]
            for (edge, clock), statements in clocks.items()
        ]

    def _statements(self, cell: Cell) -> Statements | None:
        if cell.type == "$dff":
            return self._change(cell.ports["Q"], cell.ports["D"])
        if cell.type == "$memrd_v2" and is_clocked(cell):
            if cell.parameters.get("TRANSPARENCY_MASK", 0) not in (0, "0"):
                raise UnknownCellError("no Verilog for a transparent read port")
            read = self._values.read(cell)
            return self._enabled(cell, self._target(cell.ports["DATA"]), read)
        if cell.type == "$memwr_v2":
            return self._enabled(
                cell, self._values.read(cell).text, self._values.signal(cell.ports["DATA"])
            )
        return None

    def _change(self, register: Signal, value: Signal) -> Statements:
        """Return how a register gets its next value; multiplexers become ifs."""
        if register == value:
            return Statements()
        if len(value) > 1 and any(self._chooser((chunk,)) for chunk in value):
            statements = Statements()
            low = 0
            for chunk in reversed(value):
                part = part_of(register, low, chunk.width)
                statements.add(self._change(part, (chunk,)))
                low += chunk.width
            return statements
        chooser = self._chooser(value)
        if chooser is None:
            text = f"{self._target(register)} <= {self._values.assigned(value).text};"
            return Statements([text])
        width = width_of(register)
        choices, branches = chooser.ports["S"], chooser.ports["B"]
        last = width_of(choices) - 1
        values = [part_of(branches, index * width, width) for index in range(last + 1)]
        if is_undefined(chooser.ports["A"]):  # the conditions cover all cases
            statements, last = self._change(register, values[last]), last - 1
        else:
            statements = self._change(register, chooser.ports["A"])
        for index in range(last, -1, -1):
            yes = self._change(register, values[index])
            statements = _if(self._values.signal(part_of(choices, index, 1)), yes, statements)
        return statements

    def _chooser(self, value: Signal) -> Cell | None:
        """Return the multiplexer that alone gives a value."""
        cell = self._values.only_source(value)
        return cell if cell is not None and cell.type in ("$mux", "$pmux") else None

    def _enabled(self, cell: Cell, target: str, value: Expression) -> Statements:
        enables = {part_of(cell.ports["EN"], bit, 1) for bit in range(width_of(cell.ports["EN"]))}
        if len(enables) > 1:
            raise UnknownCellError("no Verilog for a memory that is written in part")
        assignment = Statements([f"{target} <= {value.text};"])
        enable = enables.pop()
        if enable == (Constant("1"),):
            return assignment
        return _if(self._values.signal(enable), assignment, Statements())


def _if(condition: Expression, yes: Statements, no: Statements) -> Statements:
    if (not yes and not no) or condition.text in ("1'b0", "1'b1"):
        return yes if condition.text == "1'b1" else no
    if condition.text.startswith("!") and no:  # "if (!a) x else y" reads better the other way
        bare = condition.text[1:]
        if bare.isidentifier():
            return Statements([], {bare: (Expression(bare, 1), no, yes)})
    return Statements([], {condition.text: (condition, yes, no)})

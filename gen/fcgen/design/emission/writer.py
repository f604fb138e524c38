"""A module of a netlist as Verilog text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from fcgen.design.emission.assignments import Assignment, ordered
from fcgen.design.emission.clocked import ClockedBlocks
from fcgen.design.emission.expressions import Dialect, Expression
from fcgen.design.emission.layout import block, comma_separated, indented
from fcgen.design.emission.names import Names, identifier
from fcgen.design.emission.netlist import Netlist, is_clocked, is_operator, output
from fcgen.design.emission.rewiring import in_order_of_data, split_wires
from fcgen.design.emission.rtlil import Cell, Memory, Module, Signal, Slice, Wire, is_zero, slices
from fcgen.design.emission.values import Helper, Values


class ModuleWriter:
    """Writes one module.

    Parameters
    ----------
    module : Module
        Netlist that Yosys left.
    dialect : Dialect
    order : sequence of str
        Names of ports and wires in the order wanted; others come last.
    outputs : mapping of str to set of str
        Output ports of the modules that have instances here.
    """

    def __init__(
        self,
        module: Module,
        dialect: Dialect,
        order: Sequence[str],
        outputs: Mapping[str, set[str]],
    ) -> None:
        split_wires(module)
        self._module = module
        self._order = {f"\\{name}": place for place, name in reversed([*enumerate(order)])}
        module.cells.sort(key=self._place)
        module.cells = in_order_of_data(module.cells)
        ports = [wire for wire in module.wires.values() if wire.port]
        self._ports = sorted(ports, key=lambda wire: self._order.get(wire.name, len(order)))
        self._names = self._name_everything()
        self._netlist = Netlist(module, outputs)
        self._values = Values(self._netlist, dialect, self._names)
        self._clocked = ClockedBlocks(self._values, self._register_name, dialect.always)
        self._assignments: list[Assignment] = []
        self._partial: list[str] = []
        self._has_open_pins = False

    def _place(self, cell: Cell) -> int:
        """Return where in the order the first wire stands that a cell drives."""
        own = output(cell)
        places = [
            self._order.get(part.wire, len(self._order))
            for part in slices(cell.ports[own] if own else ())
        ]
        return min(places, default=0)

    def text(self) -> str:
        """Return the module, from ``module`` to ``endmodule``."""
        clocked = self._clocked.lines()
        instances = [
            line
            for cell in self._module.cells
            if not cell.type.startswith("$")
            for line in self._instance(cell)
        ]
        assignments = ordered(self._all_assignments())
        with_value = {a.key for a in assignments if a.kind != "assign"}
        blocks = [
            self._declarations(with_value),
            [str(assignment) for assignment in assignments],
            instances,
            *clocked,
        ]
        body = "\n\n".join(block(lines) for lines in blocks if lines)
        ports = "\n".join(indented(comma_separated(self._port_list())))
        text = f"module {self._module.name[1:]} (\n{ports}\n);\n{body}\nendmodule\n"
        for rule, reason in self._waivers().items():
            text = f"// {reason}\n// verilator lint_off {rule}\n{text}// verilator lint_on {rule}\n"
        return text

    def _waivers(self) -> dict[str, str]:
        """Return Verilator's rules that the module breaks, with the reason."""
        waivers = {}
        unread = [self._names[name] for name in self._netlist.unread()]
        if unread:
            names = ", ".join(unread)
            waivers["UNUSEDSIGNAL"] = f"Some bits are not needed with these parameters: {names}."
        written = {
            cell.parameters["MEMID"]
            for cell in self._module.cells
            if cell.type == "$memwr_v2" and not is_zero(cell.ports["EN"])
        }
        idle = [self._names[name] for name in self._module.memories if name not in written]
        if idle:
            waivers["UNDRIVEN"] = f"Never written with these parameters: {', '.join(idle)}."
        if self._has_open_pins:
            waivers["PINCONNECTEMPTY"] = "Outputs that nothing reads are left open."
        return waivers

    def _name_everything(self) -> Names:
        names = Names()
        named = [*(wire.name for wire in self._ports), *self._module.wires, *self._module.memories]
        for name in named:
            if name.startswith("\\") and name not in names:
                names.add(name, name)
        for cell in self._module.cells:
            if not cell.type.startswith("$"):
                names.add(f"instance {cell.name}", cell.name)
        return names

    def _port_list(self) -> list[str]:
        column = max((len(_shape(wire)) for wire in self._ports), default=0)
        lines = []
        for wire in self._ports:
            kind = "reg " if wire.name in self._netlist.registers else "wire"
            lines.append(f"{wire.port:6} {kind} {_shape(wire):{column}}{self._names[wire.name]}")
        return lines

    def _declarations(self, with_value: set[str]) -> list[str]:
        """Return the registers, wires at instances and memories."""
        lines = []
        for name in self._in_order_of_use():
            wire = self._module.wires[name]
            if not wire.port and name not in with_value:
                kind = "reg " if name in self._netlist.registers else "wire"
                lines.append(f"{kind} {_shape(wire)}{self._names[name]};{_states(wire)}")
        lines += self._partial
        for memory in self._module.memories.values():
            lines += self._memory(memory)
        return lines

    def _in_order_of_use(self) -> list[str]:
        """Named wires as the cells drive them, then the rest."""
        driven: dict[str, None] = {}
        for cell in self._module.cells:
            own = output(cell)
            for signal in [cell.ports[own]] if own else cell.ports.values():
                driven.update(dict.fromkeys(part.wire for part in slices(signal)))
        driven.update(dict.fromkeys(self._module.wires))
        helpers = self._values.helpers
        return [name for name in driven if name in self._names and name not in helpers]

    def _memory(self, memory: Memory) -> list[str]:
        attributes = [
            _attribute(key, value) for key, value in memory.attributes.items() if key != "src"
        ]
        width = f"[{memory.width - 1}:0] " if memory.width > 1 else ""
        line = f"reg  {width}{self._names[memory.name]} [0:{memory.size - 1}];"
        return [f"(* {', '.join(attributes)} *)", line] if attributes else [line]

    def _all_assignments(self) -> list[Assignment]:
        for cell in self._module.cells:
            if is_operator(cell) and _is_named(cell.ports["Y"]):
                self._assign(cell.ports["Y"], partial(self._values.of, cell))
            elif cell.type == "$memrd_v2" and not is_clocked(cell):
                self._assign(cell.ports["DATA"], partial(self._values.read, cell))
        for left, right in self._module.connections:
            self._assign(left, partial(self._values.signal, right))
        for key, helper in self._values.helpers.items():
            kind = f"wire {_shape(helper)}".strip()
            self._assignments.append(Assignment(key, kind, helper.name, helper.value, helper.reads))
        return self._assignments

    def _assign(self, left: Signal, make: Callable[[], Expression]) -> None:
        value, reads = self._values.collect(make)
        target = self._values.signal(left).text
        key, kind = target, "assign"
        if len(left) == 1 and isinstance(left[0], Slice) and self._netlist.is_whole(left[0]):
            wire = self._module.wires[left[0].wire]
            key = wire.name
            if not wire.port:
                kind = f"wire {_shape(wire)}".strip()
        self._assignments.append(Assignment(key, kind, target, value, reads))

    def _register_name(self, signal: Signal) -> str:
        """Left side of a clocked assignment.

        A register that is a part of a wire whose other parts are not clocked gets its own name.
        """
        part = signal[0]
        if len(signal) > 1 or not isinstance(part, Slice) or part.wire not in self._netlist.mixed:
            return self._values.signal(signal).text
        key = f"register {part}"
        if key in self._names:
            return self._names[key]
        name = self._names.add(key, f"{self._names[part.wire]}_register")
        self._partial.append(f"reg  {_range(part.width)}{name};")
        self._assign(signal, lambda: Expression(name, part.width))
        return name

    def _instance(self, cell: Cell) -> list[str]:
        name = self._names[f"instance {cell.name}"]
        order = sorted(cell.ports, key=lambda port: port not in ("clk", "rst"))
        ports = [f".{identifier(port)}({self._connected(cell.ports[port])})" for port in order]
        parameters = [f".{key}({_literal(value)})" for key, value in cell.parameters.items()]
        head = [f"{cell.type[1:]} {name} ("]
        if parameters:
            head = [f"{cell.type[1:]} #(", *indented(comma_separated(parameters)), f") {name} ("]
        return [*head, *indented(comma_separated(ports)), ");"]

    def _connected(self, signal: Signal) -> str:
        if len(signal) == 1 and isinstance(signal[0], Slice):
            wire = signal[0].wire
            unused = wire.startswith("$") and wire not in self._netlist.operators
            if unused and not self._netlist.readers[wire]:
                self._has_open_pins = True
                return ""
        return self._values.signal(signal).text


def _is_named(signal: Signal) -> bool:
    return any(part.wire.startswith("\\") for part in slices(signal))


def _range(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""


def _shape(wire: Wire | Helper) -> str:
    return ("signed " if wire.signed else "") + _range(wire.width)


def _literal(value: int | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _attribute(name: str, value: str) -> str:
    if value.startswith('"'):
        return f"{name} = {value}"
    number = int(value.partition("'")[2], 2) if "'" in value else int(value)
    return name if number == 1 else f"{name} = {number}"


def _states(wire: Wire) -> str:
    """Return a comment with the names of a state register's values."""
    states = {
        int(key.removeprefix("enum_value_"), 2): value.strip('"')
        for key, value in wire.attributes.items()
        if key.startswith("enum_value_")
    }
    text = ", ".join(f"{number} {states[number]}" for number in sorted(states))
    return f"  // {text}" if text else ""

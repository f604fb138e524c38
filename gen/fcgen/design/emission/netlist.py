"""What the writer must know of a module's wires: who drives them and how often they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fcgen.design.emission.rtlil import Cell, Module, Signal, Slice, part_of, slices, width_of

TRUNCATING = ("$add", "$sub", "$mul", "$neg", "$and", "$or", "$xor", "$not", "$pos")


def is_operator(cell: Cell) -> bool:
    """Tell whether a cell computes a value without a clock."""
    return cell.type.startswith("$") and "Y" in cell.ports


def is_clocked(cell: Cell) -> bool:
    """Tell whether a cell's output is a register."""
    return cell.type == "$dff" or (cell.type == "$memrd_v2" and cell.number("CLK_ENABLE") == 1)


def output(cell: Cell) -> str | None:
    """Return the output port of a cell that is not an instance."""
    for port in ("Y", "Q"):
        if port in cell.ports and cell.type.startswith("$"):
            return port
    return "DATA" if cell.type == "$memrd_v2" else None


def inputs(cell: Cell) -> Iterator[Signal]:
    """Yield the signals at the inputs of a cell; at an instance, those at all its ports."""
    own = output(cell)
    return (signal for port, signal in cell.ports.items() if port != own)


def _needed(cell: Cell, signal: Signal) -> Signal:
    """Return what of an operand an operator needs: no more bits than it gives."""
    if cell.type in TRUNCATING:
        return part_of(signal, 0, min(width_of(signal), cell.number("Y_WIDTH")))
    return signal


@dataclass
class Netlist:
    """Drivers and readers of a module's wires, after `split_wires`.

    Parameters
    ----------
    module : Module
    outputs : mapping of str to set of str
        Output ports of the modules that have instances here.
    """

    module: Module
    outputs: Mapping[str, set[str]]
    operators: dict[str, Cell] = field(default_factory=dict)
    readers: Counter[str] = field(default_factory=Counter)
    registers: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)
    _read_bits: dict[str, int] = field(default_factory=dict)
    _consumers: dict[str, Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clocked: set[str] = set()
        other: set[str] = set()
        for cell in self.module.cells:
            own = output(cell)
            driven = cell.ports[own] if own else ()
            for port in self.outputs.get(cell.type[1:], ()) if cell.type[0] != "$" else ():
                other.update(part.wire for part in slices(cell.ports.get(port, ())))
            (clocked if is_clocked(cell) else other).update(part.wire for part in slices(driven))
            if is_operator(cell) and len(driven) == 1 and self._is_whole(driven[0]):
                self.operators[driven[0].wire] = cell  # type: ignore[union-attr]
            for signal in self._inputs(cell):
                self._read(_needed(cell, signal))
                for part in slices(signal):
                    self._consumers.setdefault(part.wire, cell)
        for left, right in self.module.connections:
            other.update(part.wire for part in slices(left))
            self._read(right)
        self.registers = clocked - other
        self.mixed = clocked & other

    def _is_whole(self, chunk: object) -> bool:
        return isinstance(chunk, Slice) and chunk.width == self.module.wires[chunk.wire].width

    def is_whole(self, chunk: Slice) -> bool:
        """Tell whether a slice is all of its wire."""
        return self._is_whole(chunk)

    def _inputs(self, cell: Cell) -> Iterator[Signal]:
        if cell.type.startswith("$"):
            return inputs(cell)
        outputs = self.outputs.get(cell.type[1:], set())
        return (signal for port, signal in cell.ports.items() if port not in outputs)

    def _read(self, signal: Signal) -> None:
        for part in slices(signal):
            self.readers[part.wire] += 1
            mask = ((1 << part.width) - 1) << part.low
            self._read_bits[part.wire] = self._read_bits.get(part.wire, 0) | mask

    def purpose(self, wire: str) -> str | None:
        """Return the first named wire or register that a wire without a name serves."""
        while wire in self._consumers:
            own = output(self._consumers[wire])
            driven = list(slices(self._consumers[wire].ports[own])) if own else []
            if not driven:
                return None
            wire = driven[0].wire
            if wire.startswith("\\"):
                return wire
        return None

    def unread(self) -> list[str]:
        """Names of the wires of which some bits are driven and never used."""
        return [
            wire.name
            for wire in self.module.wires.values()
            if wire.name.startswith("\\")
            and wire.port != "output"
            and self._read_bits.get(wire.name, 0) != (1 << wire.width) - 1
        ]

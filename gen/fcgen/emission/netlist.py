"""What the writer must know of a module's wires: who drives them and how often they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from fcgen.emission.rtlil import Cell, Chunk, Module, Signal, Slice, Wire, part_of, slices, width_of


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


def split_wires(module: Module) -> None:
    """Give wires without a name one driver each, and put what they only pass on in their place."""
    cuts: dict[str, set[int]] = {}
    for signal in _driven(module):
        for part in slices(signal):
            if part.wire.startswith("$"):
                cuts.setdefault(part.wire, set()).update((part.low, part.low + part.width))
    pieces: dict[str, list[tuple[Slice, Signal]]] = {}
    for name, places in cuts.items():
        wire = module.wires[name]
        if places == {0, wire.width}:
            continue
        edges = sorted(places | {0, wire.width})
        pieces[name] = []
        for low, high in pairwise(edges):
            own = Wire(f"{name}:{low}", high - low, False, None, {})
            module.wires[own.name] = own
            pieces[name].append((Slice(name, low, own.width), (Slice(own.name, 0, own.width),)))
    _replace(module, pieces)
    _replace(module, _passed_on(module))


def _passed_on(module: Module) -> dict[str, list[tuple[Slice, Signal]]]:
    """Take out the connections to wires without a name; return what stands for these."""
    aliases: dict[str, list[tuple[Slice, Signal]]] = {}
    kept = []
    for left, right in module.connections:
        position = width_of(left)
        for chunk in left:
            position -= chunk.width
            value = part_of(right, position, chunk.width)
            assert isinstance(chunk, Slice)
            if chunk.wire.startswith("$"):
                aliases[chunk.wire] = [(chunk, value)]
            else:
                kept.append(((chunk,), value))
    module.connections = kept
    for name, [(chunk, value)] in list(aliases.items()):
        while any(part.wire in aliases for part in slices(value)):
            value = _replaced(value, aliases)
        aliases[name] = [(chunk, value)]
    return aliases


def _replace(module: Module, pieces: dict[str, list[tuple[Slice, Signal]]]) -> None:
    for cell in module.cells:
        cell.ports = {port: _replaced(signal, pieces) for port, signal in cell.ports.items()}
    module.connections = [
        (_replaced(left, pieces), _replaced(right, pieces)) for left, right in module.connections
    ]


def _driven(module: Module) -> Iterator[Signal]:
    for cell in module.cells:
        own = output(cell)
        if own:
            yield cell.ports[own]
    for left, _ in module.connections:
        yield left


def _replaced(signal: Signal, pieces: dict[str, list[tuple[Slice, Signal]]]) -> Signal:
    """Put in the place of each piece of a wire what stands for it; pieces ascend."""
    parts: list[Chunk] = []
    for chunk in signal:
        if not isinstance(chunk, Slice) or chunk.wire not in pieces:
            parts.append(chunk)
            continue
        for piece, value in reversed(pieces[chunk.wire]):
            low = max(chunk.low, piece.low)
            high = min(chunk.low + chunk.width, piece.low + piece.width)
            if low < high:
                parts += part_of(value, low - piece.low, high - low)
    return tuple(parts)


@dataclass
class Netlist:
    """Drivers and readers of a module's wires, after `split_wires`."""

    module: Module
    operators: dict[str, Cell] = field(default_factory=dict)
    readers: Counter[str] = field(default_factory=Counter)
    registers: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)
    _read_bits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clocked: set[str] = set()
        other: set[str] = set()
        for cell in self.module.cells:
            own = output(cell)
            driven = cell.ports[own] if own else ()
            (clocked if is_clocked(cell) else other).update(part.wire for part in slices(driven))
            if is_operator(cell) and len(driven) == 1 and self._is_whole(driven[0]):
                self.operators[driven[0].wire] = cell  # type: ignore[union-attr]
            for signal in inputs(cell):
                self._read(signal)
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

    def _read(self, signal: Signal) -> None:
        for part in slices(signal):
            self.readers[part.wire] += 1
            mask = ((1 << part.width) - 1) << part.low
            self._read_bits[part.wire] = self._read_bits.get(part.wire, 0) | mask

    def unread(self) -> list[str]:
        """Names of the wires of which some bits are driven and never used."""
        return [
            wire.name
            for wire in self.module.wires.values()
            if wire.name.startswith("\\")
            and wire.port != "output"
            and self._read_bits.get(wire.name, 0) != (1 << wire.width) - 1
        ]

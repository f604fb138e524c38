"""Changes of a netlist that leave its meaning, and make its text short and well ordered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fcgen.design.emission.netlist import inputs, output
from fcgen.design.emission.rtlil import (
    Cell,
    Chunk,
    Module,
    Signal,
    Slice,
    Wire,
    part_of,
    slices,
    width_of,
)


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
    kept: list[tuple[Signal, Signal]] = []
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


def in_order_of_data(cells: list[Cell]) -> list[Cell]:
    """Sort so that a cell stands behind those that feed it, as far as there are no loops."""
    drivers: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        own = output(cell)
        for part in slices(cell.ports[own] if own else ()):
            drivers.setdefault(part.wire, []).append(place)

    def feeding(cell: Cell) -> Iterator[int]:
        for signal in inputs(cell) if cell.type.startswith("$") else ():
            for part in slices(signal):
                yield from drivers.get(part.wire, ())

    done: set[int] = set()
    order: list[int] = []
    for start in range(len(cells)):
        stack = [(start, feeding(cells[start]))] if start not in done else []
        done.add(start)
        while stack:
            place, before = stack[-1]
            step = next((other for other in before if other not in done), None)
            if step is None:
                order.append(place)
                stack.pop()
            else:
                done.add(step)
                stack.append((step, feeding(cells[step])))
    return [cells[place] for place in order]

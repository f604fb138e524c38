"""Distribution of the activations of a depthwise layer: one for each element."""

from __future__ import annotations

from collections.abc import Iterable

from amaranth import Cat, Module
from amaranth.hdl import Value

from fcgen.hardware.registers import register
from fcgen.schedule.folding import Folding


class OwnActivations:
    """Passes a beat with one activation an element from group to group, in step with the control.

    The beat reaches a group ``column + row`` cycles after the first one. A group takes the
    activations of its elements and passes on the rest, so that every register has a reader.

    Parameters
    ----------
    folding : Folding
    bits : int
        Bits of an activation.
    word : Value
        Activations of all elements at the first group, element 0 in the least significant bits.
    """

    def __init__(self, folding: Folding, bits: int, word: Value) -> None:
        self.folding = folding
        self._columns = {p: group.column for group in folding.groups for p in group.elements}
        self._head = {p: word.word_select(p, bits) for p in range(folding.pe)}
        self._column: dict[int, Value] = {}
        self._number = 0

    def enter(self, m: Module, column: int) -> None:
        """Go on to a column, a cycle after the one before."""
        if column:
            left = [p for p in self._head if self._columns[p] >= column]
            self._head = self._delayed(m, left, self._head, f"column_{column}_activations")
        self._column = {p: self._head[p] for p in self._head if self._columns[p] == column}

    def take(self, m: Module, elements: Iterable[int]) -> Value:
        """Return the activations of a group; the next one follows a cycle later."""
        taken = Cat(self._column.pop(p) for p in elements)
        if self._column:
            self._number += 1
            name = f"activations_{self._number}"
            self._column = self._delayed(m, list(self._column), self._column, name)
        return taken

    def _delayed(
        self, m: Module, left: list[int], values: dict[int, Value], name: str
    ) -> dict[int, Value]:
        bits = len(values[left[0]])
        word = register(m, Cat(values[p] for p in left), name)
        return {p: word.word_select(place, bits) for place, p in enumerate(left)}

"""Logic as a graph of gates that is simplified while it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

FALSE, TRUE = 0, 1
"""Literals of the constants: twice a node's number, plus one where it is inverted."""
LEAF, AND, XOR, MUX = "leaf", "and", "xor", "mux"
Literal = int


class Gates:
    """Nodes, each made of earlier ones; equal ones are the same node.

    Attributes
    ----------
    kinds : list of str
        Of every node; node 0 is the constant.
    inputs : list of tuple of int
        Literals that a node depends on.
    """

    def __init__(self) -> None:
        self.kinds = [LEAF]
        self.inputs: list[tuple[Literal, ...]] = [()]
        self._known: dict[tuple[str, tuple[Literal, ...]], Literal] = {}

    def leaf(self) -> Literal:
        """Return a new value from outside: a port, a register, a carry chain."""
        return self._add(LEAF, ())

    def both(self, a: Literal, b: Literal) -> Literal:
        """Return a AND b."""
        a, b = sorted((a, b))
        if a == FALSE or a ^ 1 == b:
            return FALSE
        if a in (TRUE, b):
            return b
        return self._absorbed(a, b) or self._make(AND, (a, b))

    def _absorbed(self, a: Literal, b: Literal) -> Literal | None:
        """Return NOT x for NOT (x AND y) AND NOT (x AND NOT y)."""
        if a & b & 1 and self.kinds[a >> 1] == self.kinds[b >> 1] == AND:
            one, two = set(self.inputs[a >> 1]), set(self.inputs[b >> 1])
            common = one & two
            if common and {literal ^ 1 for literal in one - common} == two - common:
                return common.pop() ^ 1
        return None

    def either(self, a: Literal, b: Literal) -> Literal:
        """Return a OR b."""
        return self.both(a ^ 1, b ^ 1) ^ 1

    def differ(self, a: Literal, b: Literal) -> Literal:
        """Return a XOR b."""
        inverted = (a ^ b) & 1
        a, b = sorted((a & ~1, b & ~1))
        if a == b:
            return inverted
        if a == FALSE:
            return b ^ inverted
        return self._make(XOR, (a, b)) ^ inverted

    def choose(self, select: Literal, on: Literal, off: Literal) -> Literal:
        """Return ``on`` where ``select`` holds, else ``off``."""
        if select in (FALSE, TRUE):
            return on if select else off
        if on == off:
            return on
        if on ^ 1 == off:
            return self.differ(select, off)
        if on in (FALSE, TRUE) or on >> 1 == select >> 1:
            high = on in (TRUE, select)
            return self.either(select, off) if high else self.both(select ^ 1, off)
        if off in (FALSE, TRUE) or off >> 1 == select >> 1:
            low = off in (FALSE, select)
            return self.both(select, on) if low else self.either(select ^ 1, on)
        if select & 1:
            select, on, off = select ^ 1, off, on
        return self._make(MUX, (select, on, off))

    def tree(
        self, join: Callable[[Literal, Literal], Literal], values: Sequence[Literal]
    ) -> Literal:
        """Join values in a balanced tree; none of them give 0."""
        level = list(values) or [FALSE]
        while len(level) > 1:
            pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
            level = [join(*pair) if pair[1:] else pair[0] for pair in pairs]
        return level[0]

    def pick(self, values: Sequence[Literal], index: Sequence[Literal]) -> Literal:
        """Return the value of a number that is given as bits, the lowest first."""
        level = list(values)
        for bit in index:
            pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
            level = [self.choose(bit, p[1], p[0]) if p[1:] else p[0] for p in pairs]
        return level[0]

    def cone(self, nodes: Iterable[int]) -> set[int]:
        """Return all nodes that some nodes are made of, these included."""
        found: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += [literal >> 1 for literal in self.inputs[node]]
        return found

    def _make(self, kind: str, inputs: tuple[Literal, ...]) -> Literal:
        key = kind, inputs
        if key not in self._known:
            self._known[key] = self._add(kind, inputs)
        return self._known[key]

    def _add(self, kind: str, inputs: tuple[Literal, ...]) -> Literal:
        self.kinds.append(kind)
        self.inputs.append(inputs)
        return 2 * len(self.kinds) - 2

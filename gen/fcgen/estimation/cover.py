"""How many look-up tables a graph of gates takes."""

from __future__ import annotations

from collections.abc import Iterable

from fcgen.estimation.gates import LEAF, MUX, Gates, Literal

INPUTS = 4
CUTS = 6
"""Ways to make a node that are kept."""
ROUNDS = 2
Cut = frozenset[int]


def look_up_tables(gates: Gates, roots: Iterable[Literal], wide_mux: bool) -> int:
    """Return the look-up tables of four inputs that a usual mapper makes of some values.

    Each node keeps a few cuts, the sets of earlier nodes that a table for it can read; the
    cheapest is taken where the cost of a table is shared among those that read it.

    Parameters
    ----------
    gates : Gates
    roots : iterable of int
        Literals that are needed; an inverted leaf takes a table too.
    wide_mux : bool
        A multiplexer behind two tables is free.
    """
    wanted = set(roots)
    nodes = {literal >> 1 for literal in wanted}
    inverters = {x for x in wanted if x & 1 and x > 1 and gates.kinds[x >> 1] == LEAF}
    order = sorted(node for node in gates.cone(nodes) if gates.kinds[node] != LEAF)
    readers = dict.fromkeys(order, 0)
    for node in order:
        for literal in gates.inputs[node]:
            readers[literal >> 1] = readers.get(literal >> 1, 0) + 1
    for node in nodes:
        readers[node] = readers.get(node, 0) + 1
    best = 0
    for number in range(ROUNDS):
        chosen = _choose(gates, order, readers, wide_mux)
        used = _cover(gates, nodes, chosen)
        count = sum(chosen[node][1] for node in used)
        best = count if number == 0 else min(best, count)
        readers = dict.fromkeys(order, 0) | used
    return best + len(inverters)


def _choose(
    gates: Gates, order: list[int], readers: dict[int, int], wide_mux: bool
) -> dict[int, tuple[Cut, int]]:
    """Return what each node is best made of, and in how many tables."""
    cuts: dict[int, list[Cut]] = {}
    flow: dict[int, float] = {}
    chosen: dict[int, tuple[Cut, int]] = {}

    def cost(cut: Cut) -> float:
        return sum(flow.get(leaf, 0.0) for leaf in cut)

    for node in order:
        inputs = [literal >> 1 for literal in gates.inputs[node]]
        merged: set[Cut] = {frozenset()}
        for below in inputs:
            options = [*cuts.get(below, ()), frozenset((below,))]
            merged = {
                union for one in merged for two in options if len(union := one | two) <= INPUTS
            }
        ranked = sorted(merged, key=lambda cut: (cost(cut), len(cut)))[:CUTS]
        cuts[node] = ranked
        chosen[node], total = (ranked[0], 1), 1 + cost(ranked[0])
        if wide_mux and gates.kinds[node] == MUX:
            select, *branches = inputs
            if all(b in chosen and readers[b] <= 1 and chosen[b][1] == 1 for b in branches):
                union = frozenset((select,)).union(*(chosen[b][0] for b in branches))
                if 2 + cost(union) < total:
                    chosen[node], total = (union, 2), 2 + cost(union)
        flow[node] = total / max(readers[node], 1)
    return chosen


def _cover(gates: Gates, nodes: set[int], chosen: dict[int, tuple[Cut, int]]) -> dict[int, int]:
    """Return the nodes that get tables, with the number of their readers."""
    used: dict[int, int] = {}
    waiting = [node for node in nodes if gates.kinds[node] != LEAF]
    for node in waiting:
        used[node] = 1
    while waiting:
        for leaf in chosen[waiting.pop()][0]:
            if gates.kinds[leaf] != LEAF:
                if leaf not in used:
                    waiting.append(leaf)
                used[leaf] = used.get(leaf, 0) + 1
    return used

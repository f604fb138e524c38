"""The cheapest schedule of a network for a latency, and where its cycles go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fcgen.folding.latency_search import Found, Stage, cheapest_within, fastest
from fcgen.folding.search import divisions
from fcgen.hardware.accelerator_timing import AcceleratorTiming, end_latency
from fcgen.hardware.layer.latency_table import latencies
from fcgen.network.network import Network
from fcgen.schedule.folding import ceil_div
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule

MAPPING_ATTEMPTS = 8


@dataclass(frozen=True)
class LatencyChoice:
    """A schedule and its cycles.

    Attributes
    ----------
    schedule : Schedule
    cycles : int
        From the first input beat to the last output beat.
    parts : tuple of int
        Those of each layer, in all ``cycles``.
    """

    schedule: Schedule
    cycles: int
    parts: tuple[int, ...]


class LatencySearch:
    """Foldings without idle places: no fewer elements or lanes take as many folds.

    Idle elements can save a few cycles where the last fold is short then: over all foldings of 400
    random networks of small layers the optimum was cheaper once, with 96 multipliers, not 98.

    Parameters
    ----------
    network : Network
    lanes : int, optional
        Outputs a beat of the network; default any number.
    """

    def __init__(self, network: Network, lanes: int | None = None) -> None:
        self.network = network
        if lanes is None and network.end.serial:
            lanes = 1
        outputs = network.layers[-1].outputs
        self.simd = [tuple(divisions(layer.inputs)) for layer in network.layers]
        self.pe = [tuple(divisions(layer.outputs)) for layer in network.layers]
        self.lanes = [*self.simd[1:], (lanes,) if lanes else tuple(divisions(outputs))]

    def stages(self, mappings: Sequence[Mapping]) -> list[Stage]:
        """Return the foldings of all layers, whose parts of the latency add up to it."""
        found = []
        sizes = zip(self.network.layers, mappings, self.simd, self.pe, self.lanes, strict=True)
        for number, (layer, mapping, simd, pe, lanes) in enumerate(sizes):
            cycles = latencies(layer, mapping, simd, pe, lanes)
            if number:
                # The layer before gives its vector while this one takes it.
                entry = [ceil_div(layer.inputs, one) - 1 for one in simd]
                cycles = cycles - np.array(entry)[:, None, None]
            found.append(Stage(np.outer(simd, pe), cycles))
        last = mappings[-1]
        ends = [end_latency(self.network, lanes, last) or 0 for lanes in self.lanes[-1]]
        found[-1] = Stage(found[-1].cost, found[-1].cycles + np.array(ends))
        return found

    def schedule(self, found: Found) -> Schedule:
        """Return the schedule of a choice."""
        sizes = tuple(
            (pe[place[1]], simd[place[0]])
            for pe, simd, place in zip(self.pe, self.simd, found.choice, strict=True)
        )
        return Schedule.chain(self.network, sizes, self.lanes[-1][found.choice[-1][2]])


def choose(
    search: LatencySearch, limit: int, mappings_of: Callable[[Schedule], Sequence[Mapping]]
) -> LatencyChoice:
    """Return the cheapest schedule of at most ``limit`` cycles; the fastest where there is none.

    Parameters
    ----------
    search : LatencySearch
    limit : int
    mappings_of : callable
        What the layers of a schedule are made of. Where that depends on the schedule, the choice is
        the best one for its own mapping.
    """
    network = search.network
    schedule = Schedule.chain(network, ((1, 1),) * len(network.layers))
    mappings, allowed = tuple(mappings_of(schedule)), limit
    for _ in range(MAPPING_ATTEMPTS):
        stages = search.stages(mappings)
        schedule = search.schedule(cheapest_within(stages, allowed) or fastest(stages))
        own = tuple(mappings_of(schedule))
        timing = AcceleratorTiming.of(network, schedule, own)
        if timing.latency <= limit or (own == mappings and allowed == limit):
            break
        # Its mapping has other latencies than the one that it was chosen with.
        mappings, allowed = own, (limit if own != mappings else allowed - 1)
    return LatencyChoice(schedule, timing.latency, parts_of(timing))


def parts_of(timing: AcceleratorTiming) -> tuple[int, ...]:
    """Return how many cycles of the latency each layer takes, the end with the last one."""
    first, *rest = timing.layers
    parts = [first.latency]
    parts += [layer.latency - (layer.folding.synapse_folds - 1) for layer in rest]
    parts[-1] += timing.latency - sum(parts)
    return tuple(parts)

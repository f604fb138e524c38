"""How the streams of a graph are connected, when their beats come, and what waits for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fcgen.hardware.branches.beat_queue import QUEUE_DELAY, READ_LATENCY
from fcgen.hardware.branches.beat_splitter import SPLITTER_DELAY
from fcgen.hardware.layer.layer_timing import LayerTiming, Times
from fcgen.network.network import Network
from fcgen.network.sources import INPUT, Sources, consumers
from fcgen.schedule.schedule import Schedule

LEAST_DEPTH = 2
SLACK = 2
"""Beats more than the pace needs: what stands still for a cycle or two costs nothing."""


@dataclass(frozen=True)
class Way:
    """The stream from a layer, or from the input, to a layer behind it.

    Attributes
    ----------
    source, target : int
        Numbers of layers; the input is -1.
    parts : int
        Narrow beats that a beat is cut into; 1 where the lanes agree.
    depth : int
        Beats of its queue; 0 where there is none.
    """

    source: int
    target: int
    parts: int
    depth: int = 0


@dataclass(frozen=True)
class BranchPlan:
    """Streams between the layers of a graph.

    Attributes
    ----------
    sources : tuple of tuple of int
        Of every layer.
    layers : tuple of LayerTiming
    interval : int
        Cycles from a frame to the next.
    """

    sources: Sources
    layers: tuple[LayerTiming, ...]
    interval: int

    @classmethod
    def of(cls, network: Network, schedule: Schedule, layers: Sequence[LayerTiming]) -> BranchPlan:
        """Return the plan of a network, a chain as well."""
        return cls(network.edges, tuple(layers), schedule.initiation_interval)

    def lanes(self, source: int) -> int:
        """Return the lanes that a layer, or the input, gives."""
        if source == INPUT:
            return self.layers[consumers(self.sources, INPUT)[0]].folding.input_lanes
        return self.layers[source].folding.output_lanes

    def pixel_beats(self, target: int) -> tuple[int, ...]:
        """Return the beats, as the target takes them, of a pixel of each of its sources."""
        lanes = self.layers[target].folding.input_lanes
        return tuple(self.layers[one].folding.outputs // lanes for one in self.sources[target])

    def pixels(self, target: int) -> int:
        """Return the pixels of the map that a layer's sources make."""
        return self.layers[self.sources[target][0]].folding.positions

    @cached_property
    def ways(self) -> dict[tuple[int, int], Way]:
        """The streams by target, and by place among the target's sources."""
        # As many frames a second as the slowest layer takes: input beats come evenly.
        beats = self.layers[0].folding.frame_beats
        even = np.arange(beats, dtype=np.int64) * self.interval // beats
        times = self.leave_times(even)
        found = {}
        for target, sources in enumerate(self.sources):
            for place, source in enumerate(sources):
                depth = self._depth(target, place, even, times) if len(sources) > 1 else 0
                found[target, place] = Way(source, target, self._parts(source, target), depth)
        return found

    def _parts(self, source: int, target: int) -> int:
        return self.lanes(source) // self.layers[target].folding.input_lanes

    def _arrivals(self, source: int, target: int, entry: Times, times: list[Times]) -> Times:
        """Return when the beats of a source, cut into parts, come to a layer."""
        comes, parts = entry if source == INPUT else times[source], self._parts(source, target)
        if parts == 1:
            return comes
        return one_a_cycle(np.repeat(comes + SPLITTER_DELAY, parts))

    def _joined(self, target: int, arrivals: list[Times]) -> Times:
        """Return when a layer takes the beats of its sources, pixel by pixel."""
        if len(arrivals) == 1:
            return arrivals[0]
        pixels = [one.reshape(self.pixels(target), -1) + QUEUE_DELAY for one in arrivals]
        return one_a_cycle(np.concatenate(pixels, axis=1).reshape(-1))

    def entry_times(self, target: int, entry: Times, times: list[Times]) -> Times:
        """Return when a layer takes its beats, given when those before it leave theirs."""
        sources = self.sources[target]
        arrivals = [self._arrivals(one, target, entry, times) for one in sources]
        return self._joined(target, arrivals)

    def leave_times(self, entry: Times) -> list[Times]:
        """Return when the beats of every layer leave, for input beats that come at some times."""
        times: list[Times] = []
        for target, layer in enumerate(self.layers):
            times.append(layer.leaves(self.entry_times(target, entry, times)))
        return times

    def _depth(self, target: int, place: int, entry: Times, times: list[Times]) -> int:
        """Return the beats that wait at the join while the other ways are under way."""
        source = self.sources[target][place]
        comes = self._arrivals(source, target, entry, times)
        beats = self.pixel_beats(target)
        taken = self.entry_times(target, entry, times).reshape(self.pixels(target), -1)
        first = sum(beats[:place])
        leaves = taken[:, first : first + beats[place]].reshape(-1)
        frames = [comes + frame * self.interval for frame in (-1, 0, 1, 2)]
        there = np.searchsorted(np.sort(np.concatenate(frames)), leaves, side="right")
        waiting = int((there - len(comes) - np.arange(len(leaves))).max())
        return max(waiting - (READ_LATENCY + 1) + SLACK, LEAST_DEPTH)


def one_a_cycle(times: Times) -> Times:
    """Return when beats pass one after the other that could pass at these times."""
    place = np.arange(len(times))
    found: Times = np.maximum.accumulate(times - place) + place
    return found

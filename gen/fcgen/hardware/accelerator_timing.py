"""Latency of a network as a formula of its layers' timings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fcgen.hardware.branches.plan import BranchPlan
from fcgen.hardware.ends.arg_max import arg_max_latency
from fcgen.hardware.ends.soft_max import SoftMaxPlan
from fcgen.hardware.ends.top_k import TOP_K_LATENCY
from fcgen.hardware.layer.layer_timing import LayerTiming, Times
from fcgen.network.network import Network
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule


def end_latency(network: Network, lanes: int, mapping: Mapping) -> int | None:
    """Return `AcceleratorTiming.end_latency`.

    ``lanes`` and ``mapping`` are the output lanes and the mapping of the last layer.
    """
    if network.softmax is not None:
        return SoftMaxPlan.of(network.softmax, mapping).latency
    ends = {"values": None, "argmax": arg_max_latency(lanes), "top_k": TOP_K_LATENCY}
    return ends[network.end.kind]


@dataclass(frozen=True)
class AcceleratorTiming:
    """Cycles in which a network accepts inputs and gives outputs when nothing stalls it.

    A layer begins when it has a whole vector. It accepts beats as fast as the layer before it
    gives them.

    Attributes
    ----------
    layers : tuple of LayerTiming
    end_latency : int, optional
        Cycles from the last output of the last layer to what leaves the network; None where the
        layer's outputs themselves leave.
    end_beats : int
        What leaves the end, a beat a cycle.
    branches : BranchPlan, optional
        Of layers with maps, or in a graph.
    """

    layers: tuple[LayerTiming, ...]
    end_latency: int | None = None
    end_beats: int = 1
    branches: BranchPlan | None = None

    @classmethod
    def of(
        cls, network: Network, schedule: Schedule, mappings: Sequence[Mapping]
    ) -> AcceleratorTiming:
        """Return the timing of a network without building its hardware."""
        layers = tuple(
            LayerTiming.of(layer, folding, mapping)
            for layer, folding, mapping in zip(network.layers, schedule, mappings, strict=True)
        )
        latency = end_latency(network, schedule.foldings[-1].output_lanes, mappings[-1])
        beats = 1 if network.end.gives_indices else network.outputs
        mapped = network.sources or any(layer.window is not None for layer in network.layers)
        plan = BranchPlan.of(network, schedule, layers) if mapped else None
        return cls(layers, latency, beats, plan)

    @cached_property
    def _entries(self) -> tuple[int, ...]:
        """Cycle, from the network's first input beat on, of each layer's last input beat."""
        entries = [self.layers[0].folding.synapse_folds - 1]
        for layer in self.layers[:-1]:
            entries.append(entries[-1] + layer.latency - (layer.folding.synapse_folds - 1))
        return tuple(entries)

    def _after_entry(self, cycles: int) -> int:
        """Return the cycle of an event of the last layer, given from its first input beat on."""
        return self._entries[-1] + cycles - (self.layers[-1].folding.synapse_folds - 1)

    @cached_property
    def _leaves(self) -> Times:
        """When the last layer's output beats leave, where there are maps or branches."""
        assert self.branches is not None
        entry: Times = np.arange(self.layers[0].folding.frame_beats, dtype=np.int64)
        return self.branches.leave_times(entry)[-1]

    @property
    def latency(self) -> int:
        """Cycles from the first input beat accepted to the last output beat accepted."""
        if self.branches is not None:
            return int(self._leaves[-1]) + (self.end_latency or 0)
        return self._after_entry(self.layers[-1].latency) + (self.end_latency or 0)

    @property
    def latency_first(self) -> int:
        """Cycles from the first input beat accepted to the first output beat accepted."""
        if self.end_latency is not None:
            return self.latency - (self.end_beats - 1)
        if self.branches is not None:
            return int(self._leaves[0])
        return self._after_entry(self.layers[-1].latency_first)

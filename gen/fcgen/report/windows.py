"""When each layer takes in, works and gives out, in cycles, for a vector that nobody stalls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.hardware.branches.plan import BranchPlan

Span = tuple[int, int]
"""First cycle, and the one after the last."""


@dataclass(frozen=True)
class Window:
    """The cycles of a layer, from the first input beat of the network on.

    Attributes
    ----------
    taking : (int, int)
        Its input beats are accepted.
    working : (int, int)
        Its elements multiply.
    giving : (int, int)
        Its output beats leave.
    """

    taking: Span
    working: Span
    giving: Span

    @property
    def span(self) -> Span:
        """From its first input beat to after its last output beat."""
        return self.taking[0], self.giving[1]


def windows(timing: AcceleratorTiming) -> tuple[Window, ...]:
    """Return the window of each layer for a vector that meets an idle network.

    A layer begins to work when it has its whole vector, which it takes as fast as it comes.
    """
    if timing.branches is not None:
        return _of_maps(timing.branches)
    found: list[Window] = []
    first = 0
    last = timing.layers[0].folding.synapse_folds - 1
    for layer in timing.layers:
        folding = layer.folding
        # Formulas of a layer count from a first beat after which the others follow at once.
        start = last - (folding.synapse_folds - 1)
        work = last + 1, last + 1 + folding.synapse_folds * folding.neuron_folds
        giving = start + layer.latency_first, start + layer.latency + 1
        found.append(Window((first, last + 1), work, giving))
        first, last = giving[0], giving[1] - 1
    return tuple(found)


def _of_maps(plan: BranchPlan) -> tuple[Window, ...]:
    """Return the windows of layers with maps: they begin when the pixels for it are there."""
    entry = np.arange(plan.layers[0].folding.frame_beats, dtype=np.int64)
    leaves = plan.leave_times(entry)
    found = []
    for number, layer in enumerate(plan.layers):
        comes = plan.entry_times(number, entry, leaves)
        starts = layer.starts(comes)
        work = int(starts[0]), int(starts[-1]) + layer.folding.cycles
        giving = int(leaves[number][0]), int(leaves[number][-1]) + 1
        found.append(Window((int(comes[0]), int(comes[-1]) + 1), work, giving))
    return tuple(found)

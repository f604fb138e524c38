"""A network on a device: what its foldings take, and how fast they are."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from fcgen import devices
from fcgen.devices.device import NOTHING, MappingOptions, Usage
from fcgen.devices.scratchpads import NeedsWriting
from fcgen.errors import shown
from fcgen.folding.goal import Choice, Goal
from fcgen.folding.search import Size, at_pace, cycles_of, divisors, multipliers, size_of
from fcgen.network.network import Network
from fcgen.schedule.folding import ceil_div
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.fit import Excess, excesses
from fcgen.text.wording import count

if TYPE_CHECKING:
    from fcgen.estimation.estimate import Estimate
    from fcgen.schedule.mapping import Mapping

GENERIC_MHZ = 100.0


class FoldingSite:
    """A network on a device, for whoever chooses its folding.

    Parameters
    ----------
    network : Network
    device : str
    options : MappingOptions
    reserve : Usage
        What ``--fit`` leaves free of the device, for what stands beside the network.
    """

    def __init__(
        self,
        network: Network,
        device: str,
        options: MappingOptions = devices.DEFAULT,
        reserve: Usage = NOTHING,
    ) -> None:
        self.network = network
        self.reserve = reserve
        self.family, self.device = devices.find(device)
        self.options = options
        befores = (None, *network.layers)
        self.layers = [
            size_of(layer, before) for layer, before in zip(network.layers, befores, strict=False)
        ]
        self.outputs = network.layers[-1].frame_outputs
        self._estimates: dict[Schedule, Estimate] = {}

    def mappings(self, schedule: Schedule) -> Sequence[Mapping]:
        """Return what the layers of a schedule are made of."""
        return devices.mappings(self.device.name, self.network, schedule, self.options)

    def schedule(self, sizes: Sequence[Size], goal: Goal) -> Schedule:
        """Return the schedule of sizes, with as few output lanes as keep up with them."""
        pace = cycles_of(self.layers, sizes)
        last = self.network.layers[-1]
        lanes = goal.output_lanes or min(ceil_div(self.outputs, pace), last.outputs)
        if last.window is not None and goal.output_lanes is None:
            lanes = next(one for one in divisors(last.outputs) if one >= lanes)
        if self.network.end.serial:
            lanes = goal.output_lanes or 1
        return Schedule.chain(self.network, tuple(sizes), lanes)

    def output_cycles(self, goal: Goal) -> int:
        """Return the cycles a vector that its outputs take, however fast the layers are."""
        outputs = self.outputs
        return ceil_div(outputs, goal.output_lanes or (1 if self.network.end.serial else outputs))

    def no_faster(self, sizes: Sequence[Size], goal: Goal) -> Sequence[Size]:
        """Return the foldings, or cheaper ones where the outputs cannot leave at their pace."""
        least = self.output_cycles(goal)
        if cycles_of(self.layers, sizes) >= least:
            return sizes
        slower = at_pace(self.layers, least)
        assert slower is not None
        return slower

    def usages(self, sizes: Sequence[Size]) -> tuple[float, float]:
        """Return the multiplier blocks and the block RAMs of foldings."""
        from fcgen.hardware.blocks import (
            block_rams,
            element_blocks,
            end_block_rams,
            requantizer_blocks,
        )

        schedule = Schedule.chain(self.network, tuple(sizes))
        try:
            mappings = self.mappings(schedule)
        except NeedsWriting:
            if all(size == (1, 1) for size in sizes):
                raise
            return inf, inf
        dsps, rams = 0, end_block_rams(self.network, mappings[-1])
        for layer, folding, mapping in zip(self.network.layers, schedule, mappings, strict=True):
            elements = element_blocks(folding, mapping)
            requantizers = requantizer_blocks(layer, folding, mapping.requantizer)
            dsps += self.family.dsps(layer, elements, requantizers)
            rams += block_rams(layer, folding, mapping)
        return dsps, rams

    def short(self, schedule: Schedule) -> list[Excess]:
        """Return the blocks of which the device has fewer than a schedule takes, reserve left out.

        These are exact; of look-up tables and registers only an estimate would tell.
        """
        if not self.device.luts:
            return []
        dsps, rams = self.usages([(folding.pe, folding.simd) for folding in schedule])
        if inf in (dsps, rams):  # memories that must be written at start, and are not
            return []
        return excesses(Usage(0, 0, int(dsps), int(rams)), self.device)

    def blocks(self, sizes: Sequence[Size]) -> float:
        """Return the multiplier blocks of foldings; without any on the device, multiplications."""
        if not self.device.dsps:
            return multipliers(sizes)
        return self.usages(sizes)[0]

    def clock(self, schedule: Schedule, goal: Goal) -> float:
        """Return the clock that a schedule is judged by."""
        if goal.clock_mhz is not None:
            return goal.clock_mhz
        if not self.device.luts or self.family.costs is None:
            return GENERIC_MHZ
        return self.estimate(schedule).fmax_capped_mhz or GENERIC_MHZ

    def estimated(self, schedule: Schedule) -> Estimate | None:
        """Return the figures of a schedule where the choice has needed them."""
        return self._estimates.get(schedule)

    def estimate(self, schedule: Schedule) -> Estimate:
        """Return the figures of a schedule, counted once: that takes a second."""
        from fcgen.estimation.for_design import estimate_network

        if schedule not in self._estimates:
            self._estimates[schedule] = estimate_network(
                self.network, schedule, self.device.name, None, self.options
            )
        return self._estimates[schedule]

    @property
    def unit(self) -> str:
        """What `blocks` counts."""
        return f"DSPs of {self.device.name}" if self.device.dsps else "multipliers"

    def explained(self, schedule: Schedule, goal: Goal, why: str) -> Choice:
        """Say what was chosen and which layer limits it."""
        mhz = self.clock(schedule, goal)
        pace = schedule.initiation_interval
        numbers = [folding.initiation_interval for folding in schedule]
        names = [
            layer.name
            for layer, cycles in zip(self.network.layers, numbers, strict=True)
            if cycles == pace
        ]
        lines = [
            f"folding: {why}: {count(schedule.multipliers, 'multiplication')} a cycle, "
            f"{count(pace, 'cycle')} a vector, {mhz * 1e6 / pace:,.0f} vectors a second at "
            f"{mhz:.0f} MHz",
            f"the pace is that of {', '.join(map(shown, names))}",
        ]
        return Choice(schedule, mhz, tuple(lines))

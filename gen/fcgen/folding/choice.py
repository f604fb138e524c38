"""From a goal to the schedule of a network on a device, with the reason for the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fcgen.errors import CheckError, bad_input
from fcgen.folding.goal import Choice, Goal
from fcgen.folding.search import Size, at_pace, cycles_of, multipliers, slowest, within
from fcgen.folding.site import FoldingSite
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.fit import excesses
from fcgen.text.wording import count

__all__ = ["Choice", "Folder", "Goal"]

SLOWER = 1.03
"""How much slower a schedule is tried next when its logic turns out not to fit."""
ATTEMPTS = 40
CLOCK_ATTEMPTS = 4


class Folder(FoldingSite):
    """Chooses foldings of a network on a device; parameters as of `FoldingSite`."""

    def choose(self, goal: Goal) -> Choice:
        """Return the cheapest schedule that meets the goal, or the fastest within it.

        Raises
        ------
        CheckError
            When no folding meets the goal.
        InputError
            When the goal does not fit the network or the device.
        """
        if goal.sizes is not None:
            return self.explained(self.schedule(goal.sizes, goal), goal, "as given")
        if goal.fps is not None:
            return self._for_pace(goal)
        if goal.latency_us is not None:
            return self._for_latency(goal)
        if goal.dsp is not None:
            budget = float(goal.dsp)
            sizes = self.no_faster(within(self.layers, budget, self.blocks), goal)
            why = f"the fastest on {goal.dsp} {self.unit}"
            return self.explained(self.schedule(sizes, goal), goal, why)
        if goal.fit:
            return self._fitting(goal)
        sizes = [(1, 1)] * len(self.layers)
        return self.explained(self.schedule(sizes, goal), goal, "one multiplier a layer")

    def _for_pace(self, goal: Goal) -> Choice:
        """Find the cheapest schedule for a rate; its own clock decides how many cycles it has."""
        assert goal.fps is not None
        schedule = self.schedule([(1, 1)] * len(self.layers), goal)
        mhz, least = self.clock(schedule, goal), self.output_cycles(goal)
        for _ in range(CLOCK_ATTEMPTS):
            cycles = int(mhz * 1e6 / goal.fps)
            sizes = at_pace(self.layers, cycles) if cycles >= least else None
            if sizes is None:
                limit = "one is the least" if least == 1 else f"the outputs alone take {least}"
                raise CheckError(
                    f"--fps: {goal.fps:,g}: at {mhz:.0f} MHz that is {cycles} cycles a vector, and "
                    f"{limit}; at most {mhz * 1e6 / least:,.0f} can be had"
                )
            schedule = self.schedule(sizes, goal)
            estimated = self.clock(schedule, goal)
            if estimated * 1e6 / schedule.initiation_interval >= goal.fps:
                break
            mhz = min(mhz, estimated)
        why = f"the fewest multipliers for {goal.fps:,g} vectors a second"
        return self.explained(schedule, goal, why)

    def _for_latency(self, goal: Goal) -> Choice:
        """Find the cheapest schedule for a latency; its own clock decides how many cycles it has.

        Only where the clock of a schedule is an estimate, it may be slower than the one before.
        """
        from fcgen.folding.latency_choice import LatencySearch, choose

        assert goal.latency_us is not None
        if any(layer.window is not None for layer in self.network.layers):
            return self._for_latency_of_maps(goal)
        search = LatencySearch(self.network, goal.output_lanes)

        mhz = self.clock(self.schedule([(1, 1)] * len(self.layers), goal), goal)
        for _ in range(CLOCK_ATTEMPTS):
            limit = int(goal.latency_us * mhz)
            found = choose(search, limit, self.mappings)
            estimated = self.clock(found.schedule, goal)
            if found.cycles > limit or found.cycles <= goal.latency_us * estimated:
                break
            mhz = min(mhz, estimated)
        if found.cycles > goal.latency_us * estimated:
            raise CheckError(
                f"--latency-us: {goal.latency_us:g}: at {mhz:.0f} MHz that is {limit} cycles, and "
                f"the fastest folding found takes {found.cycles}"
            )
        worst = max(range(len(found.parts)), key=found.parts.__getitem__)
        limits = (
            f"latency: {count(found.cycles, 'cycle')} of the {limit} that {goal.latency_us:g} us "
            f"are at {mhz:.0f} MHz; {self.network.layers[worst].name} takes most, "
            f"{found.parts[worst]}"
        )
        why = f"the fewest multipliers for a latency of at most {goal.latency_us:g} us"
        choice = self.explained(found.schedule, goal, why)
        return replace(choice, lines=(*choice.lines, limits))

    def _for_latency_of_maps(self, goal: Goal) -> Choice:
        """Find the slowest pace, all layers at it, whose latency is within the limit."""
        assert goal.latency_us is not None
        low, high = 0, slowest(self.layers)
        best: Schedule | None = None
        while high - low > 1:
            middle = (low + high) // 2
            sizes = at_pace(self.layers, middle)
            schedule = None if sizes is None else self.schedule(sizes, goal)
            mhz = 0.0 if schedule is None else self.clock(schedule, goal)
            if schedule is not None and self._latency(schedule) <= goal.latency_us * mhz:
                low, best = middle, schedule
            elif sizes is None:
                low = middle
            else:
                high = middle
        if best is None:
            raise CheckError(
                f"--latency-us: {goal.latency_us:g}: no folding found is that fast; give more time"
            )
        why = f"the slowest pace of all layers with a latency of at most {goal.latency_us:g} us"
        return self.explained(best, goal, why)

    def _latency(self, schedule: Schedule) -> int:
        """Return the cycles of a frame through all layers."""
        return AcceleratorTiming.of(self.network, schedule, self.mappings(schedule)).latency

    def _fitting(self, goal: Goal) -> Choice:
        """Find the fastest schedule that fits, by its blocks first and then by its logic."""
        if not self.device.luts:
            rule = "has no size that something could fit"
            raise bad_input("--fit", self.device.name, rule, "name a device with --device")
        device = self.device

        def share(sizes: Sequence[Size]) -> float:
            dsps, rams = self.usages(sizes)
            return max(
                dsps / device.dsps if device.dsps else multipliers(sizes) / device.luts,
                (rams + self.reserve.ram) / device.rams,
            )

        try:
            sizes = self.no_faster(within(self.layers, 1.0, share), goal)
        except CheckError:
            rule = "not even one multiplier a layer fits"
            raise CheckError(f"--fit: {device.name}: {rule}; name a larger device") from None
        pace = cycles_of(self.layers, sizes)
        tried: set[Schedule] = set()
        while len(tried) < ATTEMPTS:
            schedule = self.schedule(sizes, goal)
            tried.add(schedule)
            found = self.estimate(schedule)
            excess = excesses(found.usage + self.reserve, device)
            if not excess:
                return self.explained(schedule, goal, f"the fastest that fits {device.name}")
            # From the pace that was asked for, not from what came of it, which may be the same.
            pace = max(int(pace * SLOWER), pace + 1)
            if pace > slowest(self.layers):
                break
            slower = at_pace(self.layers, pace)
            assert slower is not None
            sizes = slower
        listed = ", ".join(map(str, excess))
        raise CheckError(f"--fit: {device.name}: {listed}: the design does not fit")

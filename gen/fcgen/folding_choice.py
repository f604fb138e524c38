"""From a goal to the schedule of a network on a device, with the reason for the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from fcgen import devices
from fcgen.devices.device import NOTHING, MappingOptions, Usage
from fcgen.devices.scratchpads import NeedsWriting
from fcgen.errors import CheckError, bad_input
from fcgen.folding import ceil_div
from fcgen.folding_search import Size, at_pace, cycles_of, multipliers, slowest, within
from fcgen.network import Network
from fcgen.schedule import Schedule
from fcgen.synthesis.fit import excesses
from fcgen.wording import count

if TYPE_CHECKING:
    from fcgen.estimation.estimate import Estimate
    from fcgen.mapping import Mapping

GENERIC_MHZ = 100.0
SLOWER = 1.03
"""How much slower a schedule is tried next when its logic turns out not to fit."""
ATTEMPTS = 40
CLOCK_ATTEMPTS = 4


@dataclass(frozen=True)
class Goal:
    """What a user asks of the folding; at most one of them.

    Attributes
    ----------
    fps : float, optional
        Vectors a second, at least.
    latency_us : float, optional
        Microseconds from the first input to the last output, at most.
    dsp : int, optional
        Multiplier blocks, at most; of a device without them, multiplications a cycle.
    fit : bool
        The fastest that fits the device.
    sizes : tuple of (int, int), optional
        Elements and lanes of each layer.
    clock_mhz : float, optional
        Default the estimate for the device, 100 of the generic one.
    output_lanes : int, optional
        Outputs a beat of the network; default as few as keep up.
    """

    fps: float | None = None
    latency_us: float | None = None
    dsp: int | None = None
    fit: bool = False
    sizes: tuple[Size, ...] | None = None
    clock_mhz: float | None = None
    output_lanes: int | None = None

    def __post_init__(self) -> None:
        given = {
            "--fps": self.fps,
            "--latency-us": self.latency_us,
            "--dsp": self.dsp,
            "--fit": self.fit or None,
            "--pe": self.sizes,
        }
        named = [option for option, value in given.items() if value is not None]
        if len(named) > 1:
            rule = "only one goal can be given"
            raise bad_input(named[1], f"with {named[0]}", rule, "leave one of the two out")
        for option, value in (
            ("--fps", self.fps),
            ("--latency-us", self.latency_us),
            ("--dsp", self.dsp),
            ("--clock", self.clock_mhz),
        ):
            if value is not None and not 0 < value < float("inf"):
                raise bad_input(option, value, "must be positive", "choose another number")


@dataclass(frozen=True)
class Choice:
    """A schedule and why it was chosen.

    Attributes
    ----------
    schedule : Schedule
    clock_mhz : float
        What the goal was computed with.
    lines : tuple of str
        For people: the choice, and what limits it.
    """

    schedule: Schedule
    clock_mhz: float
    lines: tuple[str, ...]


class Folder:
    """Chooses foldings of a network on a device.

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
        self.layers = [(layer.inputs, layer.outputs) for layer in network.layers]
        self._estimates: dict[Schedule, Estimate] = {}

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
            return self._explained(self._schedule(goal.sizes, goal), goal, "as given")
        if goal.fps is not None:
            return self._for_pace(goal)
        if goal.latency_us is not None:
            return self._for_latency(goal)
        if goal.dsp is not None:
            budget = float(goal.dsp)
            sizes = within(self.layers, budget, self._blocks)
            why = f"the fastest on {goal.dsp} {self._unit}"
            return self._explained(self._schedule(sizes, goal), goal, why)
        if goal.fit:
            return self._fitting(goal)
        sizes = [(1, 1)] * len(self.layers)
        return self._explained(self._schedule(sizes, goal), goal, "one multiplier a layer")

    @property
    def _unit(self) -> str:
        return f"DSPs of {self.device.name}" if self.device.dsps else "multipliers"

    def _schedule(self, sizes: Sequence[Size], goal: Goal) -> Schedule:
        """Return the schedule of sizes, with as few output lanes as keep up with them."""
        pace = cycles_of(self.layers, sizes)
        outputs = self.layers[-1][1]
        lanes = goal.output_lanes or min(ceil_div(outputs, pace), outputs)
        if self.network.end.kind == "top_k":
            lanes = goal.output_lanes or 1
        return Schedule.chain(self.network, tuple(sizes), lanes)

    def _usages(self, sizes: Sequence[Size]) -> tuple[float, float]:
        """Return the multiplier blocks and the block RAMs of foldings."""
        from fcgen.hardware.blocks import block_rams, element_blocks, requantizer_blocks

        schedule = Schedule.chain(self.network, tuple(sizes))
        try:
            mappings = devices.mappings(self.device.name, self.network, schedule, self.options)
        except NeedsWriting:
            if all(size == (1, 1) for size in sizes):
                raise
            return inf, inf
        dsps = rams = 0
        for layer, folding, mapping in zip(self.network.layers, schedule, mappings, strict=True):
            elements = element_blocks(folding, mapping)
            requantizers = requantizer_blocks(layer, folding, mapping.requantizer)
            dsps += self.family.dsps(layer, elements, requantizers)
            rams += block_rams(layer, folding, mapping)
        return dsps, rams

    def _blocks(self, sizes: Sequence[Size]) -> float:
        if not self.device.dsps:
            return multipliers(sizes)
        return self._usages(sizes)[0]

    def _clock(self, schedule: Schedule, goal: Goal) -> float:
        """Return the clock that a schedule is judged by."""
        if goal.clock_mhz is not None:
            return goal.clock_mhz
        if not self.device.luts or self.family.costs is None:
            return GENERIC_MHZ
        return self._estimate(schedule).fmax_capped_mhz or GENERIC_MHZ

    def _estimate(self, schedule: Schedule) -> Estimate:
        """Return the figures of a schedule, counted once: that takes a second."""
        from fcgen.estimation.for_design import estimate_network

        if schedule not in self._estimates:
            self._estimates[schedule] = estimate_network(
                self.network, schedule, self.device.name, None, self.options
            )
        return self._estimates[schedule]

    def _for_pace(self, goal: Goal) -> Choice:
        """Find the cheapest schedule for a rate; its own clock decides how many cycles it has."""
        assert goal.fps is not None
        schedule = self._schedule([(1, 1)] * len(self.layers), goal)
        mhz = self._clock(schedule, goal)
        for _ in range(CLOCK_ATTEMPTS):
            cycles = int(mhz * 1e6 / goal.fps)
            sizes = at_pace(self.layers, cycles) if cycles else None
            if sizes is None:
                raise CheckError(
                    f"--fps: {goal.fps:,g}: at {mhz:.0f} MHz that is {cycles} cycles a vector, and "
                    f"one is the least; at most {mhz * 1e6:,.0f} can be had"
                )
            schedule = self._schedule(sizes, goal)
            estimated = self._clock(schedule, goal)
            if estimated * 1e6 / schedule.initiation_interval >= goal.fps:
                break
            mhz = min(mhz, estimated)
        why = f"the fewest multipliers for {goal.fps:,g} vectors a second"
        return self._explained(schedule, goal, why)

    def _for_latency(self, goal: Goal) -> Choice:
        """Find the cheapest schedule for a latency; its own clock decides how many cycles it has.

        Only where the clock of a schedule is an estimate, it may be slower than the one before.
        """
        from fcgen.latency_choice import LatencySearch, choose

        assert goal.latency_us is not None
        search = LatencySearch(self.network, goal.output_lanes)

        def mappings(schedule: Schedule) -> Sequence[Mapping]:
            return devices.mappings(self.device.name, self.network, schedule, self.options)

        mhz = self._clock(self._schedule([(1, 1)] * len(self.layers), goal), goal)
        for _ in range(CLOCK_ATTEMPTS):
            limit = int(goal.latency_us * mhz)
            found = choose(search, limit, mappings)
            estimated = self._clock(found.schedule, goal)
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
        choice = self._explained(found.schedule, goal, why)
        return replace(choice, lines=(*choice.lines, limits))

    def _fitting(self, goal: Goal) -> Choice:
        """Find the fastest schedule that fits, by its blocks first and then by its logic."""
        if not self.device.luts:
            rule = "has no size that something could fit"
            raise bad_input("--fit", self.device.name, rule, "name a device with --device")
        device = self.device

        def share(sizes: Sequence[Size]) -> float:
            dsps, rams = self._usages(sizes)
            return max(
                dsps / device.dsps if device.dsps else multipliers(sizes) / device.luts,
                (rams + self.reserve.ram) / device.rams,
            )

        try:
            sizes = within(self.layers, 1.0, share)
        except CheckError:
            rule = "not even one multiplier a layer fits"
            raise CheckError(f"--fit: {device.name}: {rule}; name a larger device") from None
        pace = cycles_of(self.layers, sizes)
        tried: set[Schedule] = set()
        while len(tried) < ATTEMPTS:
            schedule = self._schedule(sizes, goal)
            tried.add(schedule)
            found = self._estimate(schedule)
            excess = excesses(found.usage + self.reserve, device)
            if not excess:
                return self._explained(schedule, goal, f"the fastest that fits {device.name}")
            # From the pace that was asked for, not from what came of it, which may be the same.
            pace = max(int(pace * SLOWER), pace + 1)
            if pace > slowest(self.layers):
                break
            slower = at_pace(self.layers, pace)
            assert slower is not None
            sizes = slower
        listed = ", ".join(map(str, excess))
        raise CheckError(f"--fit: {device.name}: {listed}: the design does not fit")

    def _explained(self, schedule: Schedule, goal: Goal, why: str) -> Choice:
        """Say what was chosen and which layer limits it."""
        mhz = self._clock(schedule, goal)
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
            f"the pace is that of {', '.join(names)}",
        ]
        return Choice(schedule, mhz, tuple(lines))

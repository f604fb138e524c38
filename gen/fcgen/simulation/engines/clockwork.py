"""What all agents of a bench look at: the pins of the layer, the cycle, what came out."""

from typing import Protocol

from fcgen.simulation.engines.streaming import StreamFault


class Pins(Protocol):
    """The ports of a layer in some simulator."""

    def get(self, name: str) -> int | None:
        """Return the value of an output, or None while it is unknown (X)."""

    def put(self, name: str, value: int) -> None:
        """Drive an input."""

    async def settle(self) -> None:
        """Let the values of this cycle settle."""

    async def edge(self) -> None:
        """Go on to just after the next rising edge."""


class Clockwork:
    """What all agents look at: the pins, the cycle, and where the output is.

    Attributes
    ----------
    cycle : int
    beats : int
        Output beats of a vector.
    taken : list of (cycle, payload)
        Output beats accepted so far.
    """

    def __init__(self, pins: Pins, beats: int) -> None:
        self.pins, self.beats, self.cycle = pins, beats, 0
        self.taken: list[tuple[int, int]] = []

    def get(self, name: str) -> int:
        """Return the value of an output, which must be known."""
        value = self.pins.get(name)
        if value is None:
            raise self.fault(f"{name} is unknown (X)")
        return value

    def fault(self, what: str) -> StreamFault:
        """Return the error that something is wrong here and now."""
        return StreamFault(what, *divmod(len(self.taken), self.beats), self.cycle)

    async def reset(self) -> None:
        """Pulse the reset for one cycle, which does not count."""
        self.pins.put("rst", 1)
        await self.pins.edge()
        self.pins.put("rst", 0)

    async def edge(self) -> None:
        """Go on to the next cycle."""
        await self.pins.edge()
        self.cycle += 1

    @property
    def vectors(self) -> int:
        """Whole vectors that came out."""
        return len(self.taken) // self.beats

    def drop_partial(self) -> int:
        """Forget the beats of an unfinished vector; return how many whole ones there are."""
        del self.taken[self.vectors * self.beats :]
        return self.vectors


class Watchdog:
    """Raises a fault when nothing moves for ``limit`` cycles."""

    def __init__(self, clockwork: Clockwork, limit: int) -> None:
        self.clockwork, self.limit, self.idle = clockwork, limit, 0

    def tick(self, moved: bool) -> None:
        """Count a cycle in which something moved or nothing did."""
        self.idle = 0 if moved else self.idle + 1
        if self.idle > self.limit:
            what = f"nothing was accepted on either side for {self.limit} cycles"
            raise self.clockwork.fault(what)

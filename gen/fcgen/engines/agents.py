"""The two sides of a layer's streams, and its parameter port, for simulators driven by Python.

One loop calls all agents of a bench: ``drive`` just after a rising edge, ``sample`` when everything
has settled before the next one. So one seed gives the same run on every simulator.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fcgen.engines.streaming import ParameterUpdate, StreamFault


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


@dataclass(frozen=True)
class Beat:
    """One beat of the input stream."""

    payload: int
    first: bool
    last: bool


def framed(words: Sequence[int]) -> list[Beat]:
    """Return the beats of one vector, ``first`` and ``last`` where they belong."""
    return [Beat(word, i == 0, i == len(words) - 1) for i, word in enumerate(words)]


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


class Producer:
    """Offers beats in order with random gaps; an idle stream carries noise that must not matter.

    Parameters
    ----------
    clockwork : Clockwork
    beats : sequence of Beat
    width : int
        Bits of the payload.
    gap : float
        Probability a cycle that nothing new is offered.
    period, start : int
        There is a new beat every ``period`` cycles, the first one in cycle ``start``.
    seed : int
    """

    def __init__(
        self,
        clockwork: Clockwork,
        beats: Sequence[Beat],
        width: int,
        *,
        gap: float,
        period: int,
        start: int,
        seed: int,
    ) -> None:
        self.clockwork, self.beats, self.width = clockwork, beats, width
        self.gap, self.period, self.earliest = gap, period, start
        self.random = random.Random(f"producer {seed}")
        self.position = 0
        self.accepted: list[int] = []  # cycle of each beat before `position`
        self._offering = self._noisy = False

    def drive(self) -> None:
        """Offer the next beat, or noise."""
        if self._offering:
            return
        ready = not self.done and self.clockwork.cycle >= self.earliest
        if ready and not (self.gap and self.random.random() < self.gap):
            self._offering, self.earliest = True, self.clockwork.cycle + self.period
            self._put(self.beats[self.position], valid=1)
        elif not self._noisy:
            self._noisy = True
            flags, noise = self.random.getrandbits(2), self.random.getrandbits(self.width)
            self._put(Beat(noise, bool(flags & 1), bool(flags & 2)), valid=0)

    def _put(self, beat: Beat, valid: int) -> None:
        put = self.clockwork.pins.put
        put("in_payload", beat.payload)
        put("in_first", int(beat.first))
        put("in_last", int(beat.last))
        put("in_valid", valid)

    def sample(self) -> Beat | None:
        """Return the beat that was accepted in this cycle, or None."""
        if not self._offering or not self.clockwork.get("in_ready"):
            return None
        beat = self.beats[self.position]
        self.accepted.append(self.clockwork.cycle)
        self.position += 1
        self._offering = self._noisy = False
        return beat

    def rewind(self, position: int) -> None:
        """Go on with the beat at ``position``."""
        self.position = position
        del self.accepted[position:]
        self._offering = self._noisy = False

    @property
    def done(self) -> bool:
        """Whether every beat was accepted."""
        return self.position == len(self.beats)


class Consumer:
    """Takes beats with random stalls; checks that they hold while stalled and are framed.

    Parameters
    ----------
    clockwork : Clockwork
        Gets the beats.
    stall : float
        Probability a cycle that it is not ready.
    seed : int
    limit : int, optional
        Beats that are expected in all.
    """

    def __init__(
        self, clockwork: Clockwork, *, stall: float, seed: int, limit: int | None = None
    ) -> None:
        self.clockwork, self.stall, self.limit = clockwork, stall, limit
        self.random = random.Random(f"consumer {seed}")
        self._ready = False
        self._waiting: tuple[int, int, int] | None = None

    def drive(self) -> None:
        """Be ready, or stall."""
        self._ready = not (self.stall and self.random.random() < self.stall)
        self.clockwork.pins.put("out_ready", int(self._ready))

    def sample(self) -> bool:
        """Check the stream and say whether a beat was accepted."""
        clockwork = self.clockwork
        if not clockwork.get("out_valid"):
            if self._waiting is not None:
                raise clockwork.fault("out_valid fell before the beat was accepted")
            return False
        payload, first, last = (
            clockwork.get(name) for name in ("out_payload", "out_first", "out_last")
        )
        if self._waiting not in (None, (payload, first, last)):
            raise clockwork.fault("the output changed while it was stalled")
        if len(clockwork.taken) == self.limit:
            raise clockwork.fault("more came out than was asked for")
        self._waiting = None if self._ready else (payload, first, last)
        if not self._ready:
            return False
        beat = len(clockwork.taken) % clockwork.beats
        if (first, last) != (int(beat == 0), int(beat == clockwork.beats - 1)):
            raise clockwork.fault("out_first or out_last stands on the wrong beat")
        clockwork.taken.append((clockwork.cycle, payload))
        return True

    def restart(self) -> None:
        """Expect nothing any more, as after a reset."""
        self._waiting = None


class FramingRules:
    """Which vectors a layer accepts, by the rules of the stream.

    Parameters
    ----------
    beats : int
        Beats of a vector.
    """

    def __init__(self, beats: int) -> None:
        self.beats = beats
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a reset does."""
        self.pending: list[int] = []
        self.swallowing = self.error = False

    def accept(self, beat: Beat) -> list[int] | None:
        """Take one accepted beat; return the payloads of the vector that it completes, or None."""
        if beat.first:
            self.error |= bool(self.pending)  # a new vector drops the partial one
            self.pending, self.swallowing = [], False
        elif self.swallowing or not self.pending:
            self.error = True
            self.swallowing = not beat.last
            return None
        self.pending.append(beat.payload)
        whole = len(self.pending) == self.beats
        if beat.last != whole:  # last too early, or missing
            self.error, self.swallowing, self.pending = True, whole, []
            return None
        if not whole:
            return None
        vector, self.pending = self.pending, []
        return vector


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


class Updater:
    """Holds the layer in the middle of a stream, writes and reads back parameters, lets it go on.

    Before that, it tries some writes that the layer has to refuse.

    Parameters
    ----------
    clockwork : Clockwork
    update : ParameterUpdate
    """

    def __init__(self, clockwork: Clockwork, update: ParameterUpdate) -> None:
        self.clockwork, self.update = clockwork, update
        self.phase = "waiting"
        self.begun_before = 0
        self.read_back: list[int] = []
        self._writes = [(int(address), int(data)) for address, data in update.writes]
        self._reads = [int(address) for address in update.reads]
        self._refused_next = False
        self._access = 0

    @property
    def over(self) -> bool:
        """Whether all is done."""
        return self.phase == "over"

    @property
    def busy(self) -> bool:
        """Whether accesses are under way."""
        return self.phase in ("writing", "reading")

    def drive(self, begun: int) -> None:
        """Ask for what comes next; ``begun`` vectors have begun."""
        put = self.clockwork.pins.put
        if self.phase == "waiting" and begun >= self.update.after:
            self.phase, self._access = "holding", 0
        put("parameter_hold", int(self.phase in ("holding", "writing", "reading")))
        poke = self.phase == "waiting" and self._access < self.update.refusals
        write = poke or (self.phase == "writing" and self._access < len(self._writes))
        read = self.phase == "reading" and self._access < len(self._reads)
        put("parameter_write", int(write))
        put("parameter_read", int(read))
        if poke:
            put("parameter_address", self._writes[0][0])
            put("parameter_write_data", self._writes[0][1])
        elif write:
            put("parameter_address", self._writes[self._access][0])
            put("parameter_write_data", self._writes[self._access][1])
        elif read:
            put("parameter_address", self._reads[self._access])
        self._asked = write or read

    def sample(self, begun: int) -> None:
        """Check the answers and go on to the next phase."""
        clockwork = self.clockwork
        refused, held = clockwork.get("parameter_refused"), clockwork.get("parameter_held")
        if bool(refused) != self._refused_next:
            what = "was refused" if refused else "was not refused"
            raise clockwork.fault(f"a parameter access {what}")
        self._refused_next = self._asked and not held
        self._access += self._asked
        if clockwork.get("parameter_read_valid"):
            self.read_back.append(clockwork.get("parameter_read_data"))
        if len(self.read_back) > self._access * (self.phase in ("reading", "over")):
            raise clockwork.fault("more parameters came back than were asked for")
        if self.phase == "holding" and held:
            self.begun_before, self.phase, self._access = begun, "writing", 0
        elif self.phase == "writing" and self._access == len(self._writes):
            self.phase, self._access = "reading", 0
        elif self.phase == "reading" and len(self.read_back) == len(self._reads):
            self.phase = "over"

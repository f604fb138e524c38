"""The two sides of a layer's streams, for simulators driven by Python.

One loop calls all agents of a bench: ``drive`` just after a rising edge, ``sample`` when everything
has settled before the next one. So one seed gives the same run on every simulator.
"""

import random
from collections.abc import Sequence

from fcgen.simulation.engines.clockwork import Clockwork
from fcgen.simulation.engines.framing import Beat


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

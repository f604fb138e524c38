"""Beats of the input stream: framed rightly, framed wrongly, and what the rules say of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Beat:
    """One beat of the input stream."""

    payload: int
    first: bool
    last: bool


def framed(words: Sequence[int]) -> list[Beat]:
    """Return the beats of one vector, ``first`` and ``last`` where they belong."""
    return [Beat(word, i == 0, i == len(words) - 1) for i, word in enumerate(words)]


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


def broken_stream(words: Sequence[Sequence[int]], chooser: random.Random) -> list[Beat]:
    """Return the beats of vectors of which about every second one is framed wrongly."""
    beats: list[Beat] = []
    for vector in words:
        burst = framed(vector)
        match chooser.randrange(8):
            case 0:  # cut short, with or without a last
                burst = burst[: chooser.randrange(len(burst) + 1)]
                if burst and chooser.random() < 0.5:
                    burst[-1] = Beat(burst[-1].payload, burst[-1].first, last=True)
            case 1:  # longer than a vector, with or without a last
                burst[-1] = Beat(burst[-1].payload, burst[-1].first, last=False)
                burst += [Beat(word, False, False) for word in vector] * chooser.randrange(1, 4)
                if chooser.random() < 0.5:
                    burst[-1] = Beat(burst[-1].payload, first=False, last=True)
            case 2:  # no first
                burst[0] = Beat(burst[0].payload, first=False, last=burst[0].last)
            case 3:  # flags at random
                burst = [
                    Beat(word, chooser.random() < 0.2, chooser.random() < 0.2) for word in vector
                ]
        beats += burst
    return beats

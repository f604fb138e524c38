"""A producer and a consumer of framed beats around a unit."""

import numpy as np

from amaranth_bench import run

BEAT = ("payload", "first", "last")


class BeatBench:
    """A producer with gaps and a consumer that stalls, and is closed for some cycles.

    ``entered`` and ``left`` have the cycles of their beats, ``words`` the beats that left.
    """

    def __init__(self, unit, gap=0.0, stall=0.0, closed=0):
        self.unit, self.gap, self.stall, self.closed = unit, gap, stall, closed
        self.random = np.random.default_rng(1)
        self.entered, self.left, self.words = [], [], []

    async def stream(self, context, beats, cycles):
        unit, offered, held = self.unit, False, None
        for cycle in range(cycles):
            offered = bool(beats) and (offered or self.random.random() >= self.gap)
            context.set(unit.in_valid, offered)
            payload, first, last = beats[0] if offered else (-1, 1, 1)
            context.set(unit.in_payload, payload)
            context.set(unit.in_first, first)
            context.set(unit.in_last, last)
            ready = cycle >= self.closed and self.random.random() >= self.stall
            context.set(unit.out_ready, ready)
            valid, *beat = (context.get(getattr(unit, f"out_{n}")) for n in ("valid", *BEAT))
            assert held is None or (valid and beat == held), "a stalled beat changed"
            held = beat if valid and not ready else None
            if valid and ready:
                self.left.append(cycle)
                self.words.append(beat)
            if offered and context.get(unit.in_ready):
                self.entered.append(cycle)
                beats, offered = beats[1:], False
            await context.tick()

    def run(self, beats, cycles):
        async def bench(context):
            await self.stream(context, beats, cycles)

        run(self.unit, bench)

    def payloads(self, count):
        """What has left, in frames of ``count`` beats; each must be marked as it should be."""
        marks = [(k % count == 0, k % count == count - 1) for k in range(len(self.words))]
        assert [(first, last) for _, first, last in self.words] == marks
        return [payload for payload, _, _ in self.words]


def framed(frames):
    """Give frames of payloads as beats."""
    return [(p, k == 0, k == len(frame) - 1) for frame in frames for k, p in enumerate(frame)]

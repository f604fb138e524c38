"""The window memory against windows that NumPy cuts out of padded maps."""

import numpy as np
import pytest

from amaranth_bench import pack, run
from fcgen.hardware.convolution.ring import ring_rows
from fcgen.hardware.convolution.window_memory import WindowMemory
from fcgen.network.window import Window

BITS = 6
LONGEST, IDLE, QUIET = 20_000, 12, 60
"""Cycles: of a run at most, after the last word, and without anything that happens."""


class Bench:
    """A producer of frames and a reader that steps through windows as a layer's controller does."""

    def __init__(self, window, lanes=1, neuron_folds=1, depthwise=False, seed=0, rows=None):
        self.window, self.lanes, self.depthwise = window, lanes, depthwise
        self.pixel_beats = window.channels // lanes
        self.passes = self.pixel_beats if depthwise else neuron_folds
        self.beats = window.taps * (1 if depthwise else self.pixel_beats)
        self.zero_point = 5
        self.random = np.random.default_rng(seed)
        self.cycles = self.beats * self.passes
        least = ring_rows(window, self.pixel_beats, self.cycles)
        self.unit = WindowMemory(
            window,
            lanes=lanes,
            bits=BITS,
            zero_point=self.zero_point,
            rows=rows or least,
            depthwise=depthwise,
        )
        self.words, self.ends, self.error, self.entered = [], [], 0, 0

    def frames(self, count):
        """Random maps, (count, H * W * C)."""
        return self.random.integers(0, 1 << BITS, (count, self.window.elements))

    def beats_of(self, frame):
        """A frame as (payload, first, last)."""
        words = frame.reshape(-1, self.lanes)
        return [(pack(word, BITS), k == 0, k == len(words) - 1) for k, word in enumerate(words)]

    def expected(self, frames):
        """Words of all windows of some frames, in the order in which they are read."""
        seen = self.window.gather(frames, self.zero_point)
        seen = seen.reshape(*seen.shape[:3], self.pixel_beats, self.lanes)
        if self.depthwise:
            seen = np.moveaxis(seen, 3, 2)
        else:
            seen = np.repeat(seen[:, :, None], self.passes, axis=2)
        return [pack(word, BITS) for word in seen.reshape(-1, self.lanes)]

    def run(self, beats, words, gap=0.0, pause=0.0, pace=None):
        """Stream beats until so many words came; ``pace`` cycles a frame of an even producer."""
        self.given, self.first_available = 0, None

        async def bench(context):
            await self._stream(context, list(beats), words, gap, pause, pace)

        run(self.unit, bench)

    async def _stream(self, context, beats, words, gap, pause, pace):
        unit, offered, step, due, idle = self.unit, False, 0, [], 0
        per_frame = self.window.height * self.window.width * self.pixel_beats
        for cycle in range(LONGEST):
            idle = 0 if beats or len(self.words) < words else idle + 1
            if idle > IDLE or (not beats and not due and cycle > self.entered + QUIET):
                break
            early = pace is not None and self.given * pace > cycle * per_frame
            offered = bool(beats) and not early and (offered or self.random.random() >= gap)
            payload, first, last = beats[0] if offered else (0, 1, 1)
            context.set(unit.in_valid, offered)
            context.set(unit.in_payload, payload)
            context.set(unit.in_first, first)
            context.set(unit.in_last, last)
            available = context.get(unit.available)
            if available and self.first_available is None:
                self.first_available = cycle
            advance = bool(available) and self.random.random() >= pause
            step += advance
            end = advance and step == self.cycles
            context.set(unit.advance, advance)
            context.set(unit.vector_end, end)
            if end:
                step = 0
                self.ends.append(cycle)
            if due and due[0] == cycle:
                self.words.append(context.get(unit.word))
                due.pop(0)
            if advance:
                due.append(cycle + 2)
                self.entered = cycle
            if offered and context.get(unit.in_ready):
                self.given += 1
                self.entered = self.given_at = cycle
                beats, offered = beats[1:], False
            await context.tick()
        self.error = context.get(unit.error)

    def check(self, frames, **options):
        """Stream frames; all windows must come, in order."""
        beats = [beat for frame in frames for beat in self.beats_of(frame)]
        expected = self.expected(frames)
        self.run(beats, len(expected), **options)
        assert self.words == expected
        assert not self.error


WINDOWS = {
    "1x1": (Window(3, 4, 2, (1, 1)), 1),
    "3x3 same": (Window(5, 6, 4, (3, 3), padding=(1, 1, 1, 1)), 2),
    "3x3 valid": (Window(5, 6, 3, (3, 3)), 3),
    "3x3 stride 2": (Window(6, 6, 2, (3, 3), (2, 2), padding=(0, 1, 0, 1)), 2),
    "stride 3": (Window(8, 7, 1, (3, 3), (3, 3), padding=(1, 1, 0, 0)), 1),
    "stride beyond the kernel": (Window(7, 8, 2, (2, 1), (3, 4)), 1),
    "5x5": (Window(6, 5, 1, (5, 5), padding=(2, 2, 2, 2)), 1),
    "whole map": (Window(3, 5, 2, (3, 5)), 2),
    "one pixel": (Window(1, 1, 4, (1, 1)), 2),
    "one dimension": (Window(1, 11, 3, (1, 4), padding=(0, 0, 1, 2)), 1),
    "10x4 stride 2": (Window(13, 6, 1, (10, 4), (2, 2), padding=(4, 5, 1, 1)), 1),
    "dilation 2": (Window(7, 7, 2, (3, 3), (1, 1), (2, 2), (2, 2, 2, 2)), 1),
    "dilation and stride": (Window(9, 8, 1, (2, 3), (2, 1), (3, 2), (1, 2, 0, 3)), 1),
    "primes": (Window(7, 5, 3, (3, 2), (2, 3), padding=(2, 0, 0, 1)), 1),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_every_window_comes_whole_with_gaps_and_pauses(name):
    window, lanes = WINDOWS[name]
    bench = Bench(window, lanes, neuron_folds=2)
    bench.check(bench.frames(2), gap=0.3, pause=0.3)


@pytest.mark.parametrize("name", WINDOWS)
def test_a_depthwise_window_comes_channel_by_channel(name):
    window, lanes = WINDOWS[name]
    bench = Bench(window, lanes, depthwise=True)
    bench.check(bench.frames(2), gap=0.2, pause=0.2)


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("even", [False, True])
def test_frames_follow_one_another_without_a_cycle_in_between(name, even):
    window, lanes = WINDOWS[name]
    bench = Bench(window, lanes)
    beats = window.height * window.width * bench.pixel_beats
    pace = max(window.positions * bench.cycles, beats)
    bench.check(bench.frames(4), pace=pace if even else None)
    ends = bench.ends[window.positions - 1 :: window.positions]
    assert np.diff(ends)[1:].tolist() == [pace] * 2


@pytest.mark.parametrize("name", WINDOWS)
def test_the_first_window_is_there_when_its_pixels_are(name):
    window, lanes = WINDOWS[name]
    bench = Bench(window, lanes)
    bottom = min(window.extent[0] - window.padding[0], window.height) - 1
    right = min(window.extent[1] - window.padding[2], window.width) - 1
    pixels = bottom * window.width + right + 1
    frame = bench.frames(1)[0]
    bench.run(bench.beats_of(frame)[: pixels * bench.pixel_beats], 0)
    assert bench.first_available == bench.given_at + bench.unit.availability_delay


FAULTY = Window(4, 3, 2, (3, 2), padding=(1, 1, 0, 1))


def faulty(spoil):
    """A broken frame before a good one: what `spoil` makes of the beats of the first."""
    bench = Bench(FAULTY, 1)
    frames = bench.frames(2)
    broken = spoil(bench.beats_of(frames[0]))
    good = bench.expected(frames[1:])
    bench.run(broken + bench.beats_of(frames[1]), 2 * len(good))
    return bench, good


@pytest.mark.parametrize("kept", [1, 2, 7, 23])
def test_a_frame_that_ends_early_is_completed_and_the_next_one_is_whole(kept):
    bench, good = faulty(lambda beats: [*beats[: kept - 1], (beats[kept - 1][0], kept == 1, 1)])
    assert bench.error
    assert len(bench.words) == 2 * len(good)
    assert bench.words[len(good) :] == good


@pytest.mark.parametrize("kept", [1, 6, 23])
def test_a_frame_that_another_one_interrupts_is_completed_first(kept):
    bench, good = faulty(lambda beats: beats[:kept])
    assert bench.error
    assert len(bench.words) == 2 * len(good)
    assert bench.words[len(good) :] == good


def test_beats_outside_of_a_frame_are_swallowed():
    bench, good = faulty(lambda beats: [(payload, 0, last) for payload, _, last in beats])
    assert bench.error
    assert bench.words == good


def test_a_frame_without_its_last_is_kept():
    bench, good = faulty(lambda beats: [(payload, first, 0) for payload, first, _ in beats])
    assert bench.error
    assert bench.words[len(good) :] == good
    assert len(bench.words) == 2 * len(good)


def test_a_ring_of_fewer_rows_costs_cycles():
    window = Window(8, 8, 1, (3, 3), padding=(1, 1, 1, 1))
    rows = ring_rows(window, 1, 9)
    bench = Bench(window, rows=rows - 1)
    bench.check(bench.frames(4), pace=window.positions * 9)
    ends = np.diff(bench.ends[window.positions - 1 :: window.positions])
    assert ends[-1] > window.positions * 9


def test_windows_that_wait_for_their_pixels_need_no_rows_to_wait_with():
    shortcut = Window(32, 32, 16, (1, 1), (2, 2))
    assert ring_rows(shortcut, 16, 16) == 2
    shortcut = Window(8, 8, 2, (1, 1), (2, 2))
    bench = Bench(shortcut, rows=2)
    bench.check(bench.frames(4), pace=128)
    assert set(np.diff(bench.ends[15::16])[1:].tolist()) == {128}


def test_lanes_that_cut_a_pixel_are_refused():
    with pytest.raises(ValueError, match="whole number of beats"):
        WindowMemory(FAULTY, lanes=3, bits=8, zero_point=0, rows=4)

"""Forks, queues, joins and splitters: every beat once, in order, whatever stands still."""

import random

import pytest

from amaranth_bench import run
from fcgen.hardware.branches.beat_queue import QUEUE_DELAY, BeatQueue
from fcgen.hardware.branches.beat_splitter import BeatSplitter
from fcgen.hardware.branches.pixel_join import PixelJoin
from fcgen.hardware.branches.stream_fork import StreamFork
from hardware.beat_bench import BeatBench, framed

RATES = [(0.0, 0.0), (0.3, 0.6), (0.7, 0.2)]


@pytest.mark.parametrize(("gap", "stall"), RATES)
@pytest.mark.parametrize("parts", [2, 3])
def test_a_splitter_gives_the_lowest_part_first_and_marks_frames(parts, gap, stall):
    bench = BeatBench(BeatSplitter(parts, 4), gap, stall)
    frames = [[0x123 + k for k in range(5)], [0xFED - k for k in range(5)]]
    bench.run(framed(frames), 200)
    wanted = [
        (word >> 4 * part) & 15 for frame in frames for word in frame for part in range(parts)
    ]
    assert bench.payloads(5 * parts) == wanted


def test_a_splitter_gives_a_part_a_cycle():
    bench = BeatBench(BeatSplitter(2, 4))
    bench.run(framed([[1, 2, 3, 4]]), 30)
    assert bench.left == list(range(bench.entered[0] + 1, bench.entered[0] + 9))


class Ends:
    """Producers and readers by the names of their ports, with chance on every side."""

    def __init__(self, unit, given, readers, stall, seed=0):
        self.unit, self.given, self.stall = unit, {k: list(v) for k, v in given.items()}, stall
        self.readers = {name: [] for name in readers}
        self.random = random.Random(seed)
        self.cycles = {}

    def run(self, cycles, closed=()):
        async def bench(context):
            unit, offered, held = self.unit, dict.fromkeys(self.given, False), {}
            for cycle in range(cycles):
                for name, beats in self.given.items():
                    payload, valid, _ = name
                    offered[name] = bool(beats) and (
                        offered[name] or self.random.random() >= self.stall
                    )
                    context.set(getattr(unit, valid), offered[name])
                    context.set(getattr(unit, payload), beats[0] if offered[name] else 0)
                for name in self.readers:
                    ready = name not in closed and self.random.random() >= self.stall
                    context.set(getattr(unit, name[2]), ready)
                for name, seen in self.readers.items():
                    payload, valid, ready = (context.get(getattr(unit, port)) for port in name)
                    assert name not in held or (valid and payload == held[name]), "a beat changed"
                    held.pop(name, None)
                    if valid and ready:
                        seen.append(payload)
                        self.cycles.setdefault(name, []).append(cycle)
                    elif valid:
                        held[name] = payload
                for name, beats in self.given.items():
                    if offered[name] and context.get(getattr(unit, name[2])):
                        beats.pop(0)
                        offered[name] = False
                await context.tick()

        run(self.unit, bench)


IN, OUT = ("in_payload", "in_valid", "in_ready"), ("out_payload", "out_valid", "out_ready")


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("readers", [2, 3])
def test_every_reader_of_a_fork_gets_every_beat_once(readers, stall):
    names = [("out_payload", f"valid_{n}", f"ready_{n}") for n in range(readers)]
    bench = Ends(StreamFork(readers, 5), {IN: range(20)}, names, stall)
    bench.run(300)
    assert all(seen == list(range(20)) for seen in bench.readers.values())


def test_a_fork_waits_for_the_reader_that_stands_still():
    names = [("out_payload", f"valid_{n}", f"ready_{n}") for n in range(2)]
    bench = Ends(StreamFork(2, 5), {IN: range(1, 9)}, names, 0.0)
    bench.run(40, closed=(names[1],))
    assert bench.readers[names[0]] == [1]
    assert bench.readers[names[1]] == []


@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("depth", [2, 5, 16])
def test_a_queue_keeps_every_beat_in_order(depth, stall):
    bench = Ends(BeatQueue(depth, 6), {IN: range(1, 40)}, [OUT], stall)
    bench.run(500)
    assert bench.readers[OUT] == list(range(1, 40))


def test_a_queue_holds_its_depth_and_a_row_and_passes_a_beat_in_its_delay():
    bench = Ends(BeatQueue(5, 6), {IN: range(1, 30)}, [OUT], 0.0)
    bench.run(40, closed=(OUT,))
    assert len(bench.given[IN]) == 29 - (5 + QUEUE_DELAY)
    alone = Ends(BeatQueue(5, 6), {IN: [7]}, [OUT], 0.0)
    alone.run(20)
    assert alone.cycles[OUT] == [QUEUE_DELAY]


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("beats", [(1, 1), (2, 1), (1, 3, 2)])
def test_a_join_takes_the_sources_in_turn(beats, stall):
    pixels = 6
    sources = [
        [16 * n + k % 16 for k in range(2 * pixels * count)] for n, count in enumerate(beats)
    ]
    names = [(f"payload_{n}", f"valid_{n}", f"ready_{n}") for n in range(len(beats))]
    bench = Ends(PixelJoin(beats, 8, pixels), dict(zip(names, sources, strict=True)), [OUT], stall)
    bench.run(600)
    wanted = [
        beat
        for pixel in range(2 * pixels)
        for source, count in zip(sources, beats, strict=True)
        for beat in source[pixel * count : (pixel + 1) * count]
    ]
    assert bench.readers[OUT] == wanted


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: StreamFork(1, 4), "two readers"),
        (lambda: BeatQueue(1, 4), "two beats"),
        (lambda: PixelJoin((1,), 4, 1), "two sources"),
        (lambda: BeatSplitter(1, 4), "two parts"),
    ],
)
def test_impossible_sizes_are_refused(made, message):
    with pytest.raises(ValueError, match=message):
        made()

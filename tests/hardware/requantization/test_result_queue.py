import random

import pytest

from amaranth_bench import observe, pack, run, unpack
from fcgen.hardware.requantization.result_queue import ResultQueue

WIDTH = 5
SHAPES = [
    # R, L, M, P
    (1, 1, 1, 1),
    (1, 1, 7, 3),
    (1, 4, 10, 5),
    (2, 3, 11, 4),
    (3, 2, 13, 7),
    (4, 1, 9, 8),
    (4, 3, 23, 10),
    (2, 2, 8, 4),
    (5, 5, 5, 5),
    (3, 7, 30, 9),
]


def beats_of(vector, shape):
    """Yield (results, tag) of a vector: the last beat of a fold may be partial."""
    lanes, _, outputs, pe = shape
    for fold in range(0, outputs, pe):
        results = vector[fold : min(fold + pe, outputs)]
        for first in range(0, len(results), lanes):
            last_of_vector = fold + first + lanes >= outputs and first + lanes >= len(results)
            last_of_fold = first + lanes >= pe
            yield results[first : first + lanes], 1 | last_of_fold << 1 | last_of_vector << 2


def drive(shape, words, gaps, stalls, seed, vectors=12, distributed=False):
    """Write vectors as room permits, read with stalls; return written vectors and output beats."""
    lanes, output_lanes, outputs, pe = shape
    rng = random.Random(seed)
    dut = ResultQueue(
        result_lanes=lanes, output_lanes=output_lanes, outputs=outputs, pe=pe, width=WIDTH,
        words=words, distributed=distributed,
    )  # fmt: skip
    data = [[rng.getrandbits(WIDTH) for _ in range(outputs)] for _ in range(vectors)]
    beats = [beat for vector in data for beat in beats_of(vector, shape)]
    places = words * dut.word_lanes
    used = filled = 0
    got, held = [], None

    async def bench(ctx):
        nonlocal used, filled, held
        pending = list(beats)
        for _ in range(200 * len(beats) + 200):
            ctx.set(dut.tag, 0)
            ctx.set(dut.results, rng.getrandbits(lanes * WIDTH))
            results, tag = pending[0] if pending else ([], 0)
            padding = -(filled + len(results)) % dut.word_lanes if tag & 4 else 0
            if pending and used + len(results) + padding <= places and rng.random() >= gaps:
                pending.pop(0)
                ctx.set(dut.tag, tag)
                ctx.set(dut.results, pack(results, WIDTH))
                used += len(results) + padding
                filled = 0 if tag & 4 else filled + len(results)
            ctx.set(dut.out_ready, rng.random() >= stalls)
            seen = tuple(ctx.get(getattr(dut, n)) for n in ("out_payload", "out_first", "out_last"))
            valid, ready = ctx.get(dut.out_valid), ctx.get(dut.out_ready)
            assert held is None or (valid and seen == held)
            held = seen if valid and not ready else None
            if valid and ready:
                got.append(seen)
            if ctx.get(dut.word_taken):
                used -= dut.word_lanes
            await ctx.tick()
            if len(got) == vectors * -(-outputs // output_lanes):
                break

    run(dut, bench)
    return data, got


def expected_beats(data, shape):
    _, lanes, outputs, _ = shape
    for vector in data:
        padded = vector + [0] * (-outputs % lanes)
        for first in range(0, len(padded), lanes):
            yield pack(padded[first : first + lanes], WIDTH), first == 0, first + lanes >= outputs


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("gaps", "stalls"), [(0, 0), (0.4, 0.4), (0, 0.9), (0.9, 0)])
def test_results_leave_in_order_packed_and_framed(shape, gaps, stalls):
    largest = -(-max(shape[3], 1) // shape[1]) + 2
    for words in (largest, 3 * largest + 1):
        data, got = drive(shape, words, gaps, stalls, seed=words)
        assert got == [tuple(map(int, b)) for b in expected_beats(data, shape)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("gaps", "stalls"), [(0, 0), (0.4, 0.6)])
@pytest.mark.parametrize("words", [11, 49])
def test_results_leave_look_up_tables_in_order_too(shape, gaps, stalls, words):
    data, got = drive(shape, words, gaps, stalls, seed=words, vectors=40, distributed=True)
    assert got == [tuple(map(int, b)) for b in expected_beats(data, shape)]


@pytest.mark.parametrize("words", [16, 17])
def test_many_words_in_look_up_tables_take_a_cycle_more(words):
    dut = ResultQueue(
        result_lanes=1, output_lanes=1, outputs=1, pe=1, width=WIDTH, words=words, distributed=True
    )
    stimuli = [{"tag": 0b101, "results": 9, "out_ready": 1}] + [{"tag": 0}] * 4
    seen = observe(dut, stimuli, ["out_valid"])
    assert [s["out_valid"] for s in seen].index(1) == dut.latency == (2 if words == 16 else 3)


def test_a_word_is_at_the_output_a_latency_after_it_was_written():
    dut = ResultQueue(result_lanes=1, output_lanes=1, outputs=1, pe=1, width=WIDTH, words=4)
    stimuli = [{"tag": 0b101, "results": 9, "out_ready": 1}] + [{"tag": 0}] * 4
    seen = observe(dut, stimuli, ["out_valid", "out_payload"])
    assert [s["out_valid"] for s in seen] == [0] * dut.latency + [1] + [0] * (4 - dut.latency)
    assert unpack(seen[dut.latency]["out_payload"], WIDTH, 1, signed=False) == [9]


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        ResultQueue(result_lanes=1, output_lanes=1, outputs=1, pe=1, width=1, words=0)

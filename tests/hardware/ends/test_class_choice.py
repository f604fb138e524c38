"""ArgMax and TopK against NumPy, with gaps and stalls."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from fcgen.design.beats import StreamFormat
from fcgen.hardware.ends.arg_max import ArgMax
from fcgen.hardware.ends.top_k import TopK
from fcgen.numerics.fixed import IntegerFormat

CASES = [
    *((ArgMax, scores, lanes) for scores, lanes in ((1, 1), (10, 1), (10, 3), (10, 10), (17, 4))),
    *((TopK, scores, count) for scores, count in ((1, 1), (10, 1), (10, 3), (7, 7))),
]


def stream(unit, lanes, vectors, seed, gap, stall):
    """What leaves for each vector, and the cycles from its last beat to that."""
    form = StreamFormat.of(unit.scores, lanes, unit.score)
    packed = form.pack(vectors, np.random.default_rng(seed))
    beats = [
        (int.from_bytes(word.astype("<u4").tobytes(), "little"), k == 0, k == form.beats - 1)
        for vector in packed
        for k, word in enumerate(vector)
    ]
    random = np.random.default_rng(seed)
    found, entered, left = [], [], []

    async def bench(context):
        cycle, place, offered = 0, 0, False
        while len(found) < len(vectors):
            offered = place < len(beats) and (offered or random.random() >= gap)
            context.set(unit.in_valid, offered)
            if offered:
                payload, first, last = beats[place]
                context.set(unit.in_payload, payload)
                context.set(unit.in_first, first)
                context.set(unit.in_last, last)
            ready = random.random() >= stall
            context.set(unit.out_ready, ready)
            if offered and context.get(unit.in_ready):
                if beats[place][2]:
                    entered.append(cycle)
                place, offered = place + 1, False
            if ready and context.get(unit.out_valid):
                assert context.get(unit.out_first)
                assert context.get(unit.out_last)
                found.append(context.get(unit.out_payload))
                left.append(cycle)
            await context.tick()
            cycle += 1

    simulator = Simulator(unit)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
    return found, np.subtract(left, entered)


def make(kind, scores, number, score):
    if kind is ArgMax:
        return ArgMax(scores=scores, lanes=number, score=score), number
    return TopK(scores=scores, count=number, score=score), 1


def expected(unit, vectors):
    if isinstance(unit, ArgMax):
        return vectors.argmax(1).tolist()
    order = np.argsort(-vectors, axis=1, kind="stable")[:, : unit.count]
    weights = 1 << (np.arange(unit.count) * unit.index_width)
    return (order * weights).sum(1).tolist()


@pytest.mark.parametrize(("gap", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.5, 0.7)])
@pytest.mark.parametrize(("kind", "scores", "number"), CASES)
@pytest.mark.parametrize("signed", [True, False])
def test_the_best_scores_are_those_of_numpy(kind, scores, number, signed, gap, stall):
    score = IntegerFormat(3, signed)  # few values, so that many scores are equal
    unit, lanes = make(kind, scores, number, score)
    random = np.random.default_rng(scores)
    vectors = random.integers(score.minimum, score.maximum, (40, scores), endpoint=True)
    vectors[0], vectors[1] = score.minimum, score.maximum
    found, latencies = stream(unit, lanes, vectors, 1, gap, stall)
    assert found == expected(unit, vectors)
    if not gap and not stall:
        assert set(latencies) == {unit.latency}


@pytest.mark.parametrize(
    ("kind", "options"),
    [(ArgMax, {"lanes": 0}), (ArgMax, {"lanes": 5}), (TopK, {"count": 0}), (TopK, {"count": 5})],
)
def test_numbers_outside_of_the_scores_are_refused(kind, options):
    with pytest.raises(ValueError, match="must be 1 to the number of scores"):
        kind(scores=4, score=IntegerFormat(8, True), **options)

"""SoftMax against the reference: stalls, resets, extremes of sizes, latency and interval."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from amaranth_bench import pack, run
from fcgen.hardware.ends.soft_max import SoftMax, SoftMaxPlan
from fcgen.network.reference import probabilities
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.softmax_table import SoftmaxTable
from fcgen.schedule.mapping import GENERIC
from fcgen.schedule.memory_cut import RamShape
from hardware.beat_bench import BeatBench, framed

BLOCK_RAM = replace(GENERIC, ram_shapes=(RamShape(512, 36),), weight_latency=3)
INT8 = IntegerFormat(8, True)
SIZES = [  # M, score, scale, bits
    pytest.param(1, INT8, 0.1, 8, id="one score"),
    pytest.param(2, INT8, 0.02, 2, id="two scores, two bits"),
    pytest.param(3, IntegerFormat(5, False), 0.3, 16, id="unsigned, sixteen bits"),
    pytest.param(7, BIPOLAR, 0.4, 8, id="bipolar"),
    pytest.param(11, IntegerFormat(20, True), 3e-5, 8, id="several codes an entry"),
    pytest.param(13, INT8, 5.0, 8, id="a short table"),
    pytest.param(37, IntegerFormat(1, True), 2.0, 7, id="one bit"),
]


def softmax(outputs, score, scale, bits, mapping=GENERIC):
    table = SoftmaxTable.of(outputs, score, Fraction(scale), bits)
    return SoftMax(SoftMaxPlan.of(table, mapping), score.stored)


def scores_of(unit, vectors, seed=0):
    """Vectors as they are stored: all least, all largest, ties, near and far ones."""
    form, random = unit.score, np.random.default_rng(seed)
    values = random.integers(form.minimum, form.maximum, (vectors, unit.scores), endpoint=True)
    values[0], values[1] = form.minimum, form.maximum
    near = form.maximum - random.geometric(0.2, values[2::3].shape)
    values[2::3] = near.clip(form.minimum)
    return values


class Bench(BeatBench):
    """A softmax takes scores and gives probabilities, one a beat."""

    def beats(self, vectors):
        return framed([[pack([v], self.unit.score.bits) for v in vector] for vector in vectors])

    def vectors(self):
        count = self.unit.scores
        return np.array(self.payloads(count)).reshape(-1, count)


@pytest.mark.parametrize(("gap", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.3, 0.7)])
@pytest.mark.parametrize(("outputs", "score", "scale", "bits"), SIZES)
def test_every_vector_becomes_its_probabilities(outputs, score, scale, bits, gap, stall):
    unit = softmax(outputs, score, scale, bits)
    vectors = scores_of(unit, 8)
    bench = Bench(unit, gap, stall)
    bench.run(bench.beats(vectors), 40 * outputs + 150)
    assert np.array_equal(bench.vectors(), probabilities(unit.plan.table, vectors))


@pytest.mark.parametrize("mapping", [GENERIC, BLOCK_RAM], ids=["generic", "block ram"])
@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5, 16, 61])
def test_a_score_a_cycle_passes_with_the_latency_of_the_formula(outputs, mapping):
    unit = softmax(outputs, INT8, 0.05, 8, mapping)
    vectors = scores_of(unit, 6)
    bench = Bench(unit)
    bench.run(bench.beats(vectors), 8 * outputs + 80)
    assert np.array_equal(bench.vectors(), probabilities(unit.plan.table, vectors))
    assert bench.entered == list(range(6 * outputs))
    assert bench.left == [cycle + unit.latency for cycle in bench.entered]
    assert unit.latency == 2 * outputs + 9 + 8 + unit.powers.latency


def test_rings_stand_in_block_rams_where_they_are_worth_it():
    with_luts = replace(BLOCK_RAM, lut_memories=True)
    assert softmax(61, INT8, 0.05, 8, BLOCK_RAM).plan.rams == ("block", "block")
    assert softmax(61, INT8, 0.05, 8, with_luts).plan.rams == ("distributed", "block")
    assert softmax(2, INT8, 0.05, 8, BLOCK_RAM).plan.rams == ("", "")
    assert softmax(61, INT8, 0.05, 8).plan.rams == ("", "")


@pytest.mark.parametrize("outputs", [2, 5])
def test_after_a_stall_no_cycle_is_lost(outputs):
    unit = softmax(outputs, INT8, 0.05, 8)
    vectors = scores_of(unit, 30)
    bench = Bench(unit, closed=120)
    bench.run(bench.beats(vectors), 120 + 30 * outputs + 20)
    assert np.array_equal(bench.vectors(), probabilities(unit.plan.table, vectors))
    assert bench.left == list(range(120, 120 + 30 * outputs))


@pytest.mark.parametrize("at", [1, 4, 9, 17, 26, 31])
def test_a_reset_in_mid_frame_drops_everything(at):
    unit = softmax(5, INT8, 0.05, 8)
    reset = Signal()
    before, after = Bench(unit, stall=0.5), Bench(unit)
    vectors = scores_of(unit, 6)

    async def bench(context):
        await before.stream(context, before.beats(vectors), at)
        context.set(reset, 1)
        context.set(unit.in_valid, 0)
        await context.tick()
        context.set(reset, 0)
        await after.stream(context, after.beats(vectors[::-1]), 90)

    run(ResetInserter(reset)(unit), bench)
    assert np.array_equal(after.vectors(), probabilities(unit.plan.table, vectors[::-1]))


def test_equal_softmaxes_are_the_same_module_and_others_are_not():
    units = [softmax(5, INT8, scale, 8) for scale in (0.05, 0.05, 0.06)]
    assert units[0].parameters == units[1].parameters != units[2].parameters

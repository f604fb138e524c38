"""UnaryTable against its entries: stalls, resets, extremes of its sizes, and behind a layer."""

import random
from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from amaranth_bench import pack, run, unpack
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.network.reference import forward, look_up
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC
from fcgen.schedule.memory_cut import RamShape
from hardware.beat_bench import BeatBench, framed
from hardware.layer_bench import Phase, beats_of, stream
from network_examples import INT8, dense

SIZES = [  # index, output, M, L
    pytest.param(IntegerFormat(1, False), IntegerFormat(1, False), 3, 1, id="one bit"),
    pytest.param(IntegerFormat(1, True), IntegerFormat(16, True), 5, 2, id="one bit, signed"),
    pytest.param(IntegerFormat(12, True), IntegerFormat(8, True), 7, 3, id="twelve bits"),
    pytest.param(IntegerFormat(8, True), IntegerFormat(5, False), 1, 1, id="one output"),
    pytest.param(IntegerFormat(6, False), IntegerFormat(9, True), 4, 4, id="all lanes"),
]
ONE_MEMORY = GENERIC
SEVERAL = replace(GENERIC, ram_shapes=(RamShape(16, 8),), weight_latency=3)
MEMORIES = pytest.mark.parametrize("mapping", [ONE_MEMORY, SEVERAL], ids=["one memory", "several"])


def table(index, output=INT8, seed=0):
    random = np.random.default_rng(seed)
    entries = random.integers(output.minimum, output.maximum, 1 << index.bits, endpoint=True)
    return ActivationTable("noise", index, output, entries)


def values_of(index, vectors, outputs):
    random = np.random.default_rng(vectors)
    values = random.integers(index.minimum, index.maximum, (vectors, outputs), endpoint=True)
    values[0], values[1] = index.minimum, index.maximum
    return values


class Bench(BeatBench):
    """A table takes beats of indices and gives beats of entries, as many lanes each."""

    def __init__(self, unit, outputs, gap=0.0, stall=0.0, closed=0):
        super().__init__(unit, gap, stall, closed)
        self.outputs, self.beats_a_vector = outputs, -(-outputs // unit.lanes)

    def beats(self, vectors):
        """The beats of vectors, as the queue gives them: unused lanes are 0."""
        spare = self.beats_a_vector * self.unit.lanes - self.outputs
        padded = np.pad(vectors, ((0, 0), (0, spare)))
        places = padded.reshape(len(vectors), self.beats_a_vector, -1).tolist()
        return framed([[pack(v, self.unit.table.index.bits) for v in x] for x in places])

    def vectors(self):
        count, form, lanes = self.beats_a_vector, self.unit.table.output, self.unit.lanes
        words = self.payloads(count)
        values = [unpack(w, form.bits, lanes, signed=form.signed) for w in words]
        whole = np.array(values).reshape(-1, count * lanes)
        assert not whole[:, self.outputs :].any(), "an unused lane is not 0"
        return whole[:, : self.outputs]


@pytest.mark.parametrize(("gap", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.3, 0.7)])
@pytest.mark.parametrize(("index", "output", "outputs", "lanes"), SIZES)
def test_every_value_becomes_its_entry(index, output, outputs, lanes, gap, stall):
    given = table(index, output)
    unit = UnaryTable(TablePlan.of(given), outputs=outputs, lanes=lanes)
    vectors = values_of(index, 20, outputs)
    bench = Bench(unit, outputs, gap, stall)
    bench.run(bench.beats(vectors), 600)
    assert np.array_equal(bench.vectors(), look_up(given, vectors))


@MEMORIES
def test_a_beat_a_cycle_passes_with_the_latency_of_the_formula(mapping):
    given, vectors = table(INT8), values_of(INT8, 3, 30)
    unit = UnaryTable(TablePlan.of(given, mapping), outputs=30, lanes=1)
    bench = Bench(unit, 30)
    bench.run(bench.beats(vectors), 100)
    assert np.array_equal(bench.vectors(), look_up(given, vectors))
    assert bench.entered == list(range(90))
    assert bench.left == [cycle + unit.latency for cycle in bench.entered]
    assert unit.latency == (3 if mapping is SEVERAL else 2)


@MEMORIES
def test_after_a_stall_no_cycle_is_lost(mapping):
    unit = UnaryTable(TablePlan.of(table(INT8), mapping), outputs=1, lanes=1)
    bench = Bench(unit, 1, closed=20)
    vectors = values_of(INT8, 40, 1)
    bench.run(bench.beats(vectors), 70)
    assert bench.left == list(range(20, 60))
    assert np.array_equal(bench.vectors(), look_up(unit.table, vectors))


@MEMORIES
@pytest.mark.parametrize("at", [1, 2, 3, 4, 9])
def test_a_reset_in_mid_frame_drops_everything(mapping, at):
    unit = UnaryTable(TablePlan.of(table(INT8), mapping), outputs=5, lanes=2)
    reset = Signal()
    before, after = Bench(unit, 5, stall=0.5), Bench(unit, 5)
    vectors = values_of(INT8, 6, 5)

    async def bench(context):
        await before.stream(context, before.beats(vectors), at)
        context.set(reset, 1)
        context.set(unit.in_valid, 0)
        await context.tick()
        context.set(reset, 0)
        await after.stream(context, after.beats(vectors), 40)

    run(ResetInserter(reset)(unit), bench)
    assert np.array_equal(after.vectors(), look_up(unit.table, vectors))


def test_equal_tables_share_their_image_and_others_do_not():
    units = [
        UnaryTable(TablePlan.of(table(INT8, seed=seed)), outputs=5, lanes=2) for seed in (0, 0, 1)
    ]
    assert units[0].parameters == units[1].parameters != units[2].parameters


@pytest.mark.parametrize("lanes", [0, 6])
def test_lanes_outside_of_the_outputs_are_refused(lanes):
    with pytest.raises(ValueError, match="lanes must be 1 to the number of outputs"):
        UnaryTable(TablePlan.of(table(INT8)), outputs=5, lanes=lanes)


@pytest.mark.parametrize(("pe", "lanes"), [(1, 1), (3, 2), (5, 5)])
@MEMORIES
def test_a_layer_with_a_table_keeps_its_interval_and_is_as_much_later(mapping, pe, lanes):
    given = dense(6, 5, table=table(INT8, IntegerFormat(7, False)))
    folding = Folding(6, 5, pe, 2, lanes, 8)
    layer, plain = (Layer(one, folding, "", mapping) for one in (given, replace(given, table=None)))
    x = np.random.default_rng(2).integers(-128, 128, (8, 6))
    (record,) = stream(layer, [Phase(beats_of(layer, x, random.Random(0)), len(x), idle=20)])
    assert np.array_equal(record.outputs, forward(given, x))
    assert set(record.intervals[2:]) == {folding.initiation_interval}
    assert record.last_out[0] - record.first_in[0] == layer.latency
    assert record.first_out[0] - record.first_in[0] == layer.latency_first
    assert layer.latency - plain.latency == (3 if mapping is SEVERAL else 2)

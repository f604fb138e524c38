"""Latencies of many foldings of a layer at once: the formulas of `LayerTiming`, for arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fcgen.hardware.layer.layer_timing import CREDIT_DELAY, QUEUE_LATENCY, LayerTiming
from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import BLOCK_RAM_WIDTH, GROUP_ELEMENTS, Folding
from fcgen.schedule.mapping import LUT_WORDS, Mapping

Cycles = npt.NDArray[np.int64]


def _up(dividend: Cycles | int, divisor: Cycles) -> Cycles:
    quotient: Cycles = -(-dividend // divisor)
    return quotient


def latencies(
    dense: DenseLayer,
    mapping: Mapping,
    simd: Sequence[int],
    pe: Sequence[int],
    lanes: Sequence[int],
) -> Cycles:
    """Return `LayerTiming.latency` of all foldings of some sizes.

    Parameters
    ----------
    dense : DenseLayer
    mapping : Mapping
        The same one for all of them.
    simd, pe, lanes : sequence of int
        Lanes, elements and output lanes, all of which are combined; the elements ascend.

    Returns
    -------
    ndarray of int64, shape (len(simd), len(pe), len(lanes))
    """
    single = Folding(dense.inputs, dense.outputs, weight_bits=dense.weight_format.bits)
    base = LayerTiming.of(dense, single, mapping)
    return _latencies(base, tuple(simd), tuple(pe), tuple(lanes))


@lru_cache(maxsize=64)
def _latencies(
    base: LayerTiming, simd: tuple[int, ...], pe: tuple[int, ...], lanes: tuple[int, ...]
) -> Cycles:
    """Return `latencies` for the timing of the layer on one element of one lane."""
    inputs, outputs, bits = base.folding.inputs, base.folding.outputs, base.folding.weight_bits
    s = np.array(simd, np.int64)[:, None, None]
    p = np.array(pe, np.int64)[None, :, None]
    out = np.array(lanes, np.int64)[None, None, :]
    folds, neuron_folds = _up(inputs, s), _up(outputs, p)
    group = np.clip(BLOCK_RAM_WIDTH // (s * bits), GROUP_ELEMENTS, 2 * GROUP_ELEMENTS)
    columns = _up(_up(p, folds), group)
    column_lanes = _up(_up(p, folds), columns)
    results = np.minimum(columns * column_lanes, p)
    drains = _up(p, results)
    rows = _up(_up(p - (columns - 1) * column_lanes, results), group // column_lanes)
    trees = np.array([(one - 1).bit_length() for one in simd], np.int64)[:, None, None]
    to_queue = base.issue_to_queue - base.last_exit + trees + columns - 1 + rows
    word = _up(results, out) * out
    words = _up(outputs, word)
    waits = _queue_latency(base, folds, p, out, neuron_folds, to_queue + drains, word)
    beats = _up(outputs, out)

    def leaves(number: Cycles, some: int) -> Cycles:
        """Return when the last beat leaves at the earliest, as a word of the queue allows it."""
        wide, elements, last = word[:, :some], p[:, :some], words[:, :some] - 1
        inside = np.clip(number, 0, last)
        fold, element = np.divmod(np.minimum((inside + 1) * wide, outputs) - 1, elements)
        time: Cycles = (fold + 2) * folds + element // results[:, :some]
        return time - inside * (wide // out) + fixed[:, :some]

    fixed = to_queue + waits + beats - 2
    latest = leaves(words - 1, p.shape[1])
    # Within a fold these cycles are monotonic in the word, so that its first and last word are
    # enough. The elements ascend: only the first of them have folds of a high number.
    for number in range(int(neuron_folds.max())):
        some = int((neuron_folds > number).sum())
        ends = [fold * p[:, :some] // word[:, :some] for fold in (number, number + 1)]
        there = latest[:, :some]
        np.maximum(there, leaves(ends[0], some), out=there)
        np.maximum(there, leaves(ends[1] - 1, some), out=there)
    found: Cycles = latest + base.table_latency
    found.flags.writeable = False
    return found


def _queue_latency(
    base: LayerTiming,
    folds: Cycles,
    p: Cycles,
    out: Cycles,
    neuron_folds: Cycles,
    drained_after: Cycles,
    word: Cycles,
) -> Cycles:
    """Return `LayerTiming.queue_latency`."""
    if not base.lut_memories:
        return np.full_like(word, base.queue_latency)
    padded = _up(base.folding.outputs, word) * word
    largest: Cycles = np.maximum(p, padded - (neuron_folds - 1) * p)
    kept: Cycles = np.where(folds == 1, 2 * largest, largest)
    trip = drained_after + QUEUE_LATENCY + CREDIT_DELAY + word // out
    places = kept + out * (trip + 2 * folds)
    short = np.minimum(places, _up(trip, folds) * largest + kept)
    places = np.where(p <= folds * out, short, places)
    waits: Cycles = np.where(_up(np.asarray(places, np.int64), word) + 1 > LUT_WORDS, 3, 2)
    return waits

"""A producer and a consumer around a `Layer` in the Amaranth simulator."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from amaranth.hdl import ResetInserter, Signal

from amaranth_bench import pack, run, unpack
from fcgen.hardware.layer.layer import Layer

Beat = tuple[int, int, int]
"""Payload, first, last."""


def beats_of(layer: Layer, vectors: np.ndarray, rng: random.Random) -> list[Beat]:
    """Cut vectors (V, N) into beats; unused lanes carry noise."""
    folding, bits = layer.folding, layer.dense.activation_format.bits
    beats = []
    for vector in vectors.tolist():
        spare = folding.synapse_folds * folding.simd - folding.inputs
        lanes = vector + [rng.getrandbits(bits) for _ in range(spare)]
        for beat in range(folding.synapse_folds):
            word = pack(lanes[beat * folding.simd : (beat + 1) * folding.simd], bits)
            beats.append((word, int(beat == 0), int(beat == folding.synapse_folds - 1)))
    return beats


@dataclass
class Phase:
    """What happens between two resets.

    Attributes
    ----------
    beats : list of Beat
        To be sent.
    outputs : int
        The phase ends when all beats are accepted and this many vectors have left.
    gap, stall : float
        Probability a cycle of nothing new to send, and of not being ready.
    period : int
        Cycles between new beats of a steady producer.
    cycles : int, optional
        The phase ends after so many cycles instead, wherever the layer is.
    idle : int
        Cycles before the first beat.
    """

    beats: list[Beat]
    outputs: int
    gap: float = 0.0
    stall: float = 0.0
    period: int = 1
    cycles: int | None = None
    idle: int = 0


@dataclass
class Record:
    """What a phase showed: outputs (V, M), and cycles of first input, first and last output."""

    outputs: list[list[int]] = field(default_factory=list)
    first_in: list[int] = field(default_factory=list)
    first_out: list[int] = field(default_factory=list)
    last_out: list[int] = field(default_factory=list)
    error: int = 0

    @property
    def intervals(self) -> list[int]:
        """Cycles between the ends of successive output vectors."""
        return [b - a for a, b in zip(self.last_out, self.last_out[1:], strict=False)]


def stream(layer: Layer, phases: list[Phase], seed: int = 0) -> list[Record]:
    """Run the phases one after the other on one simulated layer."""
    rng = random.Random(seed)
    records: list[Record] = []
    reset = Signal()

    async def bench(ctx: Any) -> None:
        for phase in phases:
            ctx.set(reset, 1)
            ctx.set(layer.in_valid, 0)
            await ctx.tick()
            ctx.set(reset, 0)
            records.append(await _run_phase(ctx, layer, phase, rng))

    run(ResetInserter(reset)(layer), bench)
    return records


async def _run_phase(ctx: Any, layer: Layer, phase: Phase, rng: random.Random) -> Record:
    record = Record()
    folding = layer.folding
    waiting, offered, held = list(phase.beats), False, None
    words: list[int] = []
    allowed = phase.cycles or _patience(layer, phase)
    for cycle in range(allowed):
        due = cycle >= phase.idle and (cycle - phase.idle) % phase.period == 0
        # The gap is drawn only where one may be, so that paced runs use no chance.
        if waiting and not offered and due and (phase.period > 1 or rng.random() >= phase.gap):
            offered = True
        payload, first, last = waiting[0] if offered else (rng.getrandbits(8), 1, 1)
        ctx.set(layer.in_payload, payload)
        ctx.set(layer.in_first, first)
        ctx.set(layer.in_last, last)
        ctx.set(layer.in_valid, int(offered))
        ctx.set(layer.out_ready, int(rng.random() >= phase.stall))

        beat = tuple(ctx.get(s) for s in (layer.out_payload, layer.out_first, layer.out_last))
        valid, ready = ctx.get(layer.out_valid), ctx.get(layer.out_ready)
        assert held is None or (valid and beat == held), "a stalled beat changed"
        held = beat if valid and not ready else None
        if valid and ready:
            assert beat[1] == (not words), "first is in the wrong place"
            last = len(words) == folding.positions * folding.output_beats - 1
            assert beat[2] == last, "last is in the wrong place"
            if not words:
                record.first_out.append(cycle)
            words.append(beat[0])
            if beat[2]:
                record.last_out.append(cycle)
                record.outputs.append(_vector(layer, words))
                words = []
        if offered and ctx.get(layer.in_ready):
            if first:
                record.first_in.append(cycle)
            waiting.pop(0)
            offered = False
        record.error = ctx.get(layer.error)
        await ctx.tick()
        if phase.cycles is None and not waiting and len(record.outputs) == phase.outputs:
            break
    return record


def _vector(layer: Layer, words: list[int]) -> list[int]:
    kind, lanes = layer.dense.output_format, layer.folding.output_lanes
    values = [v for w in words for v in unpack(w, kind.bits, lanes, signed=kind.signed)]
    outputs = layer.dense.frame_outputs
    assert not any(values[outputs:]), "an unused lane is not 0"
    return values[:outputs]


def _patience(layer: Layer, phase: Phase) -> int:
    pace = (1 - max(phase.gap, phase.stall)) / phase.period
    work = layer.initiation_interval * (phase.outputs + 2) + len(phase.beats)
    return int(2 * work / pace) + 2 * layer.latency + 500

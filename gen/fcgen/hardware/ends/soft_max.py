"""Softmax: the probabilities of the classes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from amaranth import Module
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.ends.score_distances import DISTANCES_LATENCY, ScoreDistances
from fcgen.hardware.ends.shares import Shares, shares_latency
from fcgen.hardware.ends.whole_vectors import ring_depth
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.softmax_table import SoftmaxTable
from fcgen.schedule.mapping import GENERIC, Mapping


@dataclass(frozen=True, eq=False)
class MarkedPowers:
    """Table of the powers, with one bit above each, which is 1 in the first entry only."""

    table: SoftmaxTable = field(repr=False)

    @property
    def index(self) -> IntegerFormat:
        """Format of an address."""
        return self.table.index

    @property
    def output(self) -> IntegerFormat:
        """Format of a word."""
        return IntegerFormat(self.table.power_bits + 1, signed=False)

    @property
    def size(self) -> int:
        """Number of words."""
        return len(self.table.powers)

    @property
    def entries(self) -> np.ndarray:
        """Words, int64 of (size,)."""
        mark = np.zeros(self.size, np.int64)
        mark[0] = 1 << self.table.power_bits
        return self.table.powers + mark


@dataclass(frozen=True)
class SoftMaxPlan:
    """Memories of a softmax on a device.

    Attributes
    ----------
    table : SoftmaxTable
    powers : TablePlan
        Memory of the powers.
    rams : tuple of str
        Kinds of memory of the rings of scores and of powers, see `WholeVectors`.
    """

    table: SoftmaxTable
    powers: TablePlan
    rams: tuple[str, ...]

    @classmethod
    def of(
        cls, table: SoftmaxTable, mapping: Mapping = GENERIC, image_prefix: str = ""
    ) -> SoftMaxPlan:
        """Return the plan of a softmax on a mapping."""
        powers = TablePlan.of(MarkedPowers(table), mapping, image_prefix)
        small = "distributed" if mapping.lut_memories else ""
        rams = ("block" if mapping.ring_cut(*ring) else small for ring in rings(table))
        return cls(table, powers, tuple(rams))

    @property
    def latency(self) -> int:
        """Cycles from a vector's last score to its last probability."""
        first = DISTANCES_LATENCY + self.powers.latency + shares_latency(self.table.bits)
        return first + 2 * (self.table.outputs - 1)


def rings(table: SoftmaxTable) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return words and bits of the rings of the scores and of the powers."""
    depth = ring_depth(table.outputs)
    return (depth, table.distance.bits), (depth, table.power_bits + 1)


# The docstring is part of the emitted Verilog, which must not change; the module that it names
# is `fcgen.numerics.softmax_table` now.
class SoftMax(wiring.Component):
    """Probabilities of M scores, see `fcgen.softmax_table`.

    ::

        d[m] = max score - score[m],  e[m] = powers[min(ceil(d[m] / 2^k), size - 1)]
        out[m] = min(floor(2^bits e[m] / sum e) + (d[m] = 0), 2^bits - 1)

    The scores wait until the largest is known, their powers until the sum is.

    Latency: ``latency`` cycles from the last score to the last probability, 2·M + bits + 11 or one
    more where the powers stand in several memories; the first one leaves M - 1 cycles before.
    Initiation interval: one cycle a score. Handshake: valid/ready on both sides; payload, first and
    last hold while valid and not ready. Reset: drops everything.

    Parameters
    ----------
    plan : SoftMaxPlan
    score : IntegerFormat
        Format of a score.

    Ports
    -----
    in_payload : In(score.bits)
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(bits)
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    """

    def __init__(self, plan: SoftMaxPlan, score: IntegerFormat) -> None:
        table = plan.table
        self.plan = plan
        self.scores = table.outputs
        self.score = score
        self.distances = ScoreDistances(
            scores=table.outputs,
            score=score,
            coarseness=table.coarseness,
            index_bits=table.index.bits,
            ram=plan.rams[0],
        )
        self.powers = UnaryTable(plan.powers, outputs=table.outputs, lanes=1)
        self.shares = Shares(
            elements=table.outputs,
            width=table.power_bits,
            total_width=table.total_bits,
            bits=table.bits,
            ram=plan.rams[1],
        )
        super().__init__(
            {
                **input_ports(score.bits),
                **output_ports(table.bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """What makes two of them the same module: equal powers have the same images."""
        return {
            "scores": self.scores,
            "score": self.score.name,
            "bits": self.plan.table.bits,
            "coarseness": self.plan.table.coarseness,
            "latency": self.plan.latency,
            "images": tuple(self.images),
        }

    @property
    def latency(self) -> int:
        """Cycles from the last score accepted to the last probability accepted."""
        return self.plan.latency

    @property
    def images(self) -> dict[str, MemoryImage]:
        """Contents of the memory of the powers, by the name of its image file."""
        return self.plan.powers.images

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        stages: dict[str, ScoreDistances | UnaryTable | Shares]
        stages = {"distances": self.distances, "powers": self.powers, "shares": self.shares}
        payload, valid, first, last = self.in_payload, self.in_valid, self.in_first, self.in_last
        ready = self.in_ready
        for name, stage in stages.items():
            m.submodules[name] = stage
            m.d.comb += [
                stage.in_payload.eq(payload),
                stage.in_valid.eq(valid),
                stage.in_first.eq(first),
                stage.in_last.eq(last),
                ready.eq(stage.in_ready),
            ]
            payload, valid = stage.out_payload, stage.out_valid
            first, last, ready = stage.out_first, stage.out_last, stage.out_ready
        m.d.comb += [
            self.out_payload.eq(payload),
            self.out_valid.eq(valid),
            self.out_first.eq(first),
            self.out_last.eq(last),
            ready.eq(self.out_ready),
        ]
        return m

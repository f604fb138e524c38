"""Distance of each score from the largest score of its vector."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.ends.whole_vectors import (
    WHOLE_VECTORS_LATENCY,
    WholeVectors,
    collect,
    entered,
    give,
)
from fcgen.hardware.registers import register
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.numerics.fixed import IntegerFormat

INDEX_LATENCY = 2
"""Cycles from a score and the largest one to an index."""
DISTANCES_LATENCY = WHOLE_VECTORS_LATENCY + INDEX_LATENCY
"""Cycles from a vector's last score to the index of its first one."""


class ScoreDistances(wiring.Component):
    """Distance of each score from the largest one of its vector, as the index of a table.

    ::

        out[m] = min(ceil((max score - score[m]) / 2^k), 2^index_bits - 1)

    Latency: 6 cycles from the last score to the first index. Initiation interval: one cycle a
    score. Handshake: valid/ready on both sides; what is offered holds while valid and not ready.
    Reset: drops everything.

    Parameters
    ----------
    scores : int, positive
        M, scores of a vector, one a beat.
    score : IntegerFormat
        Format of a score.
    coarseness : int
        k.
    index_bits : int, positive
    ram : str
        See `WholeVectors`.

    Ports
    -----
    in_payload : In(score.bits)
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(index_bits)
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    """

    def __init__(
        self,
        *,
        scores: int,
        score: IntegerFormat,
        coarseness: int,
        index_bits: int,
        ram: str = "",
    ) -> None:
        self.score = score
        self.coarseness = coarseness
        self.index_bits = index_bits
        self.vectors = WholeVectors(
            elements=scores, width=score.bits, fact_width=score.bits, ram=ram
        )
        super().__init__(
            {
                **input_ports(score.bits),
                **output_ports(index_bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        own: Parameters = {
            "scores": self.vectors.elements,
            "score": self.score.name,
            "coarseness": self.coarseness,
            "index_bits": self.index_bits,
        }
        return own | ({"ram": self.vectors.ram} if self.vectors.ram else {})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        vectors = self.vectors
        collect(m, self, vectors, self._largest(m))
        distance = register(m, vectors.out_fact - vectors.out_payload, "difference")
        index = register(m, self._index(m, distance[: self.score.bits]), "index")
        give(m, self, vectors, index, INDEX_LATENCY)
        return m

    def _largest(self, m: Module) -> Value:
        """Return the running maximum of the scores."""
        entered_now, payload, first = entered(m, self)
        shape = Shape(self.score.bits, self.score.signed)
        score = Signal(shape)
        largest_before = Signal(shape, reset_less=True)
        largest = Signal(shape)
        m.d.comb += [
            score.eq(payload),
            largest.eq(Mux(first | (score > largest_before), score, largest_before)),
        ]
        with m.If(entered_now):
            m.d.sync += largest_before.eq(largest)
        return largest

    def _index(self, m: Module, distance: Value) -> Value:
        """Return the table index of a distance, rounded up, so that only 0 gives index 0."""
        rounded = distance
        if self.coarseness:
            rounded = (distance + ((1 << self.coarseness) - 1))[self.coarseness :]
        entry = Signal(len(rounded))
        m.d.comb += entry.eq(rounded)
        # All entries beyond the last one are 0.
        beyond = entry[self.index_bits :].any()
        return Mux(beyond, (1 << self.index_bits) - 1, entry[: self.index_bits])

"""Top k: the indices of the k largest scores."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.numerics.fixed import IntegerFormat

TOP_K_LATENCY = 1
"""Cycles from the last score to the indices."""


class TopK(wiring.Component):
    """Indices of the k largest of M scores, the largest first; of equal ones the first goes first.

    A list of k scores is kept in order. A new score goes in front of the first one that is smaller,
    and those behind move by a place, all in one cycle.

    Latency: one cycle from the last score to the indices. Initiation interval: one cycle a score.
    Handshake: valid/ready on both sides; while indices wait at the output, everything stands
    still. Reset: drops everything.

    Parameters
    ----------
    scores : int, 1 to 65,535
        M, scores of a vector, one a beat.
    count : int, 1 to M
        k.
    score : IntegerFormat
        Format of a score.

    Ports
    -----
    in_payload : In(score.bits)
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(count * bits of range(scores))
        Index of the largest score in the least significant bits.
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
        A beat a vector, so that first and last always stand.
    """

    def __init__(self, *, scores: int, count: int, score: IntegerFormat) -> None:
        if not 1 <= count <= scores:
            raise ValueError("count must be 1 to the number of scores")
        self.scores = scores
        self.count = count
        self.score = score
        self.index_width = max((scores - 1).bit_length(), 1)
        super().__init__(
            {
                **input_ports(score.bits),
                **output_ports(count * self.index_width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        return {"scores": self.scores, "count": self.count, "score": self.score.name}

    @property
    def latency(self) -> int:
        """Cycles from the last score accepted to the indices accepted."""
        return TOP_K_LATENCY

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        advance = Signal()
        m.d.comb += [
            advance.eq(~self.out_valid | self.out_ready),
            self.in_ready.eq(advance),
            self.out_first.eq(1),
            self.out_last.eq(1),
        ]
        counter = Signal(self.index_width)
        index = Signal.like(counter)
        m.d.comb += index.eq(Mux(self.in_first, 0, counter))
        following = self._insert(m, index, advance & self.in_valid)
        with m.If(advance):
            m.d.sync += self.out_valid.eq(self.in_valid & self.in_last)
            with m.If(self.in_valid):
                m.d.sync += [counter.eq(index + 1), self.out_payload.eq(Cat(following))]
        return m

    def _insert(self, m: Module, index: Signal, enable: Value) -> list[Value]:
        """Insert a score into the sorted list; return the indices of the new list."""
        shape = Shape(self.score.bits, self.score.signed)
        score = Signal(shape)
        m.d.comb += score.eq(self.in_payload)
        scores = [Signal(shape, name=f"score_{i}", reset_less=True) for i in range(self.count)]
        places = [
            Signal(self.index_width, name=f"index_{i}", reset_less=True) for i in range(self.count)
        ]
        filled = [Signal(name=f"filled_{i}") for i in range(self.count)]
        following: list[Value] = []
        ahead: Value = Const(0)  # the score belongs in front of the place before
        for i in range(self.count):
            here = Signal(name=f"belongs_at_or_before_{i}")
            m.d.comb += here.eq(self.in_first | ~filled[i] | (score > scores[i]))
            # The entry before moves here, unless the score belongs here.
            moved = scores[i - 1], places[i - 1], filled[i - 1] & ~self.in_first
            new_score, new_place, new_filled = (
                Mux(here, Mux(ahead, before, own), stays)
                for before, own, stays in zip(
                    moved, (score, index, 1), (scores[i], places[i], filled[i]), strict=True
                )
            )
            with m.If(enable):
                m.d.sync += [
                    scores[i].eq(new_score),
                    places[i].eq(new_place),
                    filled[i].eq(new_filled),
                ]
            following.append(new_place)
            ahead = here
        return following

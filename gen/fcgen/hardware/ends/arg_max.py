"""Argmax: the index of the largest score."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.numerics.fixed import IntegerFormat


def arg_max_latency(lanes: int) -> int:
    """Return the cycles from the last beat to the index: the levels of the tree, and one."""
    return (lanes - 1).bit_length() + 1


@dataclass(frozen=True)
class Candidate:
    """A score, its index, and whether it belongs to the vector."""

    score: Value
    index: Value
    valid: Value


class ArgMax(wiring.Component):
    """Index of the largest of M scores, the first one of equal ones.

    ::

        out = min {m : score[m] = max_i score[i]}

    The lanes of a beat are compared in a tree, a register a level; its winner is compared with the
    best of the beats before.

    Latency: ``latency`` cycles from the last beat to the index. Initiation interval: one cycle a
    beat. Handshake: valid/ready on both sides; while an index waits at the output, everything
    stands still. Reset: drops everything.

    Parameters
    ----------
    scores : int, 1 to 65,535
        M, scores of a vector.
    lanes : int, 1 to M
        L, scores of a beat.
    score : IntegerFormat
        Format of a score.

    Ports
    -----
    in_payload : In(lanes * score.bits)
        Beat k carries scores k·L + lane, lane 0 in the least significant bits.
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(range(scores))
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
        A beat a vector, so that first and last always stand.
    """

    def __init__(self, *, scores: int, lanes: int, score: IntegerFormat) -> None:
        if not 1 <= lanes <= scores:
            raise ValueError("lanes must be 1 to the number of scores")
        self.scores = scores
        self.lanes = lanes
        self.score = score
        super().__init__(
            {
                **input_ports(lanes * score.bits),
                **output_ports(range(max(scores, 2))),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        return {"scores": self.scores, "lanes": self.lanes, "score": self.score.name}

    @property
    def latency(self) -> int:
        """Cycles from the last beat accepted to the index accepted."""
        return arg_max_latency(self.lanes)

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
        candidates = self._lanes(m, advance)
        control = {"valid": self.in_valid, "first": self.in_first, "last": self.in_last}
        level = 0
        while len(candidates) > 1:
            level += 1
            candidates = [
                self._larger(m, advance, candidates[i : i + 2], f"level_{level}_{i // 2}")
                for i in range(0, len(candidates), 2)
            ]
            control = {
                name: self._keep(m, advance, value, f"{name}_{level}", reset=name == "valid")
                for name, value in control.items()
            }
        self._finish(m, advance, candidates[0], control)
        return m

    def _lanes(self, m: Module, advance: Signal) -> list[Candidate]:
        """Return the candidates of a beat; unused lanes of the last beat do not count."""
        beats = -(-self.scores // self.lanes)
        base = Signal(range(max(beats * self.lanes, 2)))
        here = Signal.like(base)
        m.d.comb += here.eq(Mux(self.in_first, 0, base))
        with m.If(self.in_valid & advance):
            m.d.sync += base.eq(here + self.lanes)
        used = self.scores - (beats - 1) * self.lanes
        shape = Shape(self.score.bits, self.score.signed)
        found = []
        for lane in range(self.lanes):
            score = Signal(shape, name=f"score_{lane}")
            m.d.comb += score.eq(self.in_payload.word_select(lane, self.score.bits))
            valid = ~self.in_last if lane >= used else Const(1)
            found.append(Candidate(score, (here + lane)[: len(self.out_payload)], valid))
        return found

    def _larger(self, m: Module, advance: Signal, pair: list[Candidate], name: str) -> Candidate:
        """Return the larger of two candidates a cycle later, on a tie the first one."""
        front, behind = pair[0], pair[-1]
        score, index = front.score, front.index
        if len(pair) == 2:
            take = Signal(name=f"{name}_takes_second")
            m.d.comb += take.eq(behind.valid & (behind.score > front.score))
            score, index = Mux(take, behind.score, score), Mux(take, behind.index, index)
        kept = Signal(Shape(self.score.bits, self.score.signed), name=f"{name}_score")
        with m.If(advance):
            m.d.sync += kept.eq(score)
        return Candidate(
            kept,
            self._keep(m, advance, index, f"{name}_index"),
            self._keep(m, advance, front.valid, f"{name}_valid"),
        )

    def _keep(
        self, m: Module, advance: Signal, value: Value, name: str, *, reset: bool = False
    ) -> Signal:
        kept = Signal(len(value), name=name, reset_less=not reset)
        with m.If(advance):
            m.d.sync += kept.eq(value)
        return kept

    def _finish(
        self, m: Module, advance: Signal, winner: Candidate, control: dict[str, Value]
    ) -> None:
        """Compare the winner of a beat with the best before; the last beat gives the index."""
        best = Signal(Shape(self.score.bits, self.score.signed), reset_less=True)
        place = Signal(len(self.out_payload), reset_less=True)
        wins = Signal()
        m.d.comb += wins.eq(control["first"] | (winner.score > best))
        with m.If(advance):
            with m.If(control["valid"]):
                with m.If(wins):
                    m.d.sync += [best.eq(winner.score), place.eq(winner.index)]
                m.d.sync += self.out_payload.eq(Mux(wins, winner.index, place))
            m.d.sync += self.out_valid.eq(control["valid"] & control["last"])

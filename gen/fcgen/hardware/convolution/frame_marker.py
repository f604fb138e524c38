"""Framing of maps: the first and the last beat of many windows' results."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border


class FrameMarker(wiring.Component):
    """Makes frames of vectors: ``first`` and ``last`` are those of every ``vectors`` vectors.

    Latency: none. Initiation interval: 1 cycle. Handshake: it sees every beat that passes.
    Reset: a new frame begins.

    Parameters
    ----------
    vectors : int, at least 2
        Vectors of a frame.

    Ports
    -----
    passes : In(1)
        A beat passes now.
    vector_first, vector_last : In(1)
        It is the first, the last beat of a vector.
    first, last : Out(1)
        It is the first, the last beat of a frame.
    """

    def __init__(self, vectors: int) -> None:
        if vectors < 2:
            raise ValueError("a frame of one vector has its marks")
        self.vectors = vectors
        super().__init__(
            {
                "passes": In(1),
                "vector_first": In(1),
                "vector_last": In(1),
                "first": Out(1),
                "last": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two markers the same module."""
        return {"vectors": self.vectors}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        vector = Signal(range(self.vectors))
        at_first = Signal(init=1)
        at_last = Signal()
        m.d.comb += [
            self.first.eq(self.vector_first & at_first),
            self.last.eq(self.vector_last & at_last),
        ]
        with m.If(self.passes & self.vector_last):
            m.d.sync += [
                vector.eq(Mux(at_last, 0, vector + 1)),
                at_first.eq(at_last),
                at_last.eq(~at_last & (vector == self.vectors - 2)),
            ]
        return m

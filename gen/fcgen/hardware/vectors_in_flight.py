"""Count of the vectors between the first and the last layer of a network."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.hardware.registers import register
from fcgen.schedule.folding import ceil_div

VECTORS_STORED = 3
"""In a vector memory: two whole ones and one that comes in."""
BEATS_AT_OUTPUT = 8
"""Most beats between a result queue's memory and the next layer, those in a table included."""


def vectors_between(layers: Sequence[LayerTiming]) -> int:
    """Return an upper bound of the vectors between the first and the last vector memory.

    A vector occupies whole words of each result queue; behind the queue a beat belongs to one
    vector. Each layer may hold one vector more, as the credits of a last fold are counted late.
    """
    found = 0
    for layer in layers[:-1]:
        words_a_vector = ceil_div(layer.folding.outputs, layer.word_lanes)
        found += ceil_div(layer.queue_words, words_a_vector) + 1
        found += BEATS_AT_OUTPUT + layer.table_latency + VECTORS_STORED
    return found


class VectorsInFlight(wiring.Component):
    """Counts the vectors that the first layer is done with and the last one is not.

    Latency: a vector that begins is seen in the next cycle, before the first layer's memory can
    say that it is empty; one that ends two cycles later. Initiation interval: 1 cycle. Handshake:
    none. Reset: no vector.

    Parameters
    ----------
    capacity : int, positive
        Vectors that there can be.

    Ports
    -----
    begun, ended : In(1)
        The first layer, the last layer, reads the last beat of a vector now.
    empty : Out(1)
        There is none.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("there must be room for a vector")
        self.capacity = capacity
        super().__init__({"begun": In(1), "ended": In(1), "empty": Out(1)})

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two counters the same module."""
        return {"capacity": self.capacity}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(range(self.capacity + 1))
        begun = register(m, self.begun, "begun_before", reset=True)
        ended = register(m, self.ended, "ended_before", reset=True)
        with m.If(begun & ~ended):
            m.d.sync += count.eq(count + 1)
        with m.Elif(ended & ~begun):
            m.d.sync += count.eq(count - 1)
        m.d.comb += self.empty.eq(~begun & (count == 0))
        return m

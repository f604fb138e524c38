"""Buffer of vectors, each of which waits for a fact about all of its elements."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.beat_store import add_beat_store
from fcgen.hardware.registers import delay, register
from fcgen.hardware.streams import Input, Output
from fcgen.hardware.waiting_row import offer, waiting_row

MEMORY_LATENCY = 2
WHOLE_VECTORS_LATENCY = MEMORY_LATENCY + 2
"""Cycles from a vector's last element to its first one at the output."""


class WholeVectors(wiring.Component):
    """Gives the elements of a vector when its last one is in, with a fact about all of them.

    The elements stand in a ring with room for one vector and a part of the next, read as fast as
    it is written; the facts of whole vectors wait in a row of registers.

    Latency: 4 cycles from the last element in to the first one out, 2 of them after it was taken
    from the ring. Initiation interval: one cycle an element. Handshake: valid/ready at the input;
    at the output whoever reads says ahead whether there is room for one more, and takes what comes.
    Reset: drops everything.

    Parameters
    ----------
    elements : int, positive
        M, elements of a vector.
    width, fact_width : int, positive
        Bits of an element and of a fact.
    ram : {"", "block", "distributed"}
        Kind of memory of the ring, see `add_beat_store`.

    Ports
    -----
    in_payload : In(width)
    in_valid, in_ready, in_last : In, Out, In(1)
    in_fact : In(fact_width)
        Read in the cycle after the last element.
    out_payload : Out(width)
    out_fact : Out(fact_width)
        Of the vector of the element.
    out_room, out_taken : In, Out(1)
        An element may be taken; it is.
    out_valid, out_first, out_last : Out(1)
    """

    def __init__(self, *, elements: int, width: int, fact_width: int, ram: str = "") -> None:
        if min(elements, width, fact_width) < 1:
            raise ValueError("all parameters must be positive")
        self.elements = elements
        self.width = width
        self.fact_width = fact_width
        self.ram = ram
        super().__init__(
            {
                "in_payload": In(width),
                "in_valid": In(1),
                "in_ready": Out(1),
                "in_last": In(1),
                "in_fact": In(fact_width),
                "out_payload": Out(width),
                "out_fact": Out(fact_width),
                "out_room": In(1),
                "out_taken": Out(1),
                "out_valid": Out(1),
                "out_first": Out(1),
                "out_last": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        own: Parameters = {
            "elements": self.elements,
            "width": self.width,
            "fact_width": self.fact_width,
        }
        return own | ({"ram": self.ram} if self.ram else {})

    @property
    def facts(self) -> int:
        """Complete vectors in the buffer, at most; enough that short vectors do not stall."""
        return 2 + max(0, WHOLE_VECTORS_LATENCY - self.elements)

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = ring_depth(self.elements)
        accepted, completed = Signal(name="accepted"), Signal(name="completed")
        taken, gone = Signal(name="taken"), Signal(name="gone")
        held = Signal(range(depth + 1))
        # One more, as a vector of one element can follow before the fact before it is stored.
        places = self.facts + (self.elements == 1)
        whole_vectors = Signal(range(places + 1))
        first, last = self._place(m, taken)
        known, facts = waiting_row(m, places, completed, self.in_fact, gone)
        m.d.comb += [
            self.in_ready.eq(~held[-1] & ~(known[self.facts - 1] & self.in_last)),
            accepted.eq(self.in_valid & self.in_ready),
            taken.eq((whole_vectors != 0) & self.out_room),
            gone.eq(self.out_valid & self.out_last),
        ]
        m.d.sync += [
            completed.eq(accepted & self.in_last),
            held.eq(held + accepted - taken),
            whole_vectors.eq(whole_vectors + completed - (taken & last)),
        ]
        m.d.comb += [
            self.out_taken.eq(taken),
            self.out_payload.eq(self._ring(m, depth, accepted, taken)),
            self.out_fact.eq(facts[0]),
            self.out_valid.eq(delay(m, taken, MEMORY_LATENCY, "arrived", reset=True)),
            self.out_first.eq(delay(m, first, MEMORY_LATENCY, "first")),
            self.out_last.eq(delay(m, last, MEMORY_LATENCY, "last")),
        ]
        return m

    def _place(self, m: Module, taken: Signal) -> tuple[Value, Value]:
        """Return whether the element that is read is the first and the last of its vector."""
        place = Signal(range(max(self.elements, 2)))
        first, last = Signal(name="takes_first"), Signal(name="takes_last")
        m.d.comb += [first.eq(place == 0), last.eq(place == self.elements - 1)]
        with m.If(taken):
            m.d.sync += place.eq(Mux(last, 0, place + 1))
        return first, last

    def _ring(self, m: Module, depth: int, accepted: Signal, taken: Signal) -> Value:
        """Write accepted elements; return the elements that are read, two cycles later."""
        write_at = Signal(range(depth))
        read_at = Signal(range(depth))
        with m.If(accepted):
            m.d.sync += write_at.eq(write_at + 1)
        with m.If(taken):
            m.d.sync += read_at.eq(read_at + 1)
        write = accepted, write_at, self.in_payload
        return add_beat_store(m, "ring", depth, write, read_at, self.ram)


def ring_depth(elements: int) -> int:
    """Return the words of a ring; it holds each element until the fact of its vector is known."""
    return 1 << (elements + 1).bit_length()


def entered(m: Module, unit: Input) -> tuple[Value, Value, Value]:
    """Return the input of the cycle before: whether a beat was accepted, payload, ``first``."""
    accepted = register(m, unit.in_valid & unit.in_ready, "entered", reset=True)
    payload = register(m, unit.in_payload, "entered_payload")
    return accepted, payload, register(m, unit.in_first, "entered_first")


def collect(m: Module, unit: Input, vectors: WholeVectors, fact: Value) -> None:
    """Connect the input of a unit to its buffer of vectors, with the fact about each."""
    m.submodules.vectors = vectors
    m.d.comb += [
        vectors.in_payload.eq(unit.in_payload),
        vectors.in_valid.eq(unit.in_valid),
        vectors.in_last.eq(unit.in_last),
        vectors.in_fact.eq(fact),
        unit.in_ready.eq(vectors.in_ready),
    ]


def give(m: Module, unit: Output, vectors: WholeVectors, payload: Value, cycles: int) -> None:
    """Connect the output of a unit, whose payloads are ``cycles`` later than the elements."""
    arrived = delay(m, vectors.out_valid, cycles, "arrived", reset=True)
    first = delay(m, vectors.out_first, cycles, "first")
    last = delay(m, vectors.out_last, cycles, "last")
    latency = MEMORY_LATENCY + cycles
    room = offer(m, unit, latency, vectors.out_taken, arrived, (payload, first, last))
    m.d.comb += vectors.out_room.eq(room)

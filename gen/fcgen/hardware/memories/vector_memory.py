"""Double buffer of the input vectors, and the check of their framing."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.beat_store import add_beat_store
from fcgen.hardware.registers import register
from fcgen.hardware.streams import input_ports

SLICE_BITS = 512


class VectorMemory(wiring.Component):
    """Two whole input vectors: one is used NF times while the next one loads, at any rate.

    A vector is taken over when its beat 0 has ``first``, its beat SF − 1 has ``last`` and no beat
    between has either. Anything else drops the vector and sets ``error`` until reset: ``first``
    always begins a new vector, with that beat; after any other fault beats are swallowed up to and
    including the next ``last``, or up to the next ``first``.

    Latency: a vector is ``available`` in the cycle after its last beat was accepted; ``word``
    follows ``address`` by two cycles (memory, output register). Initiation interval: SF cycles.
    Handshake: valid/ready at the input; ``available``/``vector_end`` at the output: ``vector_end``
    frees the vector in use and must only come while it is available. Where SF > 1 the last beat
    must not be read in the very cycle in which a vector becomes available. Reset: both vectors
    and a part of one are dropped.

    Parameters
    ----------
    beats : int, positive
        SF, beats of a vector.
    width : int, positive
        Bits of a beat.
    holdable : bool
        Adds ``hold`` and ``empty``, which run-time weights need.
    block_ram : bool
        The beats stand in a `VectorStore`; otherwise the synthesis tool chooses the kind of RAM.

    Ports
    -----
    in_payload : In(width)
    in_valid, in_ready : In, Out(1)
    in_first, in_last : In(1)
        Framing of the vector.
    available, vector_end : Out, In(1)
        A whole vector is there; the controller is done with it.
    address : In(range(beats))
        Beat to read of the vector in use.
    word : Out(width)
        The beat, two cycles later.
    error : Out(1)
        A framing error was seen since the reset.
    hold : In(1), only when holdable
        Accept no first beat of a vector.
    empty : Out(1), only when holdable
        Neither vector is full and none is under way.
    """

    def __init__(
        self, *, beats: int, width: int, holdable: bool = False, block_ram: bool = False
    ) -> None:
        if beats < 1 or width < 1:
            raise ValueError("beats and width must be positive")
        self.beats = beats
        self.width = width
        self.holdable = holdable
        self.block_ram = block_ram
        ports = {
            **input_ports(width),
            "available": Out(1),
            "vector_end": In(1),
            "address": In(range(max(beats, 2))),
            "word": Out(width),
            "error": Out(1),
        }
        super().__init__(ports | ({"hold": In(1), "empty": Out(1)} if holdable else {}))

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two memories the same module."""
        own: Parameters = {"beats": self.beats, "width": self.width, "holdable": self.holdable}
        return own | ({"block_ram": True} if self.block_ram else {})

    @property
    def latency(self) -> int:
        """Cycles from an address to its word."""
        return 2

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        accept = Signal()
        position = Signal(range(max(self.beats, 2)))
        complete = Signal()
        between = self._check_framing(m, accept, position, complete)

        write_bank = Signal()
        read_bank = Signal()
        # Of 2 vectors none has a place, of 1 or 2 one is available.
        place = Signal(init=1)
        kept = self.available & ~self.vector_end
        m.d.comb += [self.in_ready.eq(place), accept.eq(self.in_valid & self.in_ready)]
        m.d.sync += [
            self.available.eq(complete | ~place | kept),
            place.eq(~(kept & (complete | ~place))),
        ]
        with m.If(self.vector_end):
            m.d.sync += read_bank.eq(~read_bank)
        with m.If(complete):
            m.d.sync += write_bank.eq(~write_bank)

        self._store(m, accept, Cat(self._row(position), write_bank), read_bank)
        if self.holdable:
            m.d.comb += self.empty.eq(~self.available & between)
            with m.If(self.hold & between):
                m.d.comb += self.in_ready.eq(0)
        return m

    def _check_framing(
        self, m: Module, accept: Signal, position: Signal, complete: Signal
    ) -> Signal:
        """Count the beats of a vector; return whether none is under way.

        ``position`` is the place of the beat at the input: the beats held so far, or 0 where
        ``first`` begins anew. ``complete`` marks the beat that makes a vector whole. After a
        fault no beats are held, and a beat 0 without ``first`` is a fault again: that swallows
        what is left of a broken vector. Whether the count is 0 or that of a last beat, which it
        is only of a vector under way, is known a beat ahead: no comparison is in the way of the
        handshake.
        """
        beat = Signal.like(position)
        between = Signal(init=1)
        last_next = Signal()
        at_end = Signal()
        goes_on = Signal()
        wrong = Signal()
        m.d.comb += [
            position.eq(Mux(self.in_first, 0, beat)),
            at_end.eq(~self.in_first & last_next if self.beats > 1 else self.in_first),
            complete.eq(accept & at_end & self.in_last),
            goes_on.eq((self.in_first | ~between) & ~at_end & ~self.in_last),
            wrong.eq((self.in_first != between) | (self.in_last != at_end)),
        ]
        is_last = Mux(self.in_first, self.beats == 2, beat == self.beats - 2)
        with m.If(accept):
            m.d.sync += [
                beat.eq(Mux(goes_on, Mux(self.in_first, 1, beat + 1), 0)),
                between.eq(~goes_on),
                last_next.eq(goes_on & is_last),
                self.error.eq(self.error | wrong),
            ]
        return between

    def _row(self, beat: Value) -> Value:
        """Return the bits of a beat number that address a bank."""
        return beat[: ceil_log2(self.beats)]

    def _store(self, m: Module, accept: Value, at: Value, read_bank: Signal) -> None:
        """Keep the beats, each bank at a power of two; an address is never read while written."""
        depth = 2 << ceil_log2(self.beats)
        write, write_address, payload = accept, at, self.in_payload
        if self.beats > 1:
            # Shorter wires; beat 0 is read first, so that the last one is in time.
            write = register(m, accept, "write", reset=True)
            write_address = register(m, at, "write_address")
            payload = register(m, self.in_payload, "write_payload")
        read_address = Cat(self._row(self.address), read_bank)
        # A wide beat is cut into several memories: no block RAM is that wide, and Amaranth's
        # simulator cannot compile a write of thousands of bits.
        for number, low in enumerate(range(0, self.width, SLICE_BITS)):
            part = slice(low, min(low + SLICE_BITS, self.width))
            name = "store" if self.width <= SLICE_BITS else f"store_{number}"
            word = add_beat_store(
                m,
                name,
                depth,
                (write, write_address, payload[part]),
                read_address,
                "block" if self.block_ram else "",
            )
            m.d.comb += self.word[part].eq(word)

"""The accelerator's input stream from bytes."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import element_bytes
from fcgen.hardware.streams import output_ports


class VectorFeeder(wiring.Component):
    """Makes the beats of vectors from bytes, an element from ⌈bits/8⌉ of them, lowest first.

    Bits of an element's last byte above its width are ignored. Elements shift through the beat;
    where the last beat is not full, it is shifted on until its elements are in place.

    Latency: 1 cycle from the last byte of a beat to the beat, and one a missing lane of the last
    one. Handshake: valid/ready on both sides. Reset and ``clear``: the next byte begins a vector.

    Parameters
    ----------
    inputs, simd, bits : int
        Elements of a vector and of a beat, and bits of an element.

    Ports
    -----
    payload : In(8)
    valid, ready : In, Out(1)
    clear : In(1)
    out_payload : Out(simd * bits)
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    """

    def __init__(self, inputs: int, simd: int, bits: int) -> None:
        self.inputs, self.simd, self.bits = inputs, simd, bits
        super().__init__(
            {
                "payload": In(8),
                "valid": In(1),
                "ready": Out(1),
                "clear": In(1),
                **output_ports(simd * bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two feeders the same module."""
        return {"inputs": self.inputs, "simd": self.simd, "bits": self.bits}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        element, whole = self._element(m)
        left = Signal(range(self.inputs + 1), init=self.inputs)
        lane = Signal(range(self.simd))
        taken = Signal()
        padding = Signal()
        shift = Signal()
        beat_end = Signal()
        m.d.comb += [
            padding.eq((left == 0) & ~self.out_valid),
            self.ready.eq(~self.out_valid & ~padding),
            taken.eq(self.valid & self.ready & whole),
            shift.eq(taken | padding),
            beat_end.eq(lane == self.simd - 1),
            self.out_last.eq(left == 0),
        ]
        with m.If(shift):
            joined = Cat(self.out_payload, element)
            m.d.sync += [self.out_payload.eq(joined[self.bits :]), lane.eq(lane + 1)]
            with m.If(beat_end):
                m.d.sync += [lane.eq(0), self.out_valid.eq(1)]
        with m.If(taken):
            m.d.sync += left.eq(left - 1)
        with m.If(self.out_valid & self.out_ready):
            m.d.sync += [self.out_valid.eq(0), self.out_first.eq(self.out_last)]
            with m.If(self.out_last):
                m.d.sync += left.eq(self.inputs)
        with m.If(self.clear):
            m.d.sync += [
                self.out_valid.eq(0),
                self.out_first.eq(1),
                left.eq(self.inputs),
                lane.eq(0),
            ]
        return m

    def _element(self, m: Module) -> tuple[Signal, Signal]:
        """Return an element, and whether the current byte completes it."""
        element = Signal(self.bits)
        whole = Signal()
        octets = element_bytes(self.bits)
        if octets == 1:
            m.d.comb += [element.eq(self.payload), whole.eq(1)]
            return element, whole
        before = Signal(8 * (octets - 1))
        count = Signal(range(octets))
        m.d.comb += [element.eq(Cat(before, self.payload)), whole.eq(count == octets - 1)]
        with m.If(self.clear):
            m.d.sync += count.eq(0)
        with m.Elif(self.valid & self.ready):
            m.d.sync += [before.eq(Cat(before, self.payload)[8:]), count.eq(count + 1)]
            with m.If(whole):
                m.d.sync += count.eq(0)
        return element, whole

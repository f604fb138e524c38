"""Bytes from the accelerator's output stream."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import element_bytes
from fcgen.hardware.streams import input_ports


class VectorDrainer(wiring.Component):
    """Makes bytes from the beats of vectors, ⌈bits/8⌉ of an element, lowest first.

    An element is extended by its sign, or by zeros. A beat whose ``first`` or ``last`` is not where
    it should be raises ``fault`` in place of being taken: what the accelerator gives is then
    nothing that can be trusted.

    Latency: 1 cycle from a beat to its first byte, then a byte a cycle. Handshake: valid/ready on
    both sides. Reset and ``clear``: the next beat begins a vector.

    Parameters
    ----------
    outputs, lanes, bits : int
        Elements of a vector and of a beat, and bits of an element.
    signed : bool
        Whether an element is two's complement.

    Ports
    -----
    in_payload : In(lanes * bits)
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    clear : In(1)
    fault : Out(1)
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    vector_end : Out(1)
        The last byte of a vector leaves.
    """

    def __init__(self, outputs: int, lanes: int, bits: int, signed: bool) -> None:
        self.outputs, self.lanes, self.bits, self.signed = outputs, lanes, bits, signed
        super().__init__(
            {
                **input_ports(lanes * bits),
                "clear": In(1),
                "fault": Out(1),
                "out_payload": Out(8),
                "out_valid": Out(1),
                "out_ready": In(1),
                "vector_end": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two drainers the same module."""
        return {
            "outputs": self.outputs,
            "lanes": self.lanes,
            "bits": self.bits,
            "signed": self.signed,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = Signal(self.lanes * self.bits)
        octets = element_bytes(self.bits)
        octet = Signal(range(octets))
        lane = Signal(range(self.lanes))
        left = Signal(range(self.outputs + 1), init=self.outputs)
        first = Signal()
        last = Signal()
        offered = Signal()
        m.d.comb += [
            first.eq(left == self.outputs),
            last.eq(left <= self.lanes),
            offered.eq(self.in_valid & ~self.out_valid & ~self.clear),
            self.fault.eq(offered & ((self.in_first != first) | (self.in_last != last))),
            self.in_ready.eq(~self.out_valid & ~self.clear & ~self.fault),
            self.out_payload.eq(self._extended(beat[: self.bits]).word_select(octet, 8)),
            self.vector_end.eq(
                self.out_valid & self.out_ready & (octet == octets - 1) & (left == 1)
            ),
        ]
        with m.If(offered & ~self.fault):
            m.d.sync += [beat.eq(self.in_payload), self.out_valid.eq(1)]
        with m.If(self.out_valid & self.out_ready):
            m.d.sync += octet.eq(octet + 1)
            with m.If(octet == octets - 1):
                m.d.sync += [octet.eq(0), lane.eq(lane + 1), left.eq(left - 1)]
                m.d.sync += beat.eq(beat >> self.bits)
                with m.If((lane == self.lanes - 1) | (left == 1)):
                    m.d.sync += [lane.eq(0), self.out_valid.eq(0)]
                with m.If(left == 1):
                    m.d.sync += left.eq(self.outputs)
        with m.If(self.clear):
            m.d.sync += [
                self.out_valid.eq(0),
                octet.eq(0),
                lane.eq(0),
                left.eq(self.outputs),
            ]
        return m

    def _extended(self, element: Signal) -> Cat:
        """Return an element in whole bytes."""
        above = 8 * element_bytes(self.bits) - self.bits
        sign = element[-1] if self.signed else 0
        return Cat(element, Mux(sign, (1 << above) - 1, 0)[:above]) if above else Cat(element)

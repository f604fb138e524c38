"""AXI4-Stream ports for a design's streams."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.padding import Element, padded, unpadded


class AxiStreams(wiring.Component):
    """Both streams of a design as AXI4-Stream: values in whole bytes, ``tlast`` alone.

    A value stands at its place of 1, 2, 4 or 8 bytes, lane 0 lowest. What stands above a value
    that comes in is ignored; above one that leaves are copies of its sign, or zeros. A vector
    begins with the beat after a ``tlast``, or the first one. Where ``tlast`` comes too early or
    not with the last beat, the vector is dropped up to ``tlast`` and ``frame_length`` says so.

    Latency: none. Initiation interval: 1 cycle. Handshake: valid/ready on both sides. Reset, and
    ``clear``: the next beat begins a vector; no beat passes in that cycle.

    Parameters
    ----------
    simd, lanes : int
        Values of a beat that goes in, and of one that comes out.
    source, target : Element
        Type of the inputs and of the outputs.
    beats : int
        Beats of a vector that goes in.

    Ports
    -----
    s_tdata, s_tvalid, s_tready, s_tlast, m_tdata, m_tvalid, m_tready, m_tlast : see AXI4-Stream
    clear : In(1)
    frame_length, vector_end : Out(1)
        A vector that came in is seen to be too short or too long; one has left.
    in_payload, in_valid, in_ready, in_first, in_last : the design's input
    out_payload, out_valid, out_ready, out_last : the design's output
    """

    def __init__(self, simd: int, lanes: int, source: Element, target: Element, beats: int) -> None:
        self.simd, self.lanes, self.beats = simd, lanes, beats
        self.source, self.target = source, target
        super().__init__(
            {
                "s_tdata": In(8 * source.octets * simd),
                "s_tvalid": In(1),
                "s_tready": Out(1),
                "s_tlast": In(1),
                "m_tdata": Out(8 * target.octets * lanes),
                "m_tvalid": Out(1),
                "m_tready": In(1),
                "m_tlast": Out(1),
                "clear": In(1),
                "frame_length": Out(1),
                "vector_end": Out(1),
                "in_payload": Out(source.bits * simd),
                "in_valid": Out(1),
                "in_ready": In(1),
                "in_first": Out(1),
                "in_last": Out(1),
                "out_payload": In(target.bits * lanes),
                "out_valid": In(1),
                "out_ready": Out(1),
                "out_last": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        return {
            "simd": self.simd,
            "lanes": self.lanes,
            "source_bits": self.source.bits,
            "target_bits": self.target.bits,
            "target_signed": self.target.extends_sign,
            "beats": self.beats,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.in_payload.eq(unpadded(self.s_tdata, self.simd, self.source)),
            self.in_valid.eq(self.s_tvalid & ~self.clear),
            self.s_tready.eq(self.in_ready & ~self.clear),
            self.in_last.eq(self.s_tlast),
            self.m_tdata.eq(padded(self.out_payload, self.lanes, self.target)),
            self.m_tvalid.eq(self.out_valid & ~self.clear),
            self.out_ready.eq(self.m_tready & ~self.clear),
            self.m_tlast.eq(self.out_last),
            self.vector_end.eq(self.m_tvalid & self.m_tready & self.m_tlast),
        ]
        self._count(m)
        return m

    def _count(self, m: Module) -> None:
        """Count the beats that come in, up to one more than a vector has."""
        position = Signal(range(self.beats + 1))
        accepted = Signal()
        m.d.comb += [
            accepted.eq(self.s_tvalid & self.s_tready),
            self.frame_length.eq(
                accepted & (position != self.beats) & (self.s_tlast != (position == self.beats - 1))
            ),
        ]
        inside = Signal()
        m.d.comb += self.in_first.eq(~inside)
        with m.If(self.clear | (accepted & self.s_tlast)):
            m.d.sync += [inside.eq(0), position.eq(0)]
        with m.Elif(accepted):
            m.d.sync += inside.eq(1)
            with m.If(position != self.beats):
                m.d.sync += position.eq(position + 1)

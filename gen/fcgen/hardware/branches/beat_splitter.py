"""Wide beats to narrow ones."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.streams import input_ports, output_ports

SPLITTER_DELAY = 1
"""Cycles from a beat that comes to its first part."""


class BeatSplitter(wiring.Component):
    """Gives a beat in several parts, the lowest one first.

    Latency: `SPLITTER_DELAY` cycle. Initiation interval: ``parts`` cycles a beat. Handshake:
    valid/ready on both sides; ``in_ready`` depends on ``out_ready``. Reset: the beat is dropped.

    Parameters
    ----------
    parts : int, at least 2
        Parts of a beat.
    width : int, positive
        Bits of a part.

    Ports
    -----
    in_payload, in_valid, in_ready, in_first, in_last
        Beats of ``parts * width`` bits.
    out_payload, out_valid, out_ready, out_first, out_last
        Beats of ``width`` bits.
    """

    def __init__(self, parts: int, width: int) -> None:
        if parts < 2 or width < 1:
            raise ValueError("a beat has two parts at least, of a bit at least")
        self.parts = parts
        self.width = width
        super().__init__({**input_ports(parts * width), **output_ports(width)})

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two splitters the same module."""
        return {"parts": self.parts, "width": self.width}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = Signal()
        payload = Signal(self.parts * self.width, reset_less=True)
        first, last = Signal(reset_less=True), Signal(reset_less=True)
        part = Signal(range(self.parts))
        at_start, at_end = Signal(init=1), Signal()
        leaves = Signal()
        m.d.comb += [
            self.out_valid.eq(held),
            self.out_payload.eq(payload[: self.width]),
            self.out_first.eq(first & at_start),
            self.out_last.eq(last & at_end),
            leaves.eq(held & self.out_ready),
            self.in_ready.eq(~held | (self.out_ready & at_end)),
        ]
        with m.If(leaves):
            m.d.sync += [
                payload.eq(payload >> self.width),
                part.eq(Mux(at_end, 0, part + 1)),
                at_start.eq(at_end),
                at_end.eq(~at_end & (part == self.parts - 2)),
            ]
        with m.If(self.in_ready):
            m.d.sync += [
                held.eq(self.in_valid),
                payload.eq(self.in_payload),
                first.eq(self.in_first),
                last.eq(self.in_last),
            ]
        return m

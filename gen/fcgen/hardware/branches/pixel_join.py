"""Maps of several layers side by side, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.streams import output_ports


class PixelJoin(wiring.Component):
    """Takes the beats of a pixel from each source in turn: their channels stand side by side.

    Latency: none. Initiation interval: 1 cycle. Handshake: valid/ready on all sides; a source is
    ready when it is its turn and the reader is. Reset: the next beat is the first one of a frame.

    Parameters
    ----------
    beats : sequence of int, positive
        Beats of a pixel of each source.
    width : int, positive
        Bits of a beat.
    pixels : int, positive
        Pixels of a frame.

    Ports
    -----
    payload_0, valid_0, ready_0, payload_1, … : In(width), In(1), Out(1)
        The sources.
    out_payload, out_valid, out_ready, out_first, out_last
        The joined map.
    """

    def __init__(self, beats: Sequence[int], width: int, pixels: int) -> None:
        if len(beats) < 2 or min(*beats, width, pixels) < 1:
            raise ValueError("two sources at least are joined, and nothing of them is empty")
        self.beats = tuple(beats)
        self.width = width
        self.pixels = pixels
        sources = range(len(self.beats))
        super().__init__(
            {
                **{f"payload_{n}": In(width) for n in sources},
                **{f"valid_{n}": In(1) for n in sources},
                **{f"ready_{n}": Out(1) for n in sources},
                **output_ports(width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two joins the same module."""
        return {"beats": self.beats, "width": self.width, "pixels": self.pixels}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        sources = range(len(self.beats))
        turn = Signal(range(len(self.beats)))
        beat = Signal(range(max(*self.beats, 2)))
        pixel = Signal(range(max(self.pixels, 2)))
        at_first = Signal(init=1)
        last_of = Signal(range(max(*self.beats, 2)))
        turn_ends, pixel_ends, at_last = Signal(), Signal(), Signal()
        m.d.comb += [
            last_of.eq(Array([beats - 1 for beats in self.beats])[turn]),
            turn_ends.eq(beat == last_of),
            pixel_ends.eq(turn_ends & (turn == len(self.beats) - 1)),
            at_last.eq(pixel == self.pixels - 1),
            self.out_first.eq(at_first),
            self.out_last.eq(pixel_ends & at_last),
        ]
        with m.Switch(turn):
            for n in sources:
                with m.Case(n):
                    m.d.comb += [
                        self.out_payload.eq(getattr(self, f"payload_{n}")),
                        self.out_valid.eq(getattr(self, f"valid_{n}")),
                        getattr(self, f"ready_{n}").eq(self.out_ready),
                    ]
        with m.If(self.out_valid & self.out_ready):
            m.d.sync += [beat.eq(Mux(turn_ends, 0, beat + 1)), at_first.eq(self.out_last)]
            with m.If(turn_ends):
                m.d.sync += turn.eq(Mux(pixel_ends, 0, turn + 1))
            with m.If(pixel_ends):
                m.d.sync += pixel.eq(Mux(at_last, 0, pixel + 1))
        return m

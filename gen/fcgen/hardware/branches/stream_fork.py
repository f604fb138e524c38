"""One stream to several readers."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.streams import input_ports


class StreamFork(wiring.Component):
    """Gives every beat to all readers, each in its own time, and takes it when all have it.

    Latency: none. Initiation interval: 1 cycle. Handshake: valid/ready on all sides; ``in_ready``
    depends on the readers'. Reset: a beat that some readers had is forgotten.

    Parameters
    ----------
    readers : int, at least 2
    width : int, positive
        Bits of a beat.

    Ports
    -----
    in_payload, in_valid, in_ready, in_first, in_last
        The stream.
    out_payload, out_first, out_last : Out
        What all readers see.
    valid_0, ready_0, valid_1, … : Out, In(1)
        Handshake of each reader.
    """

    def __init__(self, readers: int, width: int) -> None:
        if readers < 2 or width < 1:
            raise ValueError("a fork has two readers at least, and beats of a bit at least")
        self.readers = readers
        self.width = width
        super().__init__(
            {
                **input_ports(width),
                "out_payload": Out(width),
                "out_first": Out(1),
                "out_last": Out(1),
                **{f"valid_{n}": Out(1) for n in range(readers)},
                **{f"ready_{n}": In(1) for n in range(readers)},
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two forks the same module."""
        return {"readers": self.readers, "width": self.width}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        had = [Signal(name=f"had_{n}") for n in range(self.readers)]
        takes = [had[n] | getattr(self, f"ready_{n}") for n in range(self.readers)]
        every = Signal()
        m.d.comb += [
            every.eq(Cat(takes).all()),
            self.out_payload.eq(self.in_payload),
            self.out_first.eq(self.in_first),
            self.out_last.eq(self.in_last),
            self.in_ready.eq(every),
        ]
        for n in range(self.readers):
            m.d.comb += getattr(self, f"valid_{n}").eq(self.in_valid & ~had[n])
            m.d.sync += had[n].eq(self.in_valid & takes[n] & ~every)
        return m

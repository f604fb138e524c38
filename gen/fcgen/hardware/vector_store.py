"""Block RAM of the vector memory."""

from __future__ import annotations

from typing import Any

from amaranth import Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters
from fcgen.hardware.registers import register


class VectorStore(wiring.Component):
    """Memory with one write port and one read port, in block RAM.

    In the emitted Verilog this is an instance of the hand-written ``vectorStore``; what is
    described here for simulation is held equal to it by a test.

    Latency: 2 cycles from ``address`` to ``word``. Initiation interval: 1 cycle. No reset. A word
    that is read in the cycle in which it is written is undefined.

    Parameters
    ----------
    depth, width : int, positive
        Words, at least 2, and bits of a word.

    Ports
    -----
    address, write_address : In(range(depth))
    word : Out(width)
    write : In(1)
    write_data : In(width)
    """

    def __init__(self, depth: int, width: int) -> None:
        if depth < 2 or width < 1:
            raise ValueError("depth must be at least 2 and width positive")
        self.depth = depth
        self.width = width
        super().__init__(
            {
                "address": In(range(depth)),
                "word": Out(width),
                "write": In(1),
                "write_address": In(range(depth)),
                "write_data": In(width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Parameters of the Verilog module."""
        return {"WIDTH": self.width, "DEPTH": self.depth}

    def elaborate(self, platform: Any) -> Any:
        if hasattr(platform, "handwritten"):
            return platform.handwritten(self, "vectorStore", self.parameters)
        m = Module()
        m.submodules.store = store = memory.Memory(shape=self.width, depth=self.depth, init=[])
        read, write = store.read_port(), store.write_port()
        m.d.comb += [
            read.addr.eq(self.address),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
            write.en.eq(self.write),
            self.word.eq(register(m, read.data, "output_register")),
        ]
        return m

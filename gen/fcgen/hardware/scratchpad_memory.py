"""Weights in large memories that have one port and no initial contents."""

from __future__ import annotations

from typing import Any

from amaranth import Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters
from fcgen.hardware.registers import register


class ScratchpadMemory(wiring.Component):
    """One word every cycle from a memory that is written before it is used.

    In the emitted Verilog this is an instance of the hand-written ``scratchpadWeightMemory``; what
    is described here for simulation is held equal to it by a test.

    Latency: 2 cycles from ``address`` to ``word``. Initiation interval: 1 cycle. No reset. What is
    read in the cycle of a write is undefined, whatever the addresses; no layer does that.

    Parameters
    ----------
    depth, width : int, positive
        Words, and bits of a word.

    Attributes
    ----------
    image : str
        Empty: there is no way to put a file in.
    writable : bool
        Always.

    Ports
    -----
    address, write_address : In(range(depth))
    word : Out(width)
    write : In(1)
    write_data : In(width)
    """

    image = ""
    writable = True

    def __init__(self, depth: int, width: int) -> None:
        if depth < 1 or width < 1:
            raise ValueError("depth and width must be positive")
        self.depth = depth
        self.width = width
        address = range(max(depth, 2))
        super().__init__(
            {
                "address": In(address),
                "word": Out(width),
                "write": In(1),
                "write_address": In(address),
                "write_data": In(width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Parameters of the Verilog module."""
        return {"WIDTH": self.width, "DEPTH": self.depth}

    def elaborate(self, platform: Any) -> Any:
        if hasattr(platform, "handwritten"):
            return platform.handwritten(self, "scratchpadWeightMemory", self.parameters)
        m = Module()
        unknown = [(1 << self.width) - 1] * self.depth
        m.submodules.store = store = memory.Memory(shape=self.width, depth=self.depth, init=unknown)
        read, write = store.read_port(), store.write_port()
        m.d.comb += [
            read.addr.eq(self.address),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
            write.en.eq(self.write),
            self.word.eq(register(m, read.data, "output_register")),
        ]
        return m

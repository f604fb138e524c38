"""Memories with one write port and one read port whose Verilog is written by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from amaranth import Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters
from fcgen.hardware.registers import register


class TextMemory(wiring.Component):
    """Words in a device's memory that is written and read in the same clock.

    In the emitted Verilog this is an instance of the module ``text``; what is described here for
    simulation is held equal to it by a test. Subclasses say which memory it is.

    Latency: 2 cycles from ``address`` to ``word``. Initiation interval: 1 cycle. No reset.

    Parameters
    ----------
    depth, width : int, positive
        Words, and bits of a word.

    Ports
    -----
    address, write_address : In(range(depth))
    word : Out(width)
    write : In(1)
    write_data : In(width)
    """

    text: ClassVar[str]

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
            return platform.handwritten(self, self.text, self.parameters)
        m = Module()
        unwritten = [(1 << self.width) - 1] * self.depth
        store = memory.Memory(shape=self.width, depth=self.depth, init=unwritten)
        m.submodules.store = store
        read, write = store.read_port(), store.write_port()
        m.d.comb += [
            read.addr.eq(self.address),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
            write.en.eq(self.write),
            self.word.eq(register(m, read.data, "output_register")),
        ]
        return m


class VectorStore(TextMemory):
    """Vectors in block RAM, see `TextMemory`.

    A word that is read in the cycle in which it is written is undefined.
    """

    text = "vectorStore"


class ScratchpadMemory(TextMemory):
    """Weights in a memory that is written before it is used, see `TextMemory`.

    What is read in the cycle of a write is undefined, whatever the addresses; no layer does that.

    Attributes
    ----------
    image : str
        Empty: there is no way to put a file in.
    writable : bool
        Always.
    """

    text = "scratchpadWeightMemory"
    image = ""
    writable = True

"""Memory that starts with an image: weights, and the constants that go with the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amaranth import Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters

TEXTS = Path(__file__).parents[1] / "verilog"
MEMORY_LATENCY = 2
"""Cycles from an address to its word."""


class WeightMemory(wiring.Component):
    """One word every cycle from a memory that an image file fills.

    In the emitted Verilog this is an instance of the hand-written ``weightMemory`` (or
    ``parameterMemory``, which leaves the choice of RAM to the synthesis tool); what is described
    here for simulation is held equal to it by a test.

    Latency: 2 cycles from ``address`` to ``word`` (the array's register, the output register).
    Initiation interval: 1 cycle. No reset: ``word`` is what the addresses say, always. A word
    that is read in the cycle in which it is written is undefined; no layer does that.

    Parameters
    ----------
    depth, width : int, positive
        Words, and bits of a word.
    image : str
        Name of the image file, one hexadecimal word a line.
    words : sequence of int, optional
        The image's words, for simulation; zeros where it is None or too short. Read only when
        the component is elaborated for simulation.
    writable : bool
        Adds a write port.
    text : {"weightMemory", "parameterMemory"}
        Hand-written module: the first one asks for block RAM.

    Ports
    -----
    address : In(range(depth))
    word : Out(width)
        The addressed word, two cycles later.
    write, write_address, write_data : In(1), In(range(depth)), In(width), only when writable
        Replace a word at the end of the cycle.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        image: str,
        words: Sequence[int] | None = None,
        writable: bool = False,
        text: str = "weightMemory",
    ) -> None:
        if depth < 1 or width < 1:
            raise ValueError("depth and width must be positive")
        if words is not None and len(words) > depth:
            raise ValueError(f"{len(words)} words do not fit a depth of {depth}")
        if text not in ("weightMemory", "parameterMemory"):
            raise ValueError(f"there is no hand-written memory {text!r}")
        self.depth = depth
        self.width = width
        self.image = image
        self.words = words
        self.writable = writable
        self.text = f"writable{text[0].upper()}{text[1:]}" if writable else text
        address = range(max(depth, 2))
        ports = {"address": In(address), "word": Out(width)}
        if writable:
            ports |= {"write": In(1), "write_address": In(address), "write_data": In(width)}
        super().__init__(ports)

    @property
    def parameters(self) -> Parameters:
        """Parameters of the Verilog module; each instance has its own."""
        return {"WIDTH": self.width, "DEPTH": self.depth, "IMAGE": self.image}

    def elaborate(self, platform: Any) -> Any:
        if hasattr(platform, "handwritten"):
            return platform.handwritten(self, self.text, self.parameters)
        m = Module()
        m.submodules.store = store = memory.Memory(
            shape=self.width, depth=self.depth, init=self.words or []
        )
        read = store.read_port()
        output = Signal(self.width, reset_less=True)
        m.d.comb += [read.addr.eq(self.address), self.word.eq(output)]
        m.d.sync += output.eq(read.data)
        if self.writable:
            write = store.write_port()
            m.d.comb += [
                write.addr.eq(self.write_address),
                write.data.eq(self.write_data),
                write.en.eq(self.write),
            ]
        return m

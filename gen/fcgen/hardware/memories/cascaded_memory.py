"""A deep memory of several block RAMs, with a register behind their multiplexer."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Module
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.text_memory import ScratchpadMemory
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY, WeightMemory
from fcgen.hardware.registers import delay, register, select


class CascadedMemory(wiring.Component):
    """One word every cycle from memories that each hold a part of the words.

    The parts are as deep as a block RAM, so that each has the RAM's own output register; the word
    of the addressed part is chosen by a tree of pairs with registers between its levels, as RAMs
    are far from each other. The last register also halves the way from a RAM to a multiplier.

    Latency: ``latency`` cycles from ``address`` to ``word``. Initiation interval: 1 cycle. No
    reset. A word that is read in the cycle in which it is written is undefined.

    Parameters
    ----------
    parts : sequence of WeightMemory or ScratchpadMemory
        In the order of the words; each but the last one has the same depth, a power of two.
    latency : int, at least 3

    Ports
    -----
    address : In(range(depth))
    word : Out(width)
    write, write_address, write_data : In(1), In(range(depth)), In(width), only when writable
    """

    def __init__(self, parts: Sequence[WeightMemory | ScratchpadMemory], *, latency: int) -> None:
        if latency <= MEMORY_LATENCY:
            raise ValueError(f"latency must be more than {MEMORY_LATENCY}")
        self.parts = tuple(parts)
        self.latency = latency
        first = self.parts[0]
        if len(self.parts) > 1 and first.depth & (first.depth - 1):
            raise ValueError("the depth of a part must be a power of two")
        if any(part.depth != first.depth for part in self.parts[:-1]):
            raise ValueError("all parts but the last one must have the same depth")
        self.depth = sum(part.depth for part in self.parts)
        self.width = first.width
        self.writable = first.writable
        address = range(max(self.depth, 2))
        ports = {"address": In(address), "word": Out(self.width)}
        if self.writable:
            ports |= {"write": In(1), "write_address": In(address), "write_data": In(self.width)}
        super().__init__(ports)

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters, and the images: what makes two memories the same module."""
        images = tuple(part.image for part in self.parts)
        return {
            "depth": self.depth,
            "width": self.width,
            "latency": self.latency,
            "images": images,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        for number, part in enumerate(self.parts):
            m.submodules[f"part_{number}"] = part
            m.d.comb += part.address.eq(self.address)
            if self.writable:
                m.d.comb += [
                    part.write.eq(self.write & (self._part(self.write_address) == number)),
                    part.write_address.eq(self.write_address),
                    part.write_data.eq(self.write_data),
                ]
        m.d.comb += self.word.eq(self._choose(m))
        return m

    def _choose(self, m: Module) -> Value:
        """Return the word of the addressed part, with some levels of the tree in each cycle."""
        words: list[Value] = [part.word for part in self.parts]
        number = delay(m, self._part(self.address), MEMORY_LATENCY, "part_number")
        stages = self.latency - MEMORY_LATENCY
        levels = -(-len(number) // stages)
        size = 1 << levels
        for stage in range(stages):
            groups = [words[first : first + size] for first in range(0, len(words), size)]
            words = [
                register(m, select(group, number), f"word_{stage}_{index}")
                for index, group in enumerate(groups)
            ]
            number = register(m, number[levels:], f"part_number_after_{stage}")
        return words[0]

    def _part(self, address: Value) -> Value:
        """Return the number of the part that holds an address."""
        if len(self.parts) == 1:
            return address[:0]
        return address[(self.parts[0].depth - 1).bit_length() :]

"""Memory of a table: its image, its cut into block RAMs, and its component."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.cascaded_memory import CascadedMemory
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY, WeightMemory
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import GENERIC, Mapping
from fcgen.schedule.memory_cut import MemoryCut, RamShape, rams_of


class Table(Protocol):
    """A table: one entry for each value of an index."""

    @property
    def index(self) -> IntegerFormat:
        """Format of the index."""

    @property
    def output(self) -> IntegerFormat:
        """Format of the entries."""

    @property
    def entries(self) -> np.ndarray:
        """Entries, from the smallest index to the largest."""

    @property
    def size(self) -> int:
        """Number of entries."""


@dataclass(frozen=True)
class TablePlan:
    """How a lane stores the entries of a table.

    Attributes
    ----------
    table : Table
        An `ActivationTable`, or the powers of a softmax.
    cut : MemoryCut, optional
        Cut into block RAMs; None for look-up tables, or where the synthesis tool decides.
    image_prefix : str
        What the names of the image files start with.
    """

    table: Table
    cut: MemoryCut | None
    image_prefix: str = ""

    @classmethod
    def of(cls, table: Table, mapping: Mapping = GENERIC, image_prefix: str = "") -> TablePlan:
        """Return the plan of a table on a mapping."""
        return cls(table, mapping.constant_cut(table.size, table.output.bits), image_prefix)

    @property
    def latency(self) -> int:
        """Cycles from an index to its entry; one more for a memory of several parts."""
        return MEMORY_LATENCY + (self.cut is not None and len(self.cut.depths) > 1)

    @property
    def text(self) -> str:
        """Hand-written module of the memories."""
        return "weightMemory" if self.cut else "parameterMemory"

    @cached_property
    def images(self) -> dict[str, MemoryImage]:
        """Contents of each part of the memory, by the name of its image file."""
        # The address is the bits of the index: that of -1 is the last word.
        entries = np.roll(self.table.entries, self.table.index.minimum)
        whole = MemoryImage.pack((entries, self.table.output.bits))
        # The name is a hash of the contents, so that equal tables share a file and a module.
        name = f"{self.image_prefix}table_{hashlib.sha256(whole.text()).hexdigest()[:12]}"
        depths = self.cut.depths if self.cut else (self.table.size,)
        if len(depths) == 1:
            return {f"{name}.hex": whole}
        ends = np.cumsum(depths).tolist()
        return {
            f"{name}_part_{number}.hex": whole[end - depth : end]
            for number, (end, depth) in enumerate(zip(ends, depths, strict=True))
        }

    def rams_in_use(self, shapes: Sequence[RamShape]) -> int:
        """Return the block RAMs of a lane, as synthesis leaves them."""
        if self.cut is None:
            return 0
        images = self.images.values()
        return sum(rams_of(len(image), image.distinct, shapes) for image in images)

    def memory(self) -> WeightMemory | TableMemory:
        """Return the memory of a lane."""
        return TableMemory(self) if len(self.images) > 1 else self.parts()[0]

    def parts(self) -> list[WeightMemory]:
        """Return the memories of the parts."""
        width = self.table.output.bits
        return [
            WeightMemory(len(image), width, name, image, text=self.text)
            for name, image in self.images.items()
        ]


class TableMemory(wiring.Component):
    """Entries of a table in several block RAMs, one behind the other.

    Latency: ``latency`` cycles from ``address`` to ``word``. Initiation interval: 1 cycle. No
    reset.

    Parameters
    ----------
    plan : TablePlan
        Of several parts.

    Ports
    -----
    address : In(index.bits)
    word : Out(output.bits)
    """

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan
        table = plan.table
        super().__init__({"address": In(table.index.bits), "word": Out(table.output.bits)})

    @property
    def parameters(self) -> Parameters:
        """What makes two of them the same module: the images."""
        return {"latency": self.plan.latency, "images": tuple(self.plan.images)}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        memory = CascadedMemory(self.plan.parts(), latency=self.plan.latency)
        m.submodules.parts = memory
        m.d.comb += [memory.address.eq(self.address), self.word.eq(memory.word)]
        return m

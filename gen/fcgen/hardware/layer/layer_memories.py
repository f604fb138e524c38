"""The memories of a layer, and with run-time weights their taps on the parameter chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from amaranth import Cat, Module
from amaranth.hdl import Value

from fcgen.hardware.memories.cascaded_memory import CascadedMemory
from fcgen.hardware.memories.contents import Bank, WeightBank, parameter_banks, weight_banks
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.memories.text_memory import ScratchpadMemory
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY, WeightMemory
from fcgen.hardware.parameters.parameter_space import AddressSpace
from fcgen.hardware.parameters.parameter_tap import ParameterTap
from fcgen.hardware.requantization.requantizer_column import ResultPlan
from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC, Mapping
from fcgen.schedule.memory_cut import MemoryCut

AnyMemory = WeightMemory | ScratchpadMemory | CascadedMemory


@dataclass(frozen=True)
class MemoryPort:
    """Ports of the memories of a group or a column.

    Attributes
    ----------
    addresses : list of Value
        Address inputs to be driven, all with the same address.
    word : Value
        The banks' words side by side, two cycles later.
    """

    addresses: list[Value]
    word: Value


class LayerMemories:
    """Weight and parameter memories of a layer.

    Parameters
    ----------
    dense : DenseLayer
    folding : Folding
    plan : ResultPlan
    mapping : Mapping
    prefix : str
        Prefix of the names of the image files.
    """

    def __init__(
        self,
        dense: DenseLayer,
        folding: Folding,
        plan: ResultPlan,
        mapping: Mapping = GENERIC,
        prefix: str = "",
    ) -> None:
        self.dense = dense
        self.folding = folding
        self.mapping = mapping
        self.prefix = prefix
        self.writable = dense.runtime_weights
        self.weights = weight_banks(
            folding, dense.weight_format, writable=self.writable, mapping=mapping
        )
        self.constants = parameter_banks(folding, plan, writable=self.writable)

    @property
    def banks(self) -> tuple[Bank, ...]:
        """All memories, in the order of the parameter chain."""
        return tuple(chain.from_iterable([*self.weights, *self.constants]))

    @cached_property
    def images(self) -> dict[str, MemoryImage]:
        """Contents of every memory, by the name of its image file."""
        images = {}
        for bank in self.banks:
            whole, first = bank.contents(self.dense, self.folding), 0
            for name, depth in self.parts(bank):
                images[name] = whole[first : first + depth]
                first += depth
        return images

    def parts(self, bank: Bank) -> list[tuple[str, int]]:
        """Return the name of the image file and the words of each part of a memory."""
        found = self.cut(bank)
        depths = found.depths if found else (bank.depth,)
        if len(depths) == 1:
            return [(f"{self.prefix}{bank.name}.hex", bank.depth)]
        names = (f"{self.prefix}{bank.name}_part_{number}.hex" for number in range(len(depths)))
        return list(zip(names, depths, strict=True))

    def cut(self, bank: Bank) -> MemoryCut | None:
        """Return the cut of a memory into block RAMs; None where the synthesis tool decides."""
        if isinstance(bank, WeightBank):
            return self.mapping.weight_cut(bank.depth, bank.width)
        return self.mapping.constant_cut(bank.depth, bank.width, writable=self.writable)

    def place(
        self, m: Module, space: AddressSpace | None
    ) -> tuple[list[MemoryPort], list[MemoryPort], list[ParameterTap]]:
        """Add the memories to the layer, with run-time weights each behind a tap.

        Parameters
        ----------
        m : Module
        space : AddressSpace, optional
            Of the parameter chain; None without run-time weights.

        Returns
        -------
        weights, constants : list of MemoryPort
            Of every group and of every column.
        taps : list of ParameterTap
            Taps of the memories, not yet connected with each other; empty without run-time
            weights.
        """
        taps: list[ParameterTap] = []
        weights = [self._place_banks(m, banks, space, taps) for banks in self.weights]
        constants = [self._place_banks(m, banks, space, taps) for banks in self.constants]
        return weights, constants, taps

    def _place_banks(
        self,
        m: Module,
        banks: Sequence[Bank],
        space: AddressSpace | None,
        taps: list[ParameterTap],
    ) -> MemoryPort:
        addresses, words = [], []
        for bank in banks:
            m.submodules[bank.name] = memory = self._memory(bank)
            words.append(memory.word)
            if space is None:
                addresses.append(memory.address)
                continue
            m.submodules[f"tap_{bank.name}"] = tap = self._tap(m, space, memory)
            taps.append(tap)
            addresses.append(tap.layer_address)
        return MemoryPort(addresses, Cat(words))

    def _memory(self, bank: Bank) -> AnyMemory:
        """Return a memory with the latency of the mapping."""
        latency = self.mapping.weight_latency
        if self.mapping.scratchpad and isinstance(bank, WeightBank):
            scratchpad = ScratchpadMemory(bank.depth, bank.width)
            return (
                scratchpad
                if latency == MEMORY_LATENCY
                else CascadedMemory([scratchpad], latency=latency)
            )
        in_block_ram = isinstance(bank, WeightBank) or self.cut(bank) is not None
        parts = [
            WeightMemory(
                depth=depth,
                width=bank.width,
                image=name,
                words=self.images[name],
                writable=self.writable,
                text="weightMemory" if in_block_ram else "parameterMemory",
            )
            for name, depth in self.parts(bank)
        ]
        if latency == MEMORY_LATENCY:
            return parts[0]
        return CascadedMemory(parts, latency=latency)

    def tap(self, space: AddressSpace, address_width: int, data_width: int) -> ParameterTap:
        """Return the tap of a memory on the parameter chain."""
        return ParameterTap(
            index_width=space.index_width,
            word_width=space.word_width,
            address_width=address_width,
            data_width=data_width,
            memory_latency=self.mapping.weight_latency,
        )

    def _tap(self, m: Module, space: AddressSpace, memory: AnyMemory) -> ParameterTap:
        """Return a tap that is connected to a memory."""
        tap = self.tap(space, len(memory.address), memory.width)
        m.d.comb += [
            memory.address.eq(tap.memory_address),
            memory.write.eq(tap.memory_write),
            memory.write_address.eq(tap.memory_write_address),
            memory.write_data.eq(tap.memory_data),
            tap.memory_word.eq(memory.word),
        ]
        return tap

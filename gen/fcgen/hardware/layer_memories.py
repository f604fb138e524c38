"""The memories of a layer, and with run-time weights the chain that reaches them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from amaranth import Cat, Module
from amaranth.hdl import Value
from amaranth.lib.wiring import In, Out

from fcgen.dense_layer import DenseLayer
from fcgen.folding import Folding
from fcgen.hardware.cascaded_memory import CascadedMemory
from fcgen.hardware.memories import Bank, WeightBank, parameter_banks, weight_banks
from fcgen.hardware.parameter_port import ParameterPort, host_ports, memory_number_width
from fcgen.hardware.parameter_tap import HOST_BITS, ParameterTap, answer_latency
from fcgen.hardware.result_plan import ResultPlan
from fcgen.hardware.scratchpad_memory import ScratchpadMemory
from fcgen.hardware.weight_memory import MEMORY_LATENCY, WeightMemory
from fcgen.images import MemoryImage
from fcgen.mapping import GENERIC, Mapping, MemoryCut

AnyMemory = WeightMemory | ScratchpadMemory | CascadedMemory


@dataclass(frozen=True)
class MemoryPort:
    """What the layer sees of a group's or a column's memories.

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
    network : DenseLayer
    folding : Folding
    plan : ResultPlan
    mapping : Mapping
    prefix : str
        What the names of the image files start with.
    """

    def __init__(
        self,
        network: DenseLayer,
        folding: Folding,
        plan: ResultPlan,
        mapping: Mapping = GENERIC,
        prefix: str = "",
    ) -> None:
        self.network = network
        self.folding = folding
        self.mapping = mapping
        self.prefix = prefix
        self.writable = network.runtime_weights
        self.weights = weight_banks(
            folding, network.weight_format, writable=self.writable, mapping=mapping
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
            whole, first = bank.contents(self.network, self.folding), 0
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
        """Return how a memory is made of block RAMs; None where the tool decides."""
        if isinstance(bank, WeightBank):
            return self.mapping.weight_cut(bank.depth, bank.width)
        return self.mapping.constant_cut(bank.depth, bank.width, writable=self.writable)

    @property
    def word_width(self) -> int:
        """Bits of the word address of the parameter port."""
        return max((max(bank.depth for bank in self.banks) - 1).bit_length(), 1)

    @cached_property
    def ports(self) -> dict[str, In | Out]:
        """Ports that run-time weights add to the layer."""
        if not self.writable:
            return {}
        return host_ports(len(self.banks), self.word_width)

    @property
    def _index_width(self) -> int:
        return memory_number_width(len(self.banks))

    @property
    def read_latency(self) -> int:
        """Cycles from a read at the parameter port to its data."""
        return len(self.banks) + answer_latency(self.mapping.weight_latency)

    def address(self, memory: int, word: int) -> int:
        """Return the address of a memory's word at the parameter port."""
        return memory << self.word_width | word

    def writes(self, network: DenseLayer) -> Iterator[tuple[int, int]]:
        """Yield (address, data) of the writes that make the layer compute ``network``."""
        for number, bank in enumerate(self.banks):
            for word, data in enumerate(bank.contents(network, self.folding)):
                yield self.address(number, word), data

    def describe(self) -> dict[str, object]:
        """Return the address map for the manifest."""
        at_start = {"written_at_start": True} if self.mapping.scratchpad else {}
        return {
            **at_start,
            "address": f"memory * {1 << self.word_width} + word",
            "data_bits": HOST_BITS,
            "read_latency": self.read_latency,
            "memories": [
                {"images": [name for name, _ in self.parts(bank)], **bank.describe(self.folding)}
                for bank in self.banks
            ],
        }

    def place(
        self, m: Module, drain_cycles: int
    ) -> tuple[list[MemoryPort], list[MemoryPort], ParameterPort | None]:
        """Add the memories to the layer.

        Returns
        -------
        weights, constants : list of MemoryPort
            Of every group and of every column.
        port : ParameterPort or None
            Head of the parameter chain, to be connected by the layer; None without run-time
            weights.
        """
        taps: list[ParameterTap] = []
        weights = [self._place_banks(m, banks, taps) for banks in self.weights]
        constants = [self._place_banks(m, banks, taps) for banks in self.constants]
        if not self.writable:
            return weights, constants, None
        m.submodules.parameter_port = port = self.port(drain_cycles)
        self._link(m, port, taps)
        return weights, constants, port

    def port(self, drain_cycles: int) -> ParameterPort:
        """Return the head of the parameter chain."""
        depths = tuple(bank.depth for bank in self.banks)
        return ParameterPort(
            memory_depths=depths, word_width=self.word_width, drain_cycles=drain_cycles
        )

    def _place_banks(
        self, m: Module, banks: Sequence[Bank], taps: list[ParameterTap]
    ) -> MemoryPort:
        addresses, words = [], []
        for bank in banks:
            m.submodules[bank.name] = memory = self._memory(bank)
            words.append(memory.word)
            if self.writable:
                m.submodules[f"tap_{bank.name}"] = tap = self._tap(m, memory)
                taps.append(tap)
            addresses.append(taps[-1].layer_address if self.writable else memory.address)
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

    def tap(self, address_width: int, data_width: int) -> ParameterTap:
        """Return the place of a memory on the parameter chain."""
        return ParameterTap(
            index_width=self._index_width,
            word_width=self.word_width,
            address_width=address_width,
            data_width=data_width,
            memory_latency=self.mapping.weight_latency,
        )

    def _tap(self, m: Module, memory: AnyMemory) -> ParameterTap:
        """Put a tap between the layer and a memory."""
        tap = self.tap(len(memory.address), memory.width)
        m.d.comb += [
            memory.address.eq(tap.memory_address),
            memory.write.eq(tap.memory_write),
            memory.write_address.eq(tap.memory_write_address),
            memory.write_data.eq(tap.memory_data),
            tap.memory_word.eq(memory.word),
        ]
        return tap

    def _link(self, m: Module, port: ParameterPort, taps: Sequence[ParameterTap]) -> None:
        """Connect the taps one behind the other, the first one to the port."""
        for tap, before in zip(taps, [None, *taps], strict=False):
            for name in tap.chain:
                m.d.comb += getattr(tap, name).eq(
                    getattr(before, f"next_{name}") if before else getattr(port, name)
                )
        m.d.comb += [
            port.answer_back.eq(taps[-1].next_answer),
            port.answered_back.eq(taps[-1].next_answered),
        ]

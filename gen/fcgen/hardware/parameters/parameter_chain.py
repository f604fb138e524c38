"""The parameter chain: the memories of one layer or of all layers, as the host addresses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fcgen.hardware.layer.layer_memories import LayerMemories
from fcgen.hardware.parameters.parameter_port import ParameterPort
from fcgen.hardware.parameters.parameter_space import AddressSpace, ChainPlace
from fcgen.hardware.parameters.parameter_tap import HOST_BITS, answer_latency
from fcgen.hardware.requantization.requantizer_column import result_plan
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule


class ParameterChain:
    """Memories of one layer or of several in a row, and the latencies of the chain.

    Answers follow the requests at a distance that the latency of the memories sets. Registers
    between two layers equalise it: they delay the answers by the difference where the next
    layer's memories are slower, and the requests where they are faster.

    Parameters
    ----------
    layers : sequence of LayerMemories
    names : sequence of str
        Names of the layers of a network; empty for a layer that stands alone.
    """

    def __init__(self, layers: Sequence[LayerMemories], names: Sequence[str] = ()) -> None:
        self.layers = tuple(layers)
        self.names = tuple(names)
        self.banks = tuple(bank for layer in self.layers for bank in layer.banks)
        self.space = AddressSpace(tuple(bank.depth for bank in self.banks))

    @classmethod
    def of(
        cls, network: Network, schedule: Schedule, mappings: Sequence[Mapping], prefix: str = ""
    ) -> ParameterChain:
        """Return the chain of a network without building its hardware."""
        names = () if network.layer is not None else instance_names(network)
        prefixes = [f"{prefix}{name}_" for name in names] or [prefix]
        layers = [
            LayerMemories(layer, folding, result_plan(layer, chosen.requantizer), chosen, at)
            for layer, folding, chosen, at in zip(
                network.layers, schedule, mappings, prefixes, strict=True
            )
        ]
        return cls(layers, names)

    def place(self, number: int) -> ChainPlace:
        """Return the place of a layer."""
        return ChainPlace(self.space, number == 0, number == len(self.layers) - 1)

    @property
    def borders(self) -> tuple[tuple[int, int], ...]:
        """Cycles by which requests and answers are delayed between each layer and the next."""
        latencies = [layer.mapping.weight_latency for layer in self.layers]
        steps = [after - before for before, after in pairwise(latencies)]
        return tuple((max(-step, 0), max(step, 0)) for step in steps)

    @property
    def settle_cycles(self) -> int:
        """Cycles from an accepted request until it has reached the last memory."""
        return len(self.banks) + 1 + sum(requests for requests, _ in self.borders)

    @property
    def read_latency(self) -> int:
        """Cycles from a read at the parameter port to its data."""
        own = answer_latency(self.layers[0].mapping.weight_latency)
        return len(self.banks) + own + sum(answers for _, answers in self.borders)

    def writes(self, layers: DenseLayer | Sequence[DenseLayer]) -> Iterator[tuple[int, int]]:
        """Yield (address, data) of the writes that make the hardware compute these layers."""
        layers = (layers,) if isinstance(layers, DenseLayer) else layers
        number = 0
        for memories, layer in zip(self.layers, layers, strict=True):
            for bank in memories.banks:
                for word, data in enumerate(bank.contents(layer, memories.folding)):
                    yield self.space.address(number, word), data
                number += 1

    def describe(self) -> dict[str, object]:
        """Return the address map for the manifest."""
        at_start = any(memories.mapping.scratchpad for memories in self.layers)
        found = []
        for number, memories in enumerate(self.layers):
            named = {"layer": self.names[number]} if self.names else {}
            for bank in memories.banks:
                images = [name for name, _ in memories.parts(bank)]
                found.append({**named, "images": images, **bank.describe(memories.folding)})
        return {
            **({"written_at_start": True} if at_start else {}),
            "address": f"memory * {1 << self.space.word_width} + word",
            "data_bits": HOST_BITS,
            "read_latency": self.read_latency,
            "memories": found,
        }

    def port(self, drain_cycles: int) -> ParameterPort:
        """Return the head of the chain; see `ParameterPort` for ``drain_cycles``."""
        return ParameterPort(
            space=self.space, drain_cycles=drain_cycles, settle_cycles=self.settle_cycles
        )

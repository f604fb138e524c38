"""Schedule: the folding of every layer of a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import lcm

from fcgen.errors import bad_input
from fcgen.network.network import Network
from fcgen.network.sources import Sources, consumers
from fcgen.schedule.folding import Folding


def _sizes(folding: Folding) -> tuple[int, ...]:
    """Return what a folding has of its layer."""
    sizes = (folding.inputs, folding.outputs, folding.weight_bits)
    if not folding.channels:
        return sizes
    map_sizes = (folding.positions, folding.channels, folding.pixels, int(folding.depthwise))
    return (*sizes, *map_sizes)


@dataclass(frozen=True)
class Schedule:
    """Foldings of layers; in a chain a layer gives as many lanes as the next one takes.

    Attributes
    ----------
    foldings : tuple of Folding
    sources : tuple of tuple of int
        As those of a network. In a graph a layer gives a multiple of the lanes that each layer
        behind it takes.

    Raises
    ------
    InputError
        When the lanes of neighbours differ.
    """

    foldings: tuple[Folding, ...]
    sources: Sources = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "foldings", tuple(self.foldings))
        if self.sources:
            self._check_graph()
            return
        for number, (before, after) in enumerate(
            zip(self.foldings, self.foldings[1:], strict=False), 1
        ):
            if before.output_lanes != after.input_lanes:
                rule = f"layer {number + 1} takes {after.input_lanes} a beat"
                found = f"{before.output_lanes} output lanes of layer {number}"
                raise bad_input("schedule", found, rule, "use one number")

    def _check_graph(self) -> None:
        for number, (after, sources) in enumerate(zip(self.foldings, self.sources, strict=True), 1):
            for source in sources:
                lanes = self.foldings[source].output_lanes
                if source >= 0 and lanes % after.input_lanes:
                    rule = f"layer {number} takes {after.input_lanes} a beat"
                    found = f"{lanes} output lanes of layer {source + 1}"
                    raise bad_input("schedule", found, rule, "give a multiple")

    def __iter__(self) -> Iterator[Folding]:
        return iter(self.foldings)

    def __len__(self) -> int:
        return len(self.foldings)

    @classmethod
    def chain(
        cls, network: Network, sizes: tuple[tuple[int, int], ...], output_lanes: int = 1
    ) -> Schedule:
        """Return the schedule of a network.

        Parameters
        ----------
        network : Network
        sizes : tuple of (int, int)
            P and S of each layer.
        output_lanes : int
            Results per beat of the last layer; those of the others follow from ``sizes``.
        """
        if len(sizes) != len(network.layers):
            rule = f"the network has {len(network.layers)} layers"
            raise bad_input("folding", f"{len(sizes)} layers", rule, "give PExSIMD for each")
        takes = [
            pe if layer.depthwise else simd
            for layer, (pe, simd) in zip(network.layers, sizes, strict=True)
        ]
        lanes = [
            lcm(*(takes[one] for one in consumers(network.edges, number)))
            for number in range(len(takes) - 1)
        ]
        lanes.append(output_lanes)
        return cls(
            tuple(
                Folding.of(layer, pe, simd, out)
                for layer, (pe, simd), out in zip(network.layers, sizes, lanes, strict=True)
            ),
            network.sources,
        )

    def check(self, network: Network) -> None:
        """Check that the foldings fit a network's layers.

        Raises
        ------
        InputError
            When a size differs.
        """
        found = [_sizes(folding) for folding in self]
        wanted = [_sizes(Folding.of(layer)) for layer in network.layers]
        if found != wanted:
            raise bad_input("schedule", found, f"the layers are {wanted}", "fold these")
        if network.end.serial and self.foldings[-1].output_lanes != 1:
            rule = f"{network.end.kind} takes one output at a time"
            raise bad_input("--output-lanes", self.foldings[-1].output_lanes, rule, "use 1")

    @property
    def simd(self) -> int:
        """Lanes of an input beat."""
        return self.foldings[0].input_lanes

    @property
    def initiation_interval(self) -> int:
        """Cycles per vector: the initiation interval of the slowest layer."""
        return max(folding.initiation_interval for folding in self)

    @property
    def multipliers(self) -> int:
        """Multiply-accumulate operations per cycle."""
        return sum(folding.pe * folding.simd for folding in self)

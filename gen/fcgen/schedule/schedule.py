"""Schedule: the folding of every layer of a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fcgen.errors import bad_input
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding


@dataclass(frozen=True)
class Schedule:
    """Foldings of layers in a chain: the output lanes of each layer are the lanes of the next.

    Raises
    ------
    InputError
        When the lanes of neighbours differ.
    """

    foldings: tuple[Folding, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "foldings", tuple(self.foldings))
        for number, (before, after) in enumerate(
            zip(self.foldings, self.foldings[1:], strict=False), 1
        ):
            if before.output_lanes != after.simd:
                rule = f"layer {number + 1} takes {after.simd} a beat"
                found = f"{before.output_lanes} output lanes of layer {number}"
                raise bad_input("schedule", found, rule, "use one number")

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
        lanes = [*(simd for _, simd in sizes[1:]), output_lanes]
        return cls(
            tuple(
                Folding(layer.inputs, layer.outputs, pe, simd, out, layer.weight_format.bits)
                for layer, (pe, simd), out in zip(network.layers, sizes, lanes, strict=True)
            )
        )

    def check(self, network: Network) -> None:
        """Check that the foldings fit a network's layers.

        Raises
        ------
        InputError
            When a size differs.
        """
        found = [(folding.inputs, folding.outputs, folding.weight_bits) for folding in self]
        wanted = [
            (layer.inputs, layer.outputs, layer.weight_format.bits) for layer in network.layers
        ]
        if found != wanted:
            raise bad_input("schedule", found, f"the layers are {wanted}", "fold these")
        if network.end.serial and self.foldings[-1].output_lanes != 1:
            rule = f"{network.end.kind} takes one output at a time"
            raise bad_input("--output-lanes", self.foldings[-1].output_lanes, rule, "use 1")

    @property
    def simd(self) -> int:
        """Lanes of an input beat."""
        return self.foldings[0].simd

    @property
    def initiation_interval(self) -> int:
        """Cycles per vector: the initiation interval of the slowest layer."""
        return max(folding.initiation_interval for folding in self)

    @property
    def multipliers(self) -> int:
        """Multiply-accumulate operations per cycle."""
        return sum(folding.pe * folding.simd for folding in self)

"""What a network is and costs, layer by layer."""

from dataclasses import dataclass
from typing import Any

from fcgen.design.host_inputs import scaled_one_by_one
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule
from fcgen.summary.layer import Summary, Timing, kind_of, summarise
from fcgen.text.table import box
from fcgen.text.wording import count

ENDS = {
    "values": "the outputs of the last layer",
    "argmax": "the index of the largest output",
    "top_k": "the indices of the {count} largest outputs",
    "softmax": "the probability of each output",
}


@dataclass(frozen=True, eq=False)
class NetworkSummary:
    """Sizes, folding, cycles and formats of a network; ``str()`` is the printed form.

    Attributes
    ----------
    network : Network
    schedule : Schedule
    latency, latency_first : int
        In cycles, as INTERFACE defines them.
    """

    network: Network
    schedule: Schedule
    latency: int
    latency_first: int

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def slowest(self) -> int:
        """Number of the layer that sets the pace, from 0."""
        intervals = [folding.initiation_interval for folding in self.schedule]
        return intervals.index(max(intervals))

    def as_dict(self) -> dict[str, Any]:
        """Return the promised keys of ``--json``, and those of each layer."""
        network, schedule = self.network, self.schedule
        return {
            "name": network.name,
            "input_shape": list(network.input_shape),
            "output_shape": [network.outputs],
            "parameters": network.parameters,
            "macs": network.macs,
            "multipliers": schedule.multipliers,
            "initiation_interval": schedule.initiation_interval,
            "slowest_layer": network.layers[self.slowest].name,
            "latency": self.latency,
            "latency_first": self.latency_first,
            "activation_format": network.activation_format.name,
            "output_format": network.output_format.name,
            "end": network.end.kind,
            **({"softmax": network.softmax.as_dict()} if network.softmax else {}),
            "runtime_weights": network.runtime_weights,
            "layers": [layer.as_dict() for layer in self._layers()],
        }

    def _layers(self) -> list[Summary]:
        pairs = zip(self.network.layers, self.schedule, strict=True)
        return [summarise(layer, folding) for layer, folding in pairs]

    def lines(self) -> list[str]:
        """Return the printed form."""
        network = self.network
        head = ("Layer (type)", "Formats", "Output", "Param #", "PE x SIMD", "Cycles")
        rows = [
            (
                f"{layer.name} ({kind_of(layer)})",
                f"{layer.weight_format.name} x {layer.activation_format.name} -> "
                f"{layer.output_format.name}",
                "(" + ", ".join(map(str, layer.frame_output_shape)) + ")",
                f"{layer.parameters:,}",
                f"{folding.pe:,} x {folding.simd:,}",
                f"{folding.initiation_interval:,}",
            )
            for layer, folding in zip(network.layers, self.schedule, strict=True)
        ]
        slowest = network.layers[self.slowest].name
        facts = [
            (
                "Inputs",
                f"{network.inputs:,} of {network.activation_format.name}"
                + (", each scaled by the host first" if scaled_one_by_one(network) else ""),
            ),
            ("Outputs", ENDS[network.end.kind].format(count=network.end.count)),
            *([("Probabilities", network.softmax.line())] if network.softmax else []),
            (
                "Parameters",
                f"{network.parameters:,}"
                + (", writable at run time" if network.runtime_weights else ""),
            ),
            (
                "Multiplications",
                f"{network.macs:,} a vector on {count(self.schedule.multipliers, 'multiplier')}",
            ),
            (
                "Initiation interval",
                f"{count(self.schedule.initiation_interval, 'cycle')} a vector, that of {slowest}",
            ),
            (
                "Latency",
                f"{count(self.latency, 'cycle')} to the last output, "
                f"{self.latency_first:,} to the first",
            ),
        ]
        width = max(len(name) for name, _ in facts)
        return [*box(head, rows, left=2), *(f" {name:<{width}}  {text}" for name, text in facts)]


def summarise_network(
    network: Network, schedule: Schedule, timing: Timing
) -> Summary | NetworkSummary:
    """Summarise a network, or the layer that it is.

    Parameters
    ----------
    network : Network
    schedule : Schedule
    timing : Timing
        Who knows the latencies, such as the manifest of a design.
    """
    if network.layer is not None:
        return summarise(network.layer, schedule.foldings[0], timing)
    return NetworkSummary(network, schedule, timing.latency, timing.latency_first)

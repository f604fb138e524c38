"""What a layer is and costs, as Keras would print it and as ``--json`` gives it."""

from dataclasses import dataclass
from typing import Any, Protocol

from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import Folding
from fcgen.text.table import box
from fcgen.text.wording import count


class Timing(Protocol):
    """Whatever knows the latencies of a layer: its timing formulas, or a manifest."""

    @property
    def latency(self) -> int:
        """Cycles from the first input beat to the last output beat."""

    @property
    def latency_first(self) -> int:
        """Cycles from the first input beat to the first output beat."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Size, folding, cycles, formats and memories of a layer; ``str()`` is the printed form.

    Attributes
    ----------
    layer : DenseLayer
    folding : Folding
    latency, latency_first : int
        In cycles, as INTERFACE defines them.
    """

    layer: DenseLayer
    folding: Folding
    latency: int
    latency_first: int

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def weight_word_bits(self) -> int:
        """Bits of all weights that are read in one cycle."""
        return self.folding.pe * self.folding.simd * self.layer.weight_format.bits

    def as_dict(self) -> dict[str, Any]:
        """Return the promised keys of ``--json``, and the formats and memories."""
        layer, folding = self.layer, self.folding
        return {
            "name": layer.name,
            "input_shape": list(layer.frame_shape),
            "output_shape": list(layer.frame_output_shape),
            "parameters": layer.parameters,
            "macs": layer.macs,
            "pe": folding.pe,
            "simd": folding.simd,
            "output_lanes": folding.output_lanes,
            "neuron_folds": folding.neuron_folds,
            "synapse_folds": folding.synapse_folds,
            "initiation_interval": folding.initiation_interval,
            "latency": self.latency,
            "latency_first": self.latency_first,
            "weight_format": layer.weight_format.name,
            "activation_format": layer.activation_format.name,
            "output_format": layer.output_format.name,
            "table": layer.table and layer.table.name,
            "table_index_format": layer.table and layer.table.index.name,
            "accumulator_width": layer.accumulator_width,
            "weight_words": folding.weight_words,
            "weight_word_bits": self.weight_word_bits,
            "runtime_weights": layer.runtime_weights,
        }

    def lines(self) -> list[str]:
        """Return the printed form."""
        layer = self.layer
        head = ("Layer (type)", "Input shape", "Output shape", "Param #", "MACs")
        row = (
            f"{layer.name} ({kind_of(layer)})",
            _shape(layer.frame_shape),
            _shape(layer.frame_output_shape),
            f"{layer.parameters:,}",
            f"{layer.macs:,}",
        )
        facts = self._facts()
        width = max(len(name) for name, _ in facts)
        return [*box(head, [row], left=3), *(f" {name:<{width}}  {text}" for name, text in facts)]

    def _facts(self) -> list[tuple[str, str]]:
        layer, folding = self.layer, self.folding
        return [
            (
                "Parameters",
                f"{count(layer.weight.size, 'weight')} + {count(layer.outputs, 'bias', 'es')}",
            ),
            (
                "Folding",
                f"{folding.pe:,} PE x {folding.simd:,} SIMD: "
                f"{count(folding.neuron_folds, 'neuron fold')} x "
                f"{count(folding.synapse_folds, 'synapse fold')}",
            ),
            ("Initiation interval", f"{count(folding.initiation_interval, 'cycle')} a vector"),
            (
                "Latency",
                f"{count(self.latency, 'cycle')} to the last output, "
                f"{self.latency_first:,} to the first",
            ),
            (
                "Formats",
                f"{layer.weight_format.name} weights x {layer.activation_format.name} "
                f"activations -> {layer.output_format.name} outputs",
            ),
            ("Accumulator", count(layer.accumulator_width, "bit")),
            ("Requantization", self._requantization()),
            *([("Activation", layer.table.line())] if layer.table else []),
            (
                "Weight memory",
                f"{count(folding.weight_words, 'word')} of {count(self.weight_word_bits, 'bit')}"
                + (", writable at run time" if layer.runtime_weights else ""),
            ),
            (
                "Output stream",
                f"{count(folding.output_beats, 'beat')} of "
                f"{count(folding.output_lanes, 'lane')} a vector",
            ),
        ]

    def _requantization(self) -> str:
        requantization = self.layer.requantization
        if requantization is None:
            return "none: raw accumulators leave the layer"
        return requantization.line()


KINDS = {
    "dense": "Dense",
    "convolution": "Conv",
    "depthwise convolution": "DepthwiseConv",
    "average pooling": "AveragePool",
    "max pooling": "MaxPool",
    "sum of two maps": "Add",
}
"""Short words for what `DenseLayer.kind` gives."""


def kind_of(layer: DenseLayer) -> str:
    """Return the word for a layer, with its function where that is a table."""
    word = KINDS[layer.kind]
    return word if layer.table is None else f"{word}, {layer.table.name}"


def summarise(layer: DenseLayer, folding: Folding, timing: Timing | None = None) -> Summary:
    """Summarise a layer.

    Parameters
    ----------
    layer : DenseLayer
    folding : Folding
    timing : Timing, optional
        Who knows the latencies, such as the manifest of a design; default the formulas of the
        hardware.
    """
    if timing is None:
        # Amaranth comes with it, which a design that knows its latency does not need.
        from fcgen.hardware.layer.layer_timing import LayerTiming

        timing = LayerTiming.of(layer, folding)
    return Summary(layer, folding, timing.latency, timing.latency_first)


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"

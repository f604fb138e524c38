"""Seeded random networks with random foldings, for regression runs."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.network.end import PROBABILITY_BITS_MAX, PROBABILITY_BITS_MIN, End
from fcgen.network.network import Network
from fcgen.numerics.activation_table import INDEX_BITS_MAX, ActivationTable
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.real_map import RealMap
from fcgen.regression.random_layers import STALLS, random_format, random_layer, random_share
from fcgen.regression.random_thresholds import random_thresholds
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.engines.streaming import StreamOptions

LAYERS_MAX = 6
WIDTH_MAX = 200
MULTIPLIERS_MAX = 48
"""Of a layer: a model of more takes long to build."""
WRITABLE_MAX = 4
"""Elements and lanes of a layer with run-time weights, where a few weights are a memory each."""


@dataclass(frozen=True, eq=False)
class NetworkCase:
    """One network, its foldings, and how it is disturbed; all follow from (seed, index).

    Attributes
    ----------
    index : int
    network : Network
    schedule : Schedule
    options : StreamOptions
    written : Network, optional
        What is written in mid-stream into a network with run-time weights.
    """

    index: int
    network: Network
    schedule: Schedule
    options: StreamOptions
    written: Network | None = None

    @property
    def description(self) -> str:
        """Widths, foldings, formats and disturbance in a line."""
        network, options = self.network, self.options
        widths = "→".join(map(str, (network.inputs, *(x.outputs for x in network.layers))))
        foldings = ",".join(f"{folding.pe}x{folding.simd}" for folding in self.schedule)
        formats = ",".join(
            f"{layer.weight_format.name}·{layer.activation_format.name}"
            f"{'·thresholds' if isinstance(layer.requantization, ThresholdList) else ''}"
            f"{'·table' if layer.table else ''}"
            for layer in network.layers
        )
        return (
            f"{widths} {foldings} {formats} {network.end.kind}"
            f"{' runtime' if self.written else ''} gap={options.gap:g} "
            f"stall={options.stall:g} resets={options.resets}"
        )


def random_network_case(seed: int, index: int) -> NetworkCase:
    """Return case ``index`` of the sequence that ``seed`` names."""
    random = np.random.default_rng((seed, index, LAYERS_MAX))
    count = int(random.integers(1, LAYERS_MAX + 1))
    # As many narrow as wide ones: every width has a chance, small ones the better one.
    widths = np.exp(random.uniform(0, np.log(WIDTH_MAX + 1), count + 1)).astype(int)
    network = _network(random, [int(width) for width in widths])
    sizes = tuple(_size(random, layer.inputs, layer.outputs) for layer in network.layers)
    # Drawn apart, so that the other cases of a seed stay what they are.
    network = _with_softmax(np.random.default_rng((seed, index, LAYERS_MAX, 2)), network)
    chance = np.random.default_rng((seed, index, LAYERS_MAX, 1))
    written = None
    if chance.integers(4) == 0:
        network = writable_network(network)
        written = other_values(chance, network)
        sizes = tuple((min(pe, WRITABLE_MAX), min(simd, WRITABLE_MAX)) for pe, simd in sizes)
    lanes = random_share(random, network.layers[-1].outputs)
    if network.end.serial:
        lanes = 1
    options = StreamOptions(
        gap=float(random.choice(STALLS)),
        stall=float(random.choice(STALLS)),
        seed=int(random.integers(2**31)),
        resets=int(random.choice([0, 3])),
    )
    return NetworkCase(index, network, Schedule.chain(network, sizes, lanes), options, written)


def writable_network(network: Network) -> Network:
    """Return a network with run-time weights, whose folded biases have 32 bits for any weights."""
    layers = [
        replace(layer, bias=layer.bias // 2, input_zero_point=0, runtime_weights=True)
        for layer in network.layers
    ]
    return replace(network, layers=tuple(layers))


def other_values(random: np.random.Generator, network: Network) -> Network:
    """Return a network of the same structure with other weights, biases and constants."""
    return replace(network, layers=tuple(_other(random, layer) for layer in network.layers))


def _other(random: np.random.Generator, layer: DenseLayer) -> DenseLayer:
    order, scheme = random.permutation(layer.outputs), None
    if layer.requantization is not None:
        names = layer.requantization.tensors()
        scheme = replace(
            layer.requantization,
            **{name: getattr(layer.requantization, name)[order] for name in names},
        )
    return replace(
        layer,
        weight=layer.weight_format.draw(random, layer.weight.shape),
        bias=random.permutation(-layer.bias),
        requantization=scheme,
    )


def _network(random: np.random.Generator, widths: list[int]) -> Network:
    layers: list[DenseLayer] = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        last = number == len(widths) - 2
        activation = layers[-1].output_format if layers else _format(random)
        layer = random_layer(
            random,
            inputs,
            outputs,
            activation,
            raw=bool(random.integers(3) == 0) if last else False,
            runtime=False,
            weight=_format(random),
            name=f"fc{number + 1}",
        )
        if layer.requantization is not None and random.integers(4) == 0:
            layer = replace(layer, requantization=random_thresholds(random, layer))
        layers.append(_with_table(random, layer))
    kind = str(random.choice(["values", "values", "argmax", "top_k"]))
    most = min(widths[-1], 5)
    number = int(random.integers(1, most + 1)) if kind == "top_k" else 1
    return Network("network", tuple(layers), End(kind, number))


def _with_softmax(random: np.random.Generator, network: Network) -> Network:
    """Return every fifth network that can have one with a softmax, flat or steep."""
    last = network.layers[-1]
    if last.outputs == 1 or random.integers(5):
        return network
    spread = np.exp(random.uniform(np.log(0.5), np.log(500)))
    scale = RealMap.scaled(spread / (1 << last.output_format.bits))
    bits = int(random.integers(PROBABILITY_BITS_MIN, PROBABILITY_BITS_MAX, endpoint=True))
    return replace(network, end=End("softmax", bits=bits), scores=scale)


def _format(random: np.random.Generator) -> IntegerFormat:
    """Return any format, every fifth time the bipolar one."""
    return BIPOLAR if random.integers(5) == 0 else random_format(random)


def _with_table(random: np.random.Generator, layer: DenseLayer) -> DenseLayer:
    """Return every third layer that can have one with a table."""
    if layer.requantization is None or layer.requantization.output.bits > INDEX_BITS_MAX:
        return layer
    if layer.output_format.bipolar or random.integers(3):
        return layer
    index, output = layer.requantization.output, random_format(random)
    entries = random.integers(output.minimum, output.maximum, 1 << index.bits, endpoint=True)
    return replace(layer, table=ActivationTable("random", index, output, entries))


def _size(random: np.random.Generator, inputs: int, outputs: int) -> tuple[int, int]:
    pe, simd = random_share(random, outputs), random_share(random, inputs)
    simd = min(simd, MULTIPLIERS_MAX)
    return max(1, min(pe, MULTIPLIERS_MAX // simd)), simd

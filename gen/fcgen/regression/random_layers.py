"""Seeded random layers with random foldings, for regression runs."""

from dataclasses import dataclass

import numpy as np

from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.network.network import Network
from fcgen.numerics.fixed import (
    BIAS_BITS,
    MULTIPLIER_BITS,
    ROUNDINGS,
    SHIFT_MAX,
    IntegerFormat,
    signed_width,
)
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.engines.streaming import StreamOptions

SIZE_MAX = 70
STALLS = (0.0, 0.3, 0.94)


@dataclass(frozen=True, eq=False)
class RandomCase:
    """One layer, how it is folded, and how it is disturbed; all follow from (seed, index)."""

    index: int
    layer: DenseLayer
    folding: Folding
    options: StreamOptions

    @property
    def network(self) -> Network:
        """The layer as a network."""
        return Network.single(self.layer)

    @property
    def schedule(self) -> Schedule:
        """The folding as a schedule."""
        return Schedule((self.folding,))

    @property
    def description(self) -> str:
        """Shape, folding, formats and disturbance in a line."""
        layer, folding, options = self.layer, self.folding, self.options
        scheme = layer.requantization
        ending = f"{scheme.output.name} {scheme.line()}" if scheme else "raw"
        runtime = " runtime" if layer.runtime_weights else ""
        return (
            f"{layer.inputs}→{layer.outputs} P={folding.pe} S={folding.simd} "
            f"L={folding.output_lanes} w={layer.weight_format.name} "
            f"x={layer.activation_format.name} {ending}{runtime} "
            f"gap={options.gap:g} stall={options.stall:g} resets={options.resets}"
        )


def random_case(seed: int, index: int) -> RandomCase:
    """Return case ``index`` of the sequence that ``seed`` names."""
    random = np.random.default_rng((seed, index))
    inputs, outputs = (int(size) for size in random.integers(1, SIZE_MAX + 1, 2))
    layer = random_layer(random, inputs, outputs, random_format(random))
    pe, simd = random_share(random, outputs), random_share(random, inputs)
    if layer.runtime_weights:  # each weight is a memory of its own there: keep them few
        pe, simd = min(pe, 8), min(simd, 8)
    folding = Folding(
        inputs,
        outputs,
        pe,
        simd,
        random_share(random, outputs),
        layer.weight_format.bits,
    )
    options = StreamOptions(
        gap=float(random.choice(STALLS)),
        stall=float(random.choice(STALLS)),
        seed=int(random.integers(2**31)),
        period=int(random.choice([1, 1, folding.neuron_folds])),
        resets=int(random.choice([0, 3])),
    )
    return RandomCase(index, layer, folding, options)


def random_share(random: np.random.Generator, whole: int) -> int:
    """Return a number of 1 to ``whole``: either end, a divisor, or any."""
    divisors = [number for number in range(1, whole + 1) if whole % number == 0]
    choices = (1, whole, int(random.choice(divisors)), *random.integers(1, whole + 1, 3))
    return int(random.choice(choices))


def random_format(random: np.random.Generator) -> IntegerFormat:
    """Return any format of an operand."""
    return IntegerFormat(int(random.integers(1, 17)), bool(random.integers(2)))


def random_layer(
    random: np.random.Generator,
    inputs: int,
    outputs: int,
    activation: IntegerFormat,
    *,
    raw: bool | None = None,
    runtime: bool | None = None,
    weight: IntegerFormat | None = None,
    name: str = "layer",
) -> DenseLayer:
    """Return a layer; what is None is chance: raw, writable, the format of the weights."""
    weight = weight or random_format(random)
    weights = weight.draw(random, (outputs, inputs))
    if random.integers(4) == 0:  # the largest accumulator that there can be
        weights[:] = random.choice([weight.minimum, weight.maximum])
    bias_bits = int(random.integers(1, BIAS_BITS))
    bias = random.integers(-(1 << bias_bits), 1 << bias_bits, outputs)
    chosen = bool(random.integers(6) == 0)
    runtime = chosen if runtime is None else runtime
    zero_point = random.integers(activation.minimum, activation.maximum, endpoint=True)
    plain = DenseLayer(
        name=name,
        input_shape=(inputs,),
        weight=weights,
        bias=bias // 2 if runtime else bias,
        weight_format=weight,
        activation_format=activation,
        # At run time the folded bias has to fit 32 bits, so zero points stay out of it.
        input_zero_point=0
        if runtime or activation.bipolar or random.integers(2)
        else int(zero_point),
        runtime_weights=runtime,
    )
    chosen = bool(random.integers(4) == 0)
    if chosen if raw is None else raw:
        return plain
    return DenseLayer(
        **{
            name: getattr(plain, name)
            for name in plain.__dataclass_fields__
            if name != "requantization"
        },
        requantization=_requantization(random, plain),
    )


def _requantization(random: np.random.Generator, layer: DenseLayer) -> Requantization:
    """Return constants that use the output's range; every fourth time any legal ones."""
    output, outputs = random_format(random), layer.outputs
    limit = 1 << int(random.integers(0, MULTIPLIER_BITS))
    multiplier = random.integers(-limit, limit, outputs)
    if random.integers(4) == 0:
        shift = random.integers(0, SHIFT_MAX + 1, outputs)
    else:
        reach = layer.reach * np.maximum(np.abs(multiplier), 1)
        fitting = [signed_width(int(value)) - output.bits for value in reach]
        shift = np.clip(fitting - random.integers(0, 5, outputs), 0, SHIFT_MAX)
    low = random.integers(output.minimum, output.maximum, outputs, endpoint=True)
    high = random.integers(output.minimum, output.maximum, outputs, endpoint=True)
    wrap, bounded = bool(random.integers(3) == 0), bool(random.integers(2))
    offset = (random.uniform(-1, 1, outputs) * np.exp2(shift)).astype(np.int64)
    return Requantization.make(
        outputs,
        output,
        multiplier=multiplier,
        offset=offset if random.integers(2) else 0,
        shift=shift,
        zero_point=random.integers(output.minimum, output.maximum, outputs, endpoint=True),
        lo=np.minimum(low, high) if bounded and not wrap else None,
        hi=np.maximum(low, high) if bounded and not wrap else None,
        rounding=str(random.choice(ROUNDINGS)),
        saturation="wrap" if wrap else "saturate",
    )

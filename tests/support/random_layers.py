"""Seeded random legal layers and vectors, extremes more often than chance would give."""

import numpy as np

from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import ROUNDINGS, IntegerFormat
from fcgen.numerics.requantization import offset_limit


def random_format(rng: np.random.Generator) -> IntegerFormat:
    """Any operand format, the narrowest and the widest often."""
    bits = int(rng.choice([1, 2, 8, 16, int(rng.integers(1, 17))]))
    return IntegerFormat(bits, bool(rng.integers(2)))


def random_codes(rng: np.random.Generator, of: IntegerFormat, shape: tuple[int, ...]) -> np.ndarray:
    """Codes over the whole range, or all minimum, or all maximum."""
    kind = int(rng.integers(6))
    if kind < 2:
        return np.full(shape, of.minimum if kind else of.maximum, np.int64)
    return rng.integers(of.minimum, of.maximum, shape, np.int64, endpoint=True)


def random_requantization(
    rng: np.random.Generator, outputs: int, **fixed: object
) -> Requantization:
    """Any legal constants; ``fixed`` ones are used as they are."""
    output = random_format(rng)
    shift = random_extreme(rng, 0, 47, outputs)
    saturation = str(rng.choice(["saturate", "wrap"]))
    bounds = np.sort(random_codes(rng, output, (2, outputs)), axis=0)
    multiplier = random_extreme(rng, -(2**24), 2**24 - 1, outputs)
    limits = offset_limit(multiplier, shift).tolist()
    constants = {
        "multiplier": multiplier,
        "offset": np.array([random_extreme(rng, -limit, limit, 1)[0] for limit in limits]),
        "shift": shift,
        "zero_point": random_codes(rng, output, (outputs,)),
        "rounding": str(rng.choice(ROUNDINGS)),
        "saturation": saturation,
    }
    if saturation == "saturate" and rng.integers(2):
        constants |= {"lo": bounds[0], "hi": bounds[1]}
    return Requantization.make(outputs, output, **(constants | fixed))


def random_extreme(rng: np.random.Generator, low: int, high: int, size: int) -> np.ndarray:
    """Integers of [low, high]; an end of it or a power of two half of the time."""
    values = rng.integers(low, high, size, np.int64, endpoint=True)
    powers = np.clip(np.int64(1) << rng.integers(0, 48, size), low, high)
    ends = np.where(rng.integers(2, size=size) == 1, low, high)
    return np.choose(rng.integers(4, size=size), [values, values, powers, ends])


def random_layer(rng: np.random.Generator, inputs: int, outputs: int) -> DenseLayer:
    """Any legal layer of a size; one in four ends in raw accumulators."""
    weights, activations = random_format(rng), random_format(rng)
    return DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=random_codes(rng, weights, (outputs, inputs)),
        bias=random_extreme(rng, -(2**31), 2**31 - 1, outputs),
        weight_format=weights,
        activation_format=activations,
        input_zero_point=int(random_codes(rng, activations, ())),
        requantization=random_requantization(rng, outputs) if rng.integers(4) else None,
    )


def random_vectors(rng: np.random.Generator, layer: DenseLayer, count: int) -> np.ndarray:
    """(count, N) legal vectors: all minimum and all maximum first."""
    formats = layer.activation_format
    x = rng.integers(formats.minimum, formats.maximum, (count, layer.inputs), endpoint=True)
    x[0] = formats.minimum
    x[1:2] = formats.maximum
    return x

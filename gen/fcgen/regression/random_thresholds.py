"""Seeded random lists of thresholds, for regression runs."""

import numpy as np

from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.numerics.fixed import BIPOLAR, IntegerFormat
from fcgen.numerics.threshold_list import THRESHOLD_BITS_MAX


def random_thresholds(random: np.random.Generator, layer: DenseLayer) -> ThresholdList:
    """Return a list for the accumulators of a layer: rising or falling, near or out of reach.

    Every third time all outputs have one direction, every fourth time equal thresholds, and every
    fourth time bipolar codes.
    """
    bits = int(random.integers(1, THRESHOLD_BITS_MAX + 1))
    output = IntegerFormat(bits, bool(random.integers(2)))
    count = int(random.integers(1, 1 << bits))
    lo = int(random.integers(output.minimum, output.maximum - count, endpoint=True))
    # Of many inputs most sums are near zero: thresholds have all magnitudes up to the reach.
    exponents = random.uniform(0, np.log2(layer.reach + 2)[:, None], (layer.outputs, count))
    signs = random.choice([-1, 1], exponents.shape)
    thresholds = np.sort(signs * np.exp2(exponents).astype(np.int64), axis=1)
    falling = random.integers(0, 2, layer.outputs).astype(bool)
    if random.integers(3) == 0:
        falling[:] = falling[0]
    if random.integers(4) == 0:
        thresholds[:] = thresholds[:, :1]
    if random.integers(4) == 0:
        return ThresholdList(np.repeat(thresholds[:, :1], 2, axis=1), falling, -1, BIPOLAR)
    return ThresholdList(thresholds, falling, lo, output)

"""What a certificate lists of a layer's accumulators, for checks beside a source's own runtime."""

import numpy as np

SWEPT_MAX = 1 << 16
"""Accumulators of an output up to which all of them are tried."""
CONSTANTS = "no short constants have these thresholds"


class Listed:
    """What the certificate says of accumulators: of each, by how many codes the network differs.

    Parameters
    ----------
    certificate : Certificate
    name : str
        Of the layer.
    sums : ndarray of int64, shape (K, M)

    Attributes
    ----------
    found : list of Difference
        Of the layer.
    any, open : ndarray of bool, shape (K, M)
        Accumulators that are listed, and those of them for which an order of operations decides.
    constants : ndarray of int64, shape (K, M)
        By how many codes the network's constants are larger than the source's step.
    """

    def __init__(self, certificate, name, sums):
        self.sums = sums
        self.found = [one for one in certificate.differences if one.layer == name]
        self.any, self.open = np.zeros(sums.shape, bool), np.zeros(sums.shape, bool)
        self.constants = np.zeros_like(sums)
        for one in self.found:
            inside = self.inside(one)
            self.any[inside, one.output] = True
            if one.reason == CONSTANTS:
                self.constants[inside, one.output] += one.steps
            else:
                self.open[inside, one.output] = True

    def inside(self, one):
        """Say which accumulators are in a range."""
        column = self.sums[:, one.output]
        return (one.first <= column) & (column <= one.last)


def every_accumulator(layer):
    """Return all accumulators (K, M) of a layer, and which are no repetition of the last one.

    None where an output has more than `SWEPT_MAX`.
    """
    least, most = layer.reach
    if (most - least).max() >= SWEPT_MAX:
        return None
    steps = np.arange((most - least).max() + 1)[:, None]
    return np.minimum(least + steps, most), least + steps <= most


def ways(layer, sums):
    """Return what leaves a layer for its accumulators, in each order that its source may have."""
    codes = [step(sums) for step in (layer.step, *layer.step.orders)]
    if layer.table is None:
        return codes
    tables = [layer.table.entries, *(order.entries for order in layer.orders)]
    low = layer.table.index.minimum
    return [entries[each - low] for entries in tables for each in codes]


def codes_of(reals, grid):
    """Return the codes of reals that are worth whole steps of a scale and a zero point."""
    scale, zero = grid
    codes = np.rint(reals.astype(np.float64) / scale).astype(np.int64) + zero
    assert np.array_equal((codes - zero).astype(np.float32) * scale, reals)
    return codes


def tricky_inputs(random, network, vectors):
    """Return reals whose codes reach beyond the range, with ties, their neighbours, and ends."""
    grid, shape = network.input, (vectors, network.inputs)
    low, high = grid.lo - grid.zero_point, grid.hi - grid.zero_point
    middle, half = (low + high) / 2, (high - low) / 2 + 1
    x = (middle + half * random.uniform(-1.2, 1.2, shape)) * grid.scale
    x = x.astype(np.float32)
    ties = ((random.integers(low - 1, high + 1, shape) + 0.5) * grid.scale).astype(np.float32)
    near = np.nextafter(ties, np.where(random.random(shape) < 0.5, np.inf, -np.inf).astype("f4"))
    small = random.choice(np.array([0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30], np.float32), shape)
    kind = random.integers(0, 12, shape)
    x = np.select([kind == 0, kind == 1, kind == 2], [ties, near, small], x)
    x[0], x[1] = low * grid.scale, high * grid.scale
    return x.astype(np.float32)

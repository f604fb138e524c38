"""What a table behind a layer makes of its certificate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fcgen.integer_model import IntegerLayer
from fcgen.source_step import Int64Array
from fcgen.thresholds import oriented

Found = tuple[int, int, int, int, str]
"""Output, first and last accumulator, steps, and the reason, as `fcgen.certificate.Difference`."""


def jump(layer: IntegerLayer, row: int) -> int:
    """Return how many codes a layer's output rises at threshold ``row`` of its step.

    One, or as many as the entries of its table say.
    """
    if layer.table is None:
        return 1
    assert layer.step is not None
    code = layer.step.lo + row - layer.table.index.minimum
    return int(layer.table.entries[code + 1] - layer.table.entries[code])


def of_orders(
    layer: IntegerLayer, changes: Int64Array, least: Int64Array, most: Int64Array
) -> Iterator[Found]:
    """Give the accumulators whose code has another entry in another order of evaluation.

    Parameters
    ----------
    layer : IntegerLayer
    changes : ndarray of int64, shape (codes, M)
        Thresholds of its step, of the sums without the bias.
    least, most : ndarray of int64, shape (M,)
        Reach of these sums.
    """
    if not layer.orders:
        return
    assert layer.step is not None
    assert layer.table is not None
    falls = layer.step.slope < 0
    first, last = oriented(layer.step, least, most)
    edges = np.concatenate([first[None], changes, last[None] + 1])
    low, high = (code - layer.table.index.minimum for code in (layer.step.lo, layer.step.hi))
    for order in layer.orders:
        steps = (layer.table.entries - order.entries)[low : high + 1]
        for row in np.flatnonzero(steps).tolist():
            starts, ends = np.maximum(edges[row], first), np.minimum(edges[row + 1] - 1, last)
            for output in np.flatnonzero(starts <= ends).tolist():
                bias, ends_at = int(layer.bias[output]), (int(starts[output]), int(ends[output]))
                near, far = (-ends_at[1], -ends_at[0]) if falls[output] else ends_at
                yield output, near + bias, far + bias, int(steps[row]), order.reason

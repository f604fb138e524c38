"""Activations as tables: the grids of their index and of their entries, over the sums seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import bad_input
from fcgen.numerics.activation_table import INDEX_BITS_MAX, ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.scales import least_output_scale, power_of_two_above
from fcgen.quantization.activation_grid import Floats, Grid, choose_grid, sampled

if TYPE_CHECKING:
    from fcgen.load.model import Activation, FloatLayer

FINER = 12
"""Halvings of the step that covers all sums, that are tried: what is flat can be cut off."""
EXTRA_BITS = 2
"""Bits that an index has more than the outputs, so that its steps are lost among theirs.

Networks 20-40-30-10 of sigmoids and of tanh with 8-bit outputs: the largest error of a table is
10.7 and 4.8 output steps with 8 bits, and 1.0 with 10; the root mean square error of the network
is 1.08 and 1.12 times that with 12 bits, and 1.01 times with 10. A block RAM of most devices has
1,024 words of a byte.
"""


@dataclass(frozen=True, eq=False)
class ChosenTable:
    """A table, and what its codes are worth.

    Attributes
    ----------
    table : ActivationTable
    index : Grid
        Of the sums.
    error : float
        Largest difference from the function over the range of the sums, in steps of the output.
    """

    table: ActivationTable
    index: Grid
    error: float


def index_bits(output_bits: int) -> int:
    """Return the bits of an index where nobody asks for others."""
    return min(output_bits + EXTRA_BITS, INDEX_BITS_MAX)


def output_grid(layer: FloatLayer, values: Floats, form: IntegerFormat) -> Grid:
    """Return the grid of a layer's outputs: that of the function's own range where it has one."""
    lo, hi = layer.activation.reach
    if layer.activation.kind == "linear" or not np.isfinite([lo, hi]).all():
        return choose_grid(layer.name, values, form, lo, hi)
    zero_point = form.minimum if lo >= 0 else 0
    if lo < 0 and form.bits == 1:
        rule = "one bit is too few for values of both signs"
        raise bad_input(layer.name, form.name, rule, "use at least 2 bits for its activations")
    # One more than there are: 255 of 256 steps, and the last one is as good as the end.
    steps = form.maximum - zero_point + 1
    return Grid(form, power_of_two_above(max(-lo, hi) / steps) if lo or hi else 1.0, zero_point)


def table_of(
    layer: FloatLayer,
    values: Floats,
    before: Grid,
    after: Grid,
    weight_format: IntegerFormat,
    bits: int | None = None,
) -> ChosenTable | None:
    """Return the table of a layer; None where a clip is enough.

    Parameters
    ----------
    layer : FloatLayer
    values : ndarray of floats, shape (V, N)
        Its inputs.
    before, after : Grid
        Of its inputs and outputs.
    weight_format : IntegerFormat
    bits : int, optional
        Of the index; default `index_bits`.
    """
    if layer.activation.kind == "linear":
        return None
    least = least_output_scale(
        layer.weight, layer.bias, weight_format=weight_format, activation_scale=before.scale
    )
    bits = bits or index_bits(after.format.bits)
    return choose_table(layer, layer.sums(values), after, bits, least)


def choose_table(
    layer: FloatLayer, sums: Floats, output: Grid, bits: int, least: float
) -> ChosenTable:
    """Choose the step of the index with the least mean square error at the outputs.

    Parameters
    ----------
    layer : FloatLayer
    sums : ndarray of floats
        What goes into the function.
    output : Grid
    bits : int
        Of the index.
    least : float
        Smallest step that the weights allow.
    """
    function, form = layer.activation, IntegerFormat(bits, signed=True)
    largest = float(np.abs(sums).max()) / max(form.maximum, 1)
    widest = max(power_of_two_above(largest), power_of_two_above(least))
    steps = [widest / 2**finer for finer in range(FINER + 1) if widest / 2**finer >= least]
    samples = sampled(sums)
    wanted = function(samples)
    choices = [(Grid(form, step, 0), _entries(function, form, step, output)) for step in steps]

    def loss(choice: tuple[Grid, Floats]) -> float:
        index, entries = choice
        codes = np.clip(index.codes(samples), form.minimum, form.maximum).astype(np.int64)
        values = (entries[codes - form.minimum] - output.zero_point) * output.scale
        return float(np.mean(np.square(values - wanted)))

    index, entries = min(choices, key=loss)
    table = ActivationTable(function.kind, form, output.format, entries.astype(np.int64))
    ends = float(sums.min()), float(sums.max())
    return ChosenTable(table, index, _error(function, index, entries, output, ends))


def _entries(function: Activation, form: IntegerFormat, step: float, output: Grid) -> Floats:
    """Return the output code nearest to the function of every code of the index."""
    reals: Floats = _codes(form) * step
    nearest = output.codes(function(reals))
    return np.clip(nearest, output.format.minimum, output.format.maximum)


def _error(
    function: Activation, index: Grid, entries: Floats, output: Grid, ends: tuple[float, float]
) -> float:
    """Return the largest error of any sum between the ends, in steps of the output.

    Errors are those of the table alone: of values that the output clips, whatever made them, those
    that it can say are wanted. On either side of a code the functions rise or fall all the way, so
    that they are farthest from its entry at one of the two ends of what is rounded to it.
    """
    first: Floats = (_codes(index.format) - 0.5) * index.scale
    last: Floats = (_codes(index.format) + 0.5) * index.scale
    first[0], last[-1] = -np.inf, np.inf
    used = (last >= ends[0]) & (first <= ends[1])
    low, high = output.format.minimum, output.format.maximum
    found = []
    for edge in (first, last):
        inside: Floats = np.clip(edge[used], *ends)
        wanted = function(inside) / output.scale + output.zero_point
        found.append(np.abs(np.clip(wanted, low, high) - entries[used]).max())
    return float(max(found))


def _codes(form: IntegerFormat) -> Floats:
    return np.arange(form.minimum, form.maximum + 1, dtype=np.float64)

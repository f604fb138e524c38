"""Layers of integers whose outputs go through a function of their codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.integer_model import IntegerLayer, TableOrder
from fcgen.numerics.activation_table import INDEX_BITS_MAX, ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import Int64Array


def with_table(
    layer: IntegerLayer,
    name: str,
    output: IntegerFormat,
    entries: Int64Array,
    orders: tuple[TableOrder, ...] = (),
) -> IntegerLayer:
    """Return a layer whose outputs are ``entries[y - minimum]``.

    Where that is a clip of y, the bounds of its step do it, and no table is needed.

    Parameters
    ----------
    layer : IntegerLayer
        With a step; behind a table that it has, the new one is put.
    name : str
        Of the function, as `ActivationTable` takes it.
    output : IntegerFormat
    entries : ndarray of int64, shape (2**bits,)
        For each code of the layer's outputs, from the smallest on.
    orders : tuple of TableOrder
        Entries as the source may compute them as well.

    Raises
    ------
    InputError
        When the layer's outputs are too wide for an index.
    """
    assert layer.step is not None
    if layer.table is not None:
        return _composed(layer, layer.table, name, output, entries, orders)
    index = layer.step.output
    if output == index and not orders:
        lo, hi = layer.step.lo, layer.step.hi
        codes = np.arange(lo, hi + 1)
        used = entries[codes - index.minimum]
        ends = int(used.min()), int(used.max())
        # A step that never changes has no threshold to find: that is left to a table.
        if ends[0] < ends[1] and np.array_equal(used, np.clip(codes, *ends)):
            step: Any = layer.step
            return replace(layer, step=replace(step, lo=ends[0], hi=ends[1]))
    if index.bits > INDEX_BITS_MAX:
        rule = f"a table of a function has an index of at most {INDEX_BITS_MAX} bits"
        raise bad_input(layer.name, index.name, rule, "quantise it to fewer bits")
    table = ActivationTable(name, index, output, entries)
    return replace(layer, table=table, orders=orders)


def _composed(
    layer: IntegerLayer,
    before: ActivationTable,
    name: str,
    output: IntegerFormat,
    entries: Int64Array,
    orders: tuple[TableOrder, ...],
) -> IntegerLayer:
    """Put one function behind another."""
    low = before.output.minimum
    both = [
        *(TableOrder(each.reason, entries[each.entries - low]) for each in layer.orders),
        *(TableOrder(each.reason, each.entries[before.entries - low]) for each in orders),
    ]
    composed = entries[before.entries - low]
    table = ActivationTable(name, before.index, output, composed)
    return replace(layer, table=table, orders=tuple(both))

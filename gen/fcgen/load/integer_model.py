"""Models that were quantised before: integer layers, with the steps and tables of their runtime."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.load.model import NodeReport
from fcgen.network.tail import NO_TAIL, Tail
from fcgen.numerics.activation_table import INDEX_BITS_MAX, ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.source_step import Int64Array, Step
from fcgen.numerics.validation import check_sizes

TARGETS = (
    "onnxruntime",
    "onnxruntime-unoptimised",
    "litert-reference",
    "litert-xnnpack",
    "qonnx",
)


@dataclass(frozen=True, eq=False)
class TableOrder:
    """Entries that a source may compute for a table instead, and the reason.

    Attributes
    ----------
    reason : str
    entries : ndarray of int64
        Like those of `ActivationTable`.
    """

    reason: str
    entries: Int64Array


@dataclass(frozen=True, eq=False)
class IntegerLayer:
    """``step(weight · (x - zero point) + bias)``, all integers.

    Attributes
    ----------
    name : str
    weight : ndarray of int64, shape (M, N)
    bias : ndarray of int64, shape (M,)
    weight_format, activation_format : IntegerFormat
    input_zero_point : int
    input_lo, input_hi : int
        Range of the inputs, which may be narrower than their format.
    step : Step, optional
        None where the layer ends in accumulators.
    table : ActivationTable, optional
        Function of the step's codes.
    orders : tuple of TableOrder
        Other entries that the source may compute.
    """

    name: str
    weight: Int64Array
    bias: Int64Array
    weight_format: IntegerFormat
    activation_format: IntegerFormat
    input_zero_point: int
    input_lo: int
    input_hi: int
    step: Step | None = None
    table: ActivationTable | None = None
    orders: tuple[TableOrder, ...] = ()

    def __post_init__(self) -> None:
        check_sizes((self.inputs,), self.outputs, self.name)

    @property
    def inputs(self) -> int:
        """Number of inputs N."""
        return int(self.weight.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return int(self.weight.shape[0])

    @property
    def reach(self) -> tuple[Int64Array, Int64Array]:
        """Smallest and largest accumulator that can occur, (M,) each."""
        low, high = self.input_lo - self.input_zero_point, self.input_hi - self.input_zero_point
        positive = np.maximum(self.weight, 0).sum(axis=1)
        negative = np.minimum(self.weight, 0).sum(axis=1)
        least = positive * low + negative * high + self.bias
        most = positive * high + negative * low + self.bias
        return least, most

    def accumulate(self, x: npt.NDArray[np.integer]) -> Int64Array:
        """Return the accumulators (V, M) of codes (V, N)."""
        shifted = x.astype(np.int64) - self.input_zero_point
        sums: Int64Array = shifted @ self.weight.T + self.bias
        return sums

    def finish(self, accumulator: Int64Array) -> Int64Array:
        """Return the outputs (V, M) of accumulators (V, M)."""
        if self.step is None:
            return accumulator
        codes = self.step(accumulator)
        if self.table is not None:
            codes = self.table.entries[codes - self.table.index.minimum]
        return codes


@dataclass(frozen=True, eq=False)
class IntegerModel:
    """Layers of integers in a chain, as read from a file.

    Attributes
    ----------
    name, format, input_name, input_shape, tail, nodes, shape
        As for `fcgen.load.model.Model`.
    layers : tuple of IntegerLayer
    target : str
        Runtime that the integers are those of: one of `TARGETS`.
    input : InputGrid, optional
        None where the file does not quantise its input.
    output : RealMap, optional
        Reals of the last layer's outputs; None where they are not known.
    notes : tuple of str
        Printed lines: what was assumed.
    open : bool
        The grid of the inputs was assumed: neither the file nor the user gave one.
    takes_codes : bool
        The file itself takes codes, int8 or uint8, not reals.
    """

    name: str
    format: str
    input_name: str
    input_shape: tuple[int, ...]
    layers: tuple[IntegerLayer, ...]
    target: str
    input: InputGrid | None
    output: RealMap | None
    tail: Tail = NO_TAIL
    nodes: tuple[NodeReport, ...] = ()
    notes: tuple[str, ...] = ()
    open: bool = False
    takes_codes: bool = False
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.name, self.format, rule, "give a model with at least one")

    def trace(self, x: npt.NDArray[np.integer]) -> list[Int64Array]:
        """Return the source's outputs of every layer, int64 (V, M) each, for codes (V, N)."""
        found, values = [], np.asarray(x, np.int64).reshape(len(x), -1)
        for layer in self.layers:
            values = layer.finish(layer.accumulate(values))
            found.append(values)
        return found


def with_table(
    layer: IntegerLayer,
    name: str,
    output: IntegerFormat,
    entries: Int64Array,
    orders: tuple[TableOrder, ...] = (),
) -> IntegerLayer:
    """Return a layer whose outputs are ``entries[y - minimum]``.

    Where the entries are a clip of y, the bounds of the step are changed and no table is made.

    Parameters
    ----------
    layer : IntegerLayer
        With a step; a new table is composed with one that the layer has already.
    name : str
        Name of the function, see `ActivationTable`.
    output : IntegerFormat
    entries : ndarray of int64, shape (2**bits,)
        Outputs for all codes y of the layer, from the smallest on.
    orders : tuple of TableOrder
        Entries that the source may compute instead.

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
        # A constant step would have no threshold to find: it keeps a table.
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
    """Return the layer with its table and a further function composed."""
    low = before.output.minimum
    both = [
        *(TableOrder(each.reason, entries[each.entries - low]) for each in layer.orders),
        *(TableOrder(each.reason, each.entries[before.entries - low]) for each in orders),
    ]
    composed = entries[before.entries - low]
    table = ActivationTable(name, before.index, output, composed)
    return replace(layer, table=table, orders=tuple(both))

"""Models that were quantised before: integer layers, with the steps and tables of their runtime."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.load.integer_sum import IntegerSum
from fcgen.load.model import NodeReport
from fcgen.network.sources import INPUT, Sources, chain_sources, joined
from fcgen.network.tail import NO_TAIL, Tail
from fcgen.network.window import Window
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
    """``step(weight · (x - zero point) + bias)``, all integers, for each window where it has one.

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
        Other entries that the source may have.
    window : Window, optional
        Of a convolution or a pooling; the order of N is height, width, channel.
    depthwise : bool
        Output m sees channel m alone, and N are the taps.
    maximum : bool
        The accumulator is the largest of these codes, not a sum.
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
    window: Window | None = None
    depthwise: bool = False
    maximum: bool = False

    def __post_init__(self) -> None:
        check_sizes((self.inputs,), self.outputs, self.name)

    @property
    def weights(self) -> int:
        """Number of weights."""
        return int(self.weight.size)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return int(self.weight.size + self.bias.size)

    @property
    def frame_inputs(self) -> int:
        """Values that go in: N, or those of the whole map."""
        return self.inputs if self.window is None else self.window.elements

    @property
    def frame_outputs(self) -> int:
        """Values that leave: M for every window."""
        return self.outputs * (1 if self.window is None else self.window.positions)

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
        if self.maximum:
            ends = np.ones(self.outputs, np.int64)
            return ends * self.input_lo, ends * self.input_hi
        low, high = self.input_lo - self.input_zero_point, self.input_hi - self.input_zero_point
        if self.window is not None and self.window.padded:
            low, high = min(low, 0), max(high, 0)
        positive = np.maximum(self.weight, 0).sum(axis=1)
        negative = np.minimum(self.weight, 0).sum(axis=1)
        least = positive * low + negative * high + self.bias
        most = positive * high + negative * low + self.bias
        return least, most

    def run(self, x: npt.NDArray[np.integer]) -> Int64Array:
        """Return what leaves, (V, frame_outputs), for codes (V, frame_inputs)."""
        return self.finish(self.accumulate(x))

    def accumulate(self, x: npt.NDArray[np.integer]) -> Int64Array:
        """Return the accumulators (V, M) of codes (V, N); (V, positions, M) of maps (V, H·W·C)."""
        if self.maximum and self.window is not None:
            codes = self.window.gather(np.asarray(x, np.int64), self.input_zero_point)
            return np.asarray(codes.max(axis=2))
        shifted = x.astype(np.int64) - self.input_zero_point
        if self.window is None:
            sums: Int64Array = shifted @ self.weight.T + self.bias
            return sums
        # Integers below 2**53 are exact in float64, whatever the order in which they are added.
        seen = self.window.gather(shifted.astype(np.float64))
        weight = self.weight.astype(np.float64)
        if self.depthwise:
            sums = np.einsum("vptc,ct->vpc", seen, weight).astype(np.int64)
        else:
            sums = (seen.reshape(*seen.shape[:2], -1) @ weight.T).astype(np.int64)
        sums += self.bias
        return sums

    def finish(self, accumulator: Int64Array) -> Int64Array:
        """Return what leaves, (V, frame_outputs), of what `accumulate` gives."""
        codes = accumulator.reshape(-1, self.outputs)
        if self.step is not None:
            codes = self.step(codes)
        if self.table is not None:
            codes = self.table.entries[codes - self.table.index.minimum]
        return codes.reshape(len(accumulator), -1)


@dataclass(frozen=True, eq=False)
class IntegerModel:
    """Layers of integers in a chain, as read from a file.

    Attributes
    ----------
    name, format, input_name, input_shape, tail, nodes, shape
        As for `fcgen.load.model.Model`.
    layers : tuple of IntegerLayer or IntegerSum
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
        The file's own input has codes, int8 or uint8, not reals.
    sources : tuple of tuple of int
        As those of a `Network`.
    """

    name: str
    format: str
    input_name: str
    input_shape: tuple[int, ...]
    layers: tuple[IntegerLayer | IntegerSum, ...]
    target: str
    input: InputGrid | None
    output: RealMap | None
    tail: Tail = NO_TAIL
    nodes: tuple[NodeReport, ...] = ()
    notes: tuple[str, ...] = ()
    open: bool = False
    takes_codes: bool = False
    shape: tuple[int, ...] = ()
    sources: Sources = ()

    def __post_init__(self) -> None:
        if not self.layers:
            rule = "no dense layer was found"
            raise bad_input(self.name, self.format, rule, "give a model with at least one")

    def trace(self, x: npt.NDArray[np.integer]) -> list[Int64Array]:
        """Return what the source gives after every layer, int64 (V, M), for codes (V, N)."""
        entry = np.asarray(x, np.int64).reshape(len(x), -1)
        found: list[Int64Array] = []
        for layer, sources in zip(
            self.layers, self.sources or chain_sources(len(self.layers)), strict=True
        ):
            given = [entry if source == INPUT else found[source] for source in sources]
            pixels = 1
            if sources[0] >= 0:
                before = self.layers[sources[0]]
                pixels = before.frame_outputs // before.outputs
            found.append(layer.run(joined(given, pixels)))
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

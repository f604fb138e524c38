"""QONNX graphs, as qonnx's executor computes them: layers from dense nodes to Quant nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fcgen.errors import InputError, bad_input
from fcgen.load.integer_model import IntegerModel, TableOrder, with_table
from fcgen.load.onnx.graph import SAME_ORDER
from fcgen.load.qonnx import mapped
from fcgen.load.qonnx.dense import dense
from fcgen.load.qonnx.layers import QuantLayers
from fcgen.load.qonnx.mapped import Mapped
from fcgen.load.qonnx.operations import OPERATIONS
from fcgen.load.qonnx.quant import QUANT, Quantizer, quantizer
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.network.tail import Tail
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.roundings import BIPOLAR, NEAREST
from fcgen.numerics.source_step import Int64Array

if TYPE_CHECKING:
    import onnx


TARGET = "qonnx"
Orders = tuple[TableOrder, ...]
SIGNS = IntegerFormat(2, signed=True)
"""Format of signs in tables, whose formats must have a zero."""


class QuantWalk(QuantLayers):
    """A graph whose nodes become integer layers one by one; parameters as of `QuantLayers`."""

    @property
    def complete(self) -> bool:
        """See `OnnxWalk.complete`."""
        return self.state is not None

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node of the current value; return what became of it."""
        kind = node.op_type
        if kind in SAME_ORDER:
            self.shape = self.infer(node)
            return "a new shape, the same order"
        if kind in QUANT:
            return self._quantise(node)
        if kind in ("MatMul", "Gemm"):
            return dense(self, node)
        if isinstance(self.state, Codes | Mapped):
            return self._map(node, self.state)
        handler = OPERATIONS.get(kind)
        if handler is None:
            raise self._unknown(node)
        ways = handler(self, node)
        if isinstance(self.state, Sums):
            self.state.add(*ways)
            return f"a part of layer {len(self.layers) + 1}"
        self.before += ways[0]
        return "before the input is quantised"

    def _unknown(self, node: onnx.NodeProto) -> InputError:
        """Return the error of a node that neither sums nor codes can pass."""
        if node.op_type in mapped.FUNCTIONS:
            rule = "its inputs are not quantised, and a table of it needs codes"
            return self.refuse(node, rule, "put a quantiser between the layer and it")
        rule = "is not supported in a chain of quantised dense layers"
        return self.refuse(node, rule, "remove it, or put it between a layer and its Quant")

    def _map(self, node: onnx.NodeProto, state: Codes | Mapped) -> str:
        """Take a function of codes, which becomes a table."""
        if isinstance(state, Codes):
            state = self._values(node, state)
        values = mapped.apply(self, node, state)
        if values is None:
            raise self._unknown(node)
        if not self.layers:
            raise self.refuse(node, "must follow a dense layer", "remove it, or apply it before")
        self.state = values
        return f"a part of the table of layer {len(self.layers)}"

    def _values(self, node: onnx.NodeProto, state: Codes) -> Mapped:
        """Return the reals of codes, as the start of a table."""
        if np.size(state.scale) > 1:
            raise self.several_scales(node)
        if state.form.bipolar and self.layers:
            step: Any = self.layers[-1].step
            self.layers[-1] = replace(self.layers[-1], step=replace(step, output=SIGNS))
            state = replace(state, form=SIGNS)
        return Mapped.of(state)

    def tabulate(self, state: Mapped, entries: Int64Array, orders: Orders, codes: Codes) -> str:
        """Give the last layer a table that ends in ``codes``; return what became of the node."""
        if codes.form.bipolar:
            codes = replace(codes, form=SIGNS)
        self.layers[-1] = with_table(self.layers[-1], state.name, codes.form, entries, orders)
        self.state = codes
        table = self.layers[-1].table
        layer = f"layer {len(self.layers)}"
        return f"the bounds of {layer}" if table is None else f"{layer}: {table.line()}"

    def _quantise(self, node: onnx.NodeProto) -> str:
        found = quantizer(self, node)
        if self.state is None:
            self.check_entry(node)
            self.state = self._codes(node, found)
            self.input = self._grid(found)
            return "the grid of the input"
        if isinstance(self.state, Codes):
            if not self.layers:
                rule = "quantises what is quantised already"
                raise self.refuse(node, rule, "remove one of the two")
            self.state = self._values(node, self.state)
        codes = self._codes(node, found)
        if isinstance(self.state, Mapped):
            return self.tabulate(self.state, *self.state.entries_of(found.codes), codes)
        self.layers.append(self.state.layer(self._spread_out(node, found)))
        self.state = codes
        return f"the outputs of layer {len(self.layers)}, {found.form.name}"

    def _codes(self, node: onnx.NodeProto, found: Quantizer) -> Codes:
        """Return the codes behind a Quant."""
        scale = found.scale.reshape(-1)[0]
        if (found.scale != scale).any():
            if not isinstance(self.state, Sums):
                raise self.several_scales(node)
            scale = self.spread(node, found.scale).astype(np.float32)
        return Codes(scale, found.zero_point, found.lo, found.hi, found.form)

    def _spread_out(self, node: onnx.NodeProto, found: Quantizer) -> Quantizer:
        """Return a Quant with one divisor, or with one for each output."""
        if found.divisor.size == 1:
            return found
        return replace(found, divisor=self.spread(node, found.divisor).astype(np.float32))

    def _grid(self, found: Quantizer) -> InputGrid:
        """Return the input grid that a Quant defines."""
        before = list(self.before)
        scale = found.scale.reshape(-1)[0]
        if found.rounding == BIPOLAR:
            # A Quant of one bit divides and adds before it takes the sign; a BipolarQuant does not.
            divisor = found.divisor.reshape(-1)[0]
            if divisor != 1:
                before.append(("divide", np.asarray(divisor)))
            if found.zero_point:
                before.append(("add", np.asarray(found.zero_point, np.float32)))
        steps = RealMap(tuple((name, np.asarray(value)) for name, value in before))
        bounds = found.zero_point, found.lo, found.hi
        if found.rounding == BIPOLAR:
            return InputGrid(float(scale), *bounds, steps, BIPOLAR)
        # A zero point of an integer type that float32 does not hold is added in float64.
        wide = np.result_type(found.zero, np.float32) != np.float32
        rounding = NEAREST if found.rounding == "HALF_EVEN" else found.rounding
        first = bool(found.zero_point) or wide
        return InputGrid(float(scale), *bounds, steps, rounding, zero_first=first, wide=wide)

    def check_entry(self, node: onnx.NodeProto) -> None:
        """Refuse a grid for inputs that a node quantises."""
        if self.entry is not None:
            rule = "quantises the input itself"
            raise self.refuse(node, rule, "leave --input-format out")

    def quantised(self, sums: Sums) -> bool:
        """Return whether the graph itself quantises the inputs of a layer."""
        return bool(self.layers) or not self.open

    def finish(self) -> RealMap | None:
        """End the last layer; return the map from its outputs to reals."""
        if isinstance(self.state, Mapped):
            return self._last_values(self.state)
        if isinstance(self.state, Codes):
            return RealMap.scaled(self.state.scale, self.state.zero_point)
        if self.state is None:
            return None
        self.layers.append(self.state.layer(None))
        return RealMap(tuple(self.state.chains[0]))

    def _last_values(self, state: Mapped) -> RealMap:
        """End the last layer in a function of codes that nothing quantises."""
        entry = state.entry
        values = RealMap.scaled(entry.scale, entry.zero_point)
        entries = state.on_the_same_grid()
        if entries is not None:
            self.tabulate(state, entries, (), entry)
            return values
        if state.operations is None:
            rule = "the last layer ends in an activation that is not quantised"
            raise bad_input(self.path, state.name, rule, "put a Quant behind it")
        return RealMap((*values.steps, *state.operations))

    def result(self, name: str, target: str, tail: Tail) -> IntegerModel:
        """End the last layer; return the model, of a format of this name."""
        output = self.finish()
        return IntegerModel(
            name=self.path.stem,
            format=name,
            input_name=self.input_name,
            input_shape=self.input_shape,
            layers=tuple(self.layers),
            target=target,
            input=self.input,
            output=output,
            tail=tail,
            nodes=tuple(self.reports),
            notes=tuple(self.notes),
            open=self.open and self.entry is None,
            shape=self.declared,
        )


def read_qonnx(path: Path, model: onnx.ModelProto, entry: InputGrid | None = None) -> IntegerModel:
    """Return the layers of a QONNX graph.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise; default
        `fcgen.load.qonnx.dense.DEFAULT_ENTRY`.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = QuantWalk(path, model, entry)
    return walk.result("QONNX", TARGET, walk.through())

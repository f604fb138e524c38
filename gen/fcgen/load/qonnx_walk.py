"""Walks over QONNX graphs: layers begin at dense nodes and end at Quant nodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import InputError, bad_input
from fcgen.integer_model import IntegerLayer, IntegerModel, TableOrder
from fcgen.load import mapped
from fcgen.load.layer_table import with_table
from fcgen.load.mapped import Mapped
from fcgen.load.onnx_graph import Array
from fcgen.load.onnx_tail import SAME_ORDER
from fcgen.load.qonnx_constants import QuantConstants
from fcgen.load.qonnx_dense import dense
from fcgen.load.qonnx_quant import QUANT, quantizer
from fcgen.load.qonnx_state import Codes, Sums
from fcgen.load.quant_operations import OPERATIONS
from fcgen.real_map import OPERATIONS as REAL
from fcgen.real_map import InputGrid, RealMap
from fcgen.source_step import Int64Array
from fcgen.tail import Tail

if TYPE_CHECKING:
    import onnx

Orders = tuple[TableOrder, ...]


class QuantWalk(QuantConstants):
    """A graph whose nodes become integer layers one by one.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise.
    """

    def __init__(self, path: Path, model: onnx.ModelProto, entry: InputGrid | None) -> None:
        super().__init__(path, model)
        self.entry = entry
        self.open = False
        self.notes: list[str] = []
        self.input: InputGrid | None = None
        self.before: list[tuple[str, Array]] = []
        self.state: Codes | Mapped | Sums | None = None
        self.layers: list[IntegerLayer] = []

    @property
    def complete(self) -> bool:
        """See `OnnxWalk.complete`."""
        return self.state is not None

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node that runs; return what became of it."""
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
        if any(name not in REAL for name, _ in self.before):
            rule = "must follow a dense layer"
            raise self.refuse(node, rule, "quantise the input before it")
        return "before the input is quantised"

    def _unknown(self, node: onnx.NodeProto) -> InputError:
        """Return the error of a node that neither sums nor codes can go through."""
        if node.op_type in mapped.FUNCTIONS:
            rule = "its inputs are not quantised, and a table of it needs codes"
            return self.refuse(node, rule, "put a quantiser between the layer and it")
        rule = "is not supported in a chain of quantised dense layers"
        return self.refuse(node, rule, "remove it, or put it between a layer and its Quant")

    def _map(self, node: onnx.NodeProto, state: Codes | Mapped) -> str:
        """Take a function of codes, which becomes a table."""
        if isinstance(state, Codes):
            state = Mapped.of(state)
        values = mapped.apply(self, node, state)
        if values is None:
            raise self._unknown(node)
        if not self.layers:
            raise self.refuse(node, "must follow a dense layer", "remove it, or apply it before")
        self.state = values
        return f"a part of the table of layer {len(self.layers)}"

    def tabulate(self, state: Mapped, entries: Int64Array, orders: Orders, codes: Codes) -> str:
        """Give the last layer a table that ends in codes; return what became of its node."""
        self.layers[-1] = with_table(self.layers[-1], state.name, codes.form, entries, orders)
        self.state = codes
        table = self.layers[-1].table
        layer = f"layer {len(self.layers)}"
        return f"the bounds of {layer}" if table is None else f"{layer}: {table.line()}"

    def _quantise(self, node: onnx.NodeProto) -> str:
        found = quantizer(self, node)
        if found.scale.size != 1:
            rule = "scales of activations must be one number"
            raise self.refuse(node, rule, "quantise them by tensor")
        codes = Codes(found.scale.reshape(-1)[0], found.zero_point, found.lo, found.hi, found.form)
        if isinstance(self.state, Codes):
            if not self.layers:
                rule = "quantises what is quantised already"
                raise self.refuse(node, rule, "remove one of the two")
            self.state = Mapped.of(self.state)
        if isinstance(self.state, Mapped):
            return self.tabulate(self.state, *self.state.table(found.codes), codes)
        if self.state is None:
            if found.rounding not in ("ROUND", "HALF_EVEN"):
                rule = "inputs are rounded half to even"
                raise self.refuse(node, rule, "use the rounding mode ROUND")
            before = RealMap(tuple((name, np.asarray(value)) for name, value in self.before))
            self.check_entry(node)
            self.input = InputGrid(float(codes.scale), codes.zero_point, codes.lo, codes.hi, before)
            self.state = codes
            return "the grid of the input"
        self.layers.append(self.state.layer(found))
        self.state = codes
        return f"the outputs of layer {len(self.layers)}, {found.form.name}"

    def check_entry(self, node: onnx.NodeProto) -> None:
        """Refuse a grid for inputs that a node quantises."""
        if self.entry is not None:
            rule = "quantises the input itself"
            raise self.refuse(node, rule, "leave --input-format out")

    def quantised(self, sums: Sums) -> bool:
        """Say whether the graph itself quantises what a layer sums."""
        return bool(self.layers) or not self.open

    def finish(self) -> RealMap | None:
        """End the last layer; return what its outputs are worth."""
        if isinstance(self.state, Mapped):
            self.state = self._last_codes(self.state)
        if isinstance(self.state, Codes):
            return RealMap.scaled(self.state.scale, self.state.zero_point)
        if self.state is None:
            return None
        self.layers.append(self.state.layer(None))
        chain = self.state.chains[0]
        if any(name not in REAL for name, _ in chain):
            rule = "the last layer ends in an activation that is not quantised"
            raise bad_input(self.path, self.state.name, rule, "put a Quant behind it")
        return RealMap(tuple(chain))

    def _last_codes(self, state: Mapped) -> Codes:
        """End the last layer in a function of codes that gives codes of their own grid."""
        entries = state.on_the_same_grid()
        if entries is None:
            rule = "the last layer ends in an activation that is not quantised"
            raise bad_input(self.path, state.name, rule, "put a Quant behind it")
        self.tabulate(state, entries, (), state.entry)
        return state.entry

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

"""Dense operations of quantised ONNX graphs, with all that onnxruntime's choice depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fcgen.load.onnx.graph import SAME_ORDER
from fcgen.load.qdq.fusing import (
    ABSENT,
    BOUNDS,
    PASSED,
    Bias,
    Entry,
    Product,
    Quantised,
)
from fcgen.load.qdq.grid import dequantized, gives_half
from fcgen.load.qonnx.dense import dense
from fcgen.load.qonnx.layers import MOVING
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.load.qonnx.walk import QuantWalk

if TYPE_CHECKING:
    import onnx


class ProductWalk(QuantWalk):
    """A graph that remembers the context of its products.

    Attributes
    ----------
    real : bool
        The current value is the reals of codes, not the codes themselves.
    entry_now : Entry
        These reals as the input of a product.
    functions : list of str
        Operations on these reals.
    product : Product, optional
        The last product; None for a node of integers.
    added : Bias, optional
        What an Add adds to the product.
    behind : list of onnx.NodeProto
        Operations behind the product and its Add.
    flat : bool
        The current value has one dimension beside the batch.
    """

    real = False
    entry_now = Entry()
    product: Product | None = None
    dense_node: onnx.NodeProto
    added: Bias | None = None
    flat = True

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.dequantised: dict[str, Quantised] = {}
        self.behind: list[onnx.NodeProto] = []
        self.functions: list[str] = []

    def fold(self, node: onnx.NodeProto) -> None:
        """Take a node of constants."""
        source = node.input[0] if node.input else ""
        if node.op_type != "DequantizeLinear":
            super().fold(node)
            if node.op_type in MOVING and source in self.dequantised:
                found = self.dequantised[source]
                turned = found.turned != (node.op_type == "Transpose")
                self.dequantised[node.output[0]] = found._replace(turned=turned)
            return
        values, steps, form = dequantized(self, node)
        codes, scale = self.constants[source], self.constants[node.input[1]]
        self.weights[node.output[0]] = values, steps, form
        self.constants[node.output[0]] = values.astype(np.float32) * steps
        self.dequantised[node.output[0]] = Quantised(
            codes=codes,
            kind=codes.dtype.name,
            zero=len(node.input) > 2 and bool(node.input[2]),
            half=scale.dtype == np.float16,
            blocked=bool(self.attribute(node, "block_size", 0)),
            channels=scale.size > 1,
        )
        self.report(node, f"a constant of {codes.dtype.name}")

    def check_single(self, node: onnx.NodeProto) -> None:
        """Refuse a DequantizeLinear that gives float16."""
        if gives_half(self, node, self.constants[node.input[1]]):
            rule = "gives float16, and products of float32 are supported"
            raise self.refuse(node, rule, "export the model in float32")

    def apply(self, node: onnx.NodeProto) -> str:
        """See `QuantWalk.apply`."""
        kind = node.op_type
        if kind in ("MatMul", "Gemm"):
            return self._product(node)
        if isinstance(self.state, Sums):
            self._follow(node)
        elif self.real and kind in SAME_ORDER and kind not in ABSENT:
            self.entry_now = self._passed(self.entry_now, kind)
        elif self.real:
            self.functions.append(kind)
        return super().apply(node)

    def _follow(self, node: onnx.NodeProto) -> None:
        """Remember an operation behind a product, and the Add that makes a Gemm of a MatMul."""
        joins = self.product is not None and not self.product.gemm and self.added is None
        if joins and node.op_type == "Add" and all(n.op_type in ABSENT for n in self.behind):
            self.added = self._added(node)
            if self.added is not None:
                return
        self.behind.append(node)

    def _added(self, node: onnx.NodeProto) -> Bias | None:
        """Return the constant of an Add that a Gemm can take, None of another one."""
        name = next(name for name in node.input if name in self.constants)
        shape, outputs = self.constants[name].shape, self.shape[-1]
        flat = len(self.shape) == 2
        if not flat and not self.batch:
            return None
        row = flat and shape in ((1, outputs), (self.batch, outputs), (self.batch, 1))
        if shape != (outputs,) and not row:
            return None
        return self._bias(node, name, outputs)

    @staticmethod
    def _passed(entry: Entry, kind: str) -> Entry:
        """Return the input of a product after an operation that keeps the order of reals."""
        if kind not in PASSED:
            return replace(entry, straight=False)
        return replace(entry, pair=entry.zero, moved=True)

    @property
    def whole_product(self) -> Product:
        """The product with its Add, as onnxruntime joins them."""
        product = self.product
        assert product is not None
        if self.added is None:
            return product
        # A batch in more than one dimension is reshaped before and behind.
        entry = product.entry if self.flat else self._passed(product.entry, "Reshape")
        # Where it has a zero point, a DequantizeLinear goes behind the Transpose of its weights.
        turned = product.weight.turned and not product.weight.zero
        return replace(product, gemm=True, bias=self.added, entry=entry, turned=turned)

    @property
    def kinds(self) -> list[str]:
        """Operations behind the product and what is added to it."""
        reshaped = [] if self.added is None or self.flat else ["Reshape"]
        return reshaped + [node.op_type for node in self.behind if node.op_type not in ABSENT]

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Bounds of each Relu and Clip behind the product."""
        return [self._limits(node) for node in self.behind if node.op_type in BOUNDS]

    def _limits(self, node: onnx.NodeProto) -> tuple[float, float]:
        if node.op_type == "Relu":
            return 0.0, np.inf
        found = []
        for place, name, default in ((1, "min", -np.inf), (2, "max", np.inf)):
            value = self.constant(node, place)
            given = self.attribute(node, name, default) if value is None else value
            found.append(float(np.asarray(given).reshape(-1)[0]))
        return found[0], found[1]

    def _product(self, node: onnx.NodeProto) -> str:
        """Take a MatMul or a Gemm, and its factors and its bias separately."""
        bare = self.onnx.NodeProto()
        bare.CopyFrom(node)
        kept = [each for each in node.attribute if each.name not in ("alpha", "beta")]
        del bare.attribute[:], bare.input[2:]
        bare.attribute.extend(kept)
        entry = self.entry_now if isinstance(self.state, Codes) and self.real else Entry()
        added = None
        became = dense(self, bare)
        sums = self.state
        assert isinstance(sums, Sums)
        if len(node.input) > 2 and node.input[2]:
            added = self._bias(node, node.input[2], len(sums.weight))
        _codes, steps, _ = self.weights[node.input[1]]
        turned = node.op_type == "Gemm" and bool(self.attribute(node, "transB", 0))
        weight = self.dequantised[node.input[1]]
        self.dense_node, self.behind, self.added = node, [], None
        self.flat = len(self.shape) == 2
        self.product = Product(
            gemm=node.op_type == "Gemm",
            alpha=np.float32(self.attribute(node, "alpha", 1.0)),
            beta=np.float32(self.attribute(node, "beta", 1.0)),
            entry=entry if self.quantised(sums) else Entry(),
            weight=weight,
            entry_scale=np.float32(sums.entry.scale),
            weight_scale=np.asarray((steps if turned else steps.T)[:, 0], np.float32),
            turned=node.op_type == "Gemm" and turned != weight.turned,
            bias=added,
        )
        return became

    def _bias(self, node: onnx.NodeProto, name: str, outputs: int) -> Bias:
        """Return a constant that is added, one number for each output."""
        value = self.constants.get(name)
        if value is None:
            raise self.refuse(node, "its C must be a constant", "correct the model")
        if value.size not in (1, outputs):
            rule = f"a constant of shape {value.shape} does not fit {outputs} outputs"
            raise self.refuse(node, rule, "correct the model")
        values = np.broadcast_to(value.astype(np.float32).reshape(-1), (outputs,))
        found, row = self.dequantised.get(name), value.shape == (outputs,)
        if found is None:
            return Bias(values, None, value.ndim == 1, row)
        if found.kind != "int32":
            return Bias(values, None, False, row)
        codes = np.broadcast_to(found.codes.astype(np.int64).reshape(-1), (outputs,))
        return Bias(values, codes, False, row)

"""Quantised ONNX graphs (QDQ, QCDQ and QOperator), as onnxruntime computes them.

The integers are those of a session of onnxruntime with its default options, which optimises the
graph first (`fcgen.load.qdq.fusing`), or of one without optimisation. Where a layer is computed in
integers, its outputs are ``clip(rint(f32(acc) · f32(f32(xs·ws)/ys)) + zero)``. Where other
operations come between, or integer kernels do not take the types, sums and operations are floats.

On x86 processors without VNNI, onnxruntime's kernels for unsigned activations saturate sums of two
products; sessions with the entry ``session.x64quantprecision`` of 1 do not. The integers here are
those of exact sums.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen.errors import InputError, shown
from fcgen.load.integer_model import IntegerLayer, IntegerModel
from fcgen.load.onnx.graph import SAME_ORDER
from fcgen.load.qdq import qoperator
from fcgen.load.qdq.closing import check_sums, closed, float_error, plain, settle
from fcgen.load.qdq.fusing import (
    PASSED,
    REFUSES,
    Arithmetic,
    Choice,
    Entry,
    NotOpened,
    Output,
    Product,
    choice,
    unoptimised,
    within,
)
from fcgen.load.qdq.grid import FLOAT, Grid, grid_of
from fcgen.load.qdq.product import ProductWalk
from fcgen.load.qonnx.mapped import ONE_LAYER, Mapped, all_codes
from fcgen.load.qonnx.state import Codes, Sums
from fcgen.numerics.float_operations import OPERATIONS as REAL
from fcgen.numerics.real_map import InputGrid, RealMap

if TYPE_CHECKING:
    import onnx

TARGET = "onnxruntime"
UNOPTIMISED = "onnxruntime-unoptimised"
TARGETS = (TARGET, UNOPTIMISED)
DOUBLE = 11
FIXED_SINCE = 4
"""First IR version in which a constant that is also an input can be overridden."""
OF_CODES = ("Sigmoid", "LeakyRelu")
"""Functions for which onnxruntime has kernels from codes to codes."""


class IntegerWalk(ProductWalk):
    """A graph of QuantizeLinear, DequantizeLinear and integer products.

    ``optimised`` says whether the session optimises the graph. ``grid`` is that of the last codes,
    and ``codes_pair`` says whether these go straight from a QuantizeLinear to one DequantizeLinear.
    """

    optimised = True
    grid: Grid | None = None
    codes_pair = False

    def apply(self, node: onnx.NodeProto) -> str:
        """Take a node that runs; return what became of it."""
        kind = node.op_type
        if kind == "QuantizeLinear":
            return self._quantize_linear(node)
        if kind == "DequantizeLinear":
            return self._dequantize_linear(node)
        if kind in qoperator.NODES:
            self.real = self.codes_pair = False
            self.product, self.added, self.behind = None, None, []
            return qoperator.NODES[kind](self, node)
        if kind == "Cast":
            self._check_cast(node)
        if isinstance(self.state, Codes) and not self.real and kind not in SAME_ORDER:
            if kind == "Clip":
                return self._clip_codes(node)
            rule = "takes codes as they are, and is not supported"
            remedy = ONE_LAYER if kind == "QLinearAdd" else "put a DequantizeLinear before it"
            raise self.refuse(node, rule, remedy)
        if kind == "BatchNormalization" and self.state is None:
            rule = "stands before the input's quantiser, and runtimes compute it in several ways"
            raise self.refuse(node, rule, "write it as a Mul and an Add")
        return super().apply(node)

    def _check_cast(self, node: onnx.NodeProto) -> None:
        kind = self.attribute(node, "to", FLOAT)
        if kind not in (FLOAT, DOUBLE) and not isinstance(self.state, Codes):
            name = self.onnx.TensorProto.DataType.Name(kind)
            rule = f"rounds what runs to {name}, and float32 is supported"
            raise self.refuse(node, rule, "export the model in float32")

    def _quantize_linear(self, node: onnx.NodeProto) -> str:
        grid = grid_of(self, node)
        if grid.scale.size != 1:
            rule = "scales of activations must be one number"
            raise self.refuse(node, rule, "quantise them by tensor")
        codes = grid.as_codes()
        self.real, self.codes_pair = False, self._pair(node, grid)
        self.grid = grid
        if self.state is None:
            self.check_entry(node)
            before = RealMap(tuple((name, np.asarray(value)) for name, value in self.before))
            self.input = InputGrid(
                float(codes.scale), codes.zero_point, codes.lo, codes.hi, before, half=grid.half
            )
            self.state = codes
            return "the grid of the input"
        if isinstance(self.state, Mapped):
            own = self.functions in ([kind] for kind in OF_CODES)
            if self.optimised and own and (grid.short or self.entry_now.half):
                raise self._unfollowed(node, f"{REFUSES}: its scales are of float16")
            return self.tabulate(self.state, *self.state.entries_of(grid.quantize), codes)
        if isinstance(self.state, Codes):
            if not grid.is_of(self.state):
                rule = "quantises what is quantised already, to another grid"
                raise self.refuse(node, rule, "remove one of the two")
            return "no change"
        self.layers.append(self._closed(node, self.state, grid))
        self.state = codes
        return f"the outputs of layer {len(self.layers)}, {codes.form.name}"

    def _closed(self, node: onnx.NodeProto, sums: Sums, grid: Grid) -> IntegerLayer:
        if self.product is None:
            # A node of integers whose outputs are reals: its sums are exact.
            return closed(sums, grid, np.zeros(1), of_integers=False)
        # A QuantizeLinear that passes an operation makes a new pair.
        pair = self.codes_pair or (grid.given and self.kinds[-1:] in [[k] for k in PASSED])
        kind = grid.zero_point.dtype.name
        entry = Entry(kind, straight=True, zero=grid.given, pair=pair, half=grid.short)
        chosen, product = self._chosen(node, Output(grid.as_codes(), entry, grid.scalar))
        error = self._settle(sums, product, chosen)
        made = closed(sums, grid, error, of_integers=chosen.arithmetic is Arithmetic.CODES)
        if chosen.arithmetic is not Arithmetic.FLOATS:
            check_sums(self, self.dense_node, made)
        return made

    def _chosen(self, node: onnx.NodeProto | None, output: Output | None) -> tuple[Choice, Product]:
        """Return the arithmetic of the product, and the product with its Add."""
        assert self.product is not None
        if not self.optimised:
            return unoptimised(self.product), self.product
        self._check_constants(node or self.dense_node)
        product = self.whole_product
        try:
            return choice(product, self.kinds, output, self.bounds, self.opset), product
        except NotOpened as error:
            raise self._unfollowed(node or self.dense_node, str(error)) from None

    def _check_constants(self, node: onnx.NodeProto) -> None:
        """Refuse constants that a session may override, which keeps products from fusing."""
        graph = self.model.graph
        if self.model.ir_version < FIXED_SINCE:
            return
        given = {value.name for value in graph.input} & {each.name for each in graph.initializer}
        if given:
            raise self.refuse(
                node,
                f"{len(given)} constants of the graph are inputs of it too, with the default "
                "values that they have, and onnxruntime does not fuse what depends on them",
                f"remove them from the graph's inputs, or give --target {UNOPTIMISED}",
            )

    def _unfollowed(self, node: onnx.NodeProto, why: str) -> InputError:
        """Return the error of a graph that onnxruntime does not compute in its default session."""
        remedy = f"give --target {UNOPTIMISED}, or quantise the model in another way"
        return self.refuse(node, f"onnxruntime {why}", remedy)

    def _settle(self, sums: Sums, product: Product, chosen: Choice) -> np.ndarray:
        """Give sums the chosen arithmetic; return the bound of their error, in steps."""
        if chosen.narrowed:
            self._note_narrowed(sums)
        bias, done = chosen.bias, 2 if self.optimised and self.added is not None else 1
        settle(sums, product, chosen, [chain[done:] for chain in sums.chains])
        if chosen.arithmetic is not Arithmetic.FLOATS:
            return np.zeros(1)
        return float_error(sums, product, None if bias is None else bias.values)

    def _note_narrowed(self, sums: Sums) -> None:
        """Note that onnxruntime quantises a layer's inputs anew, and how to avoid it."""
        self.notes.append(
            f"{shown(sums.name)}: by default onnxruntime computes it by MatMulNBits, which "
            "makes 8 bits of its inputs; the integers are those of sessions with the entry "
            "session.qdq_matmulnbits_accuracy_level of 1"
        )

    def _pair(self, node: onnx.NodeProto, grid: Grid) -> bool:
        """Return whether codes go straight to one DequantizeLinear, both with a zero point.

        A second pair of the same grid right behind the first one replaces it.
        """
        found = self._reader(node, ("Identity",))
        if found is None or found.op_type != "DequantizeLinear" or len(found.input) < 3:
            return False
        codes, again = grid.as_codes(), self._reader(found, ("Identity",))
        while again is not None and again.op_type in ("Relu", "Clip"):
            if not within(codes, self._limits(again)):
                return bool(found.input[2]) and grid.given
            again = self._reader(again, ("Identity",))
        if again is not None and again.op_type == "QuantizeLinear":
            other = grid_of(self, again)
            if other.scalar and other.is_of(codes):
                return self._pair(again, other)
        return bool(found.input[2]) and grid.given

    def _reader(self, node: onnx.NodeProto, passed: tuple[str, ...]) -> onnx.NodeProto | None:
        """Return the only node that reads an output, past the given operations."""
        while True:
            found = [other for other in self.model.graph.node if node.output[0] in other.input]
            if len(found) != 1:
                return None
            (node,) = found
            if node.op_type not in passed:
                return node

    def _dequantize_linear(self, node: onnx.NodeProto) -> str:
        grid = grid_of(self, node)
        state = self.state
        if isinstance(state, Codes) and not grid.given:
            grid = replace(grid, form=state.form)
        if not isinstance(state, Codes) or self.real or not grid.is_of(state):
            rule = "does not undo the QuantizeLinear before it"
            raise self.refuse(node, rule, "correct the model")
        self.check_single(node)
        kind = ("int" if state.form.signed else "uint") + str(state.form.bits)
        self.real, self.functions = True, []
        self.entry_now = Entry(
            kind,
            straight=True,
            zero=grid.given,
            pair=self.codes_pair,
            half=grid.short,
            listed=grid.scale.ndim > 0,
        )
        return "the reals of codes"

    def _clip_codes(self, node: onnx.NodeProto) -> str:
        """Take a clip of codes, with which Brevitas expresses narrow formats."""
        assert isinstance(self.state, Codes)
        assert self.input is not None
        bounds = [self.constant(node, place) for place in (1, 2)]
        if any(bound is None or bound.dtype.kind not in "iu" for bound in bounds):
            rule = "of codes needs two constants of integers"
            raise self.refuse(node, rule, "correct the model")
        lo, hi = (int(np.asarray(bound).reshape(-1)[0]) for bound in bounds)
        lo, hi = max(lo, self.state.lo), min(hi, self.state.hi)
        self.state = replace(self.state, lo=lo, hi=hi)
        if not self.layers:
            self.input = replace(self.input, lo=lo, hi=hi)
            return "bounds of the input"
        entries = np.clip(all_codes(self.state.form), lo, hi)
        return self.tabulate(Mapped.of(self.state), entries, (), self.state)

    def finish(self) -> RealMap | None:
        """End the last layer; return the map from its outputs to reals."""
        sums, whole = self.state, True
        if not isinstance(sums, Sums):
            return super().finish()
        if self.product is not None:
            chosen, product = self._chosen(None, None)
            self._settle(sums, product, chosen)
            whole = chosen.arithmetic is not Arithmetic.FLOATS
        real = [chain for chain in sums.chains if all(name in REAL for name, _ in chain)]
        sums.chains = real[:1] or sums.chains[:1]
        if not (whole and real):
            return super().finish()
        self.layers.append(plain(sums, sums.bias))
        if self.product is not None:
            check_sums(self, self.dense_node, self.layers[-1])
        return RealMap(tuple(sums.chains[0]))


def read_integer(
    path: Path,
    model: onnx.ModelProto,
    entry: InputGrid | None = None,
    target: str = TARGET,
) -> IntegerModel:
    """Return the layers of a quantised graph.

    Parameters
    ----------
    path, model
        As for `OnnxGraph`.
    entry : InputGrid, optional
        Grid of inputs that the graph does not quantise; default
        `fcgen.load.qonnx.dense.DEFAULT_ENTRY`.
    target : str
        One of `TARGETS`: the session whose integers these are.

    Raises
    ------
    InputError
        One line that names the node, for one that is not supported or leaves the chain.
    """
    walk = IntegerWalk(path, model, entry)
    walk.optimised = target == TARGET
    tail = walk.through()
    return walk.result("ONNX, quantised", target, tail)

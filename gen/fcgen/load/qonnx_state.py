"""What runs through a QONNX graph: integers, or a function of a layer's sums.

A sum of products of codes is exact in float32 where both scales are powers of two and it stays
below 2^24 steps; elsewhere the executor's sum depends on the order of additions, and the error that
this allows goes to the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fcgen.fixed import IntegerFormat
from fcgen.float_chain import FloatChain
from fcgen.integer_model import IntegerLayer
from fcgen.load.onnx_graph import Array
from fcgen.load.qonnx_quant import Quantizer
from fcgen.source_step import Int64Array

EXACT = 1 << 24
UNIT = 2.0**-24
"""Largest relative error of a float32 operation."""


@dataclass(frozen=True)
class Codes:
    """What runs is integers: those of the input, or of a layer before."""

    scale: np.float32
    zero_point: int
    lo: int
    hi: int
    form: IntegerFormat


@dataclass
class Sums:
    """What runs is a function of a layer's sums.

    Attributes
    ----------
    name : str
    weight : ndarray of int64, shape (M, N)
    entry : Codes
    scale : ndarray of float32, shape (M,)
        Real value of a step of the sums.
    chains : list of operations
        What the graph does to the sums, and further ways to compute the same.
    bias : ndarray of int64, shape (M,)
    """

    name: str
    weight: Int64Array
    form: IntegerFormat
    entry: Codes
    scale: npt.NDArray[np.float32]
    chains: list[list[tuple[str, Array]]]
    bias: Int64Array

    @property
    def span(self) -> Int64Array:
        """Largest sum of magnitudes, (M,)."""
        entry = self.entry
        largest = max(entry.hi - entry.zero_point, entry.zero_point - entry.lo)
        total: Int64Array = np.abs(self.weight).sum(axis=1) * largest
        return total

    @property
    def error(self) -> npt.NDArray[np.float64]:
        """By how many steps a float32 sum may be wrong, whatever its order, (M,)."""
        powers = (np.frexp(np.append(self.scale, self.entry.scale))[0] == 0.5).all()
        if powers and self.span.max(initial=0) < EXACT:
            return np.zeros(len(self.weight))
        error: npt.NDArray[np.float64] = (self.weight.shape[1] + 4) * UNIT * self.span
        return error

    def add(self, *ways: list[tuple[str, Array]]) -> None:
        """Add operations: the first way to compute something, and further ones."""
        chosen = [[(name, value.astype(np.float32)) for name, value in way] for way in ways]
        base = self.chains[0]
        self.chains = [chain + chosen[0] for chain in self.chains]
        self.chains += [base + way for way in chosen[1:]]

    def fold_bias(self) -> None:
        """Make what is added first a part of the sums, where it is whole steps of them."""
        if len(self.chains) > 1 or len(self.chains[0]) < 2 or self.error.any():
            return
        (scaling, (name, value), *rest) = self.chains[0]
        if name in ("add", "subtract"):
            steps = value.astype(np.float64) / self.scale * (1 if name == "add" else -1)
            bias = np.broadcast_to(steps, self.bias.shape)
            if (bias == np.rint(bias)).all() and (self.span + np.abs(bias)).max() < EXACT:
                self.bias = bias.astype(np.int64)
                self.chains = [[scaling, *rest]]

    def layer(self, quantized: Quantizer | None) -> IntegerLayer:
        """Return the layer, which ends in a Quant, or in its sums."""
        self.fold_bias()
        entry, step = self.entry, None
        if quantized is not None:
            first, *others = (tuple(chain) for chain in self.chains)
            step = FloatChain(
                operations=first,
                scale=quantized.scale.reshape(-1),
                rounding=quantized.rounding,
                output=quantized.form,
                zero_point=quantized.zero_point,
                lo=quantized.lo,
                hi=quantized.hi,
                outputs=len(self.weight),
                others=tuple(others),
                error=self.error,
            )
        return IntegerLayer(
            name=self.name,
            weight=self.weight,
            bias=self.bias,
            weight_format=self.form,
            activation_format=entry.form,
            input_zero_point=entry.zero_point,
            input_lo=entry.lo,
            input_hi=entry.hi,
            step=step,
        )

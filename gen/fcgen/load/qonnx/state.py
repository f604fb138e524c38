"""What runs through a QONNX graph: integers, or a function of a layer's sums.

A sum of products of codes is exact in float32 where both scales are powers of two and it stays
below 2^24 steps; elsewhere the executor's sum depends on the order of additions, and the error that
this allows goes to the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.load.integer_model import IntegerLayer
from fcgen.load.onnx.graph import Array
from fcgen.load.qonnx.quant import Quantizer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.float_chain import FloatChain
from fcgen.numerics.source_step import Int64Array

EXACT = 1 << 24
UNIT = 2.0**-24
"""Largest relative error of a float32 operation."""
ROUNDINGS = 8
"""Of a sum, beside one for each input."""


@dataclass(frozen=True)
class Codes:
    """What runs is integers: those of the input, or of a layer before.

    Attributes
    ----------
    scale : float32, or ndarray of float32, shape (M,)
        What a code is worth; one for each element is what a last layer alone may have.
    zero_point, lo, hi : int
    form : IntegerFormat
    """

    scale: Any
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
    alpha : float
        By what a Gemm multiplies the sums.
    fusible : bool
        Whether kernels of integers compute what the Gemm does: without a C, or with it as it is.
    scaled : ndarray of float32, shape (M,), optional
        The scale with an alpha, as a product of integers has it.
    loose : ndarray of float64, shape (M,), optional
        By how many steps a sum may be wrong where more than the products is added in open order.
    """

    name: str
    weight: Int64Array
    form: IntegerFormat
    entry: Codes
    scale: npt.NDArray[np.float32]
    chains: list[list[tuple[str, Array]]]
    bias: Int64Array
    alpha: float = 1.0
    fusible: bool = True
    scaled: npt.NDArray[np.float32] | None = None
    loose: npt.NDArray[np.float64] | None = None

    @property
    def span(self) -> Int64Array:
        """Largest sum of magnitudes, (M,)."""
        entry = self.entry
        largest = max(entry.hi - entry.zero_point, entry.zero_point - entry.lo)
        total: Int64Array = np.abs(self.weight).sum(axis=1) * largest
        return total

    @property
    def integer_scale(self) -> npt.NDArray[np.float32]:
        """What kernels of integers take for a step of the sums, alpha included."""
        return self.scale if self.scaled is None else self.scaled

    @property
    def exact(self) -> bool:
        """Whether sums of products are the same in float32 whatever their order."""
        powers = (np.frexp(np.append(self.scale, self.entry.scale))[0] == 0.5).all()
        return bool(powers and self.span.max(initial=0) < EXACT)

    @property
    def error(self) -> npt.NDArray[np.float64]:
        """By how many steps a float32 sum may be wrong, whatever its order, (M,)."""
        if self.loose is not None:
            return self.loose
        return np.zeros(len(self.weight)) if self.exact else self._bound(self.span)

    def _bound(self, magnitude: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the largest error of a sum of as many products, and what else is added to it.

        Two codes become floats, then there is a product, and a sum for each input; as many again
        for what `FloatChain` makes of a sum that was moved by the error.
        """
        roundings = (self.weight.shape[1] + ROUNDINGS) * UNIT
        error: npt.NDArray[np.float64] = roundings / (1 - roundings) * magnitude
        return error

    def loosen(self, addend: npt.NDArray[Any]) -> None:
        """Let the order of additions be open, of the products and of ``addend``, in steps, (M,).

        Where all of them lie on one grid that float32 holds, no order changes the sum.
        """
        magnitude = self.span + np.abs(addend)
        error = self._bound(magnitude)
        if self.exact:
            spare = np.floor(np.log2(EXACT / np.maximum(magnitude, 1))).astype(np.int64)
            fine = np.ldexp(addend, spare)
            error = np.where((fine == np.rint(fine)) & (magnitude < EXACT), 0.0, error)
        self.loose = error

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
            steps = value.astype(np.float64) / scaling[1] * (1 if name == "add" else -1)
            bias = np.broadcast_to(steps, self.bias.shape)
            if (bias == np.rint(bias)).all() and (self.span + np.abs(bias)).max() < EXACT:
                self.bias = bias.astype(np.int64)
                self.chains = [[scaling, *rest]]

    def layer(self, quantized: Quantizer | None) -> IntegerLayer:
        """Return the layer, which ends in a Quant, or in its sums."""
        self.fold_bias()
        entry, step = self.entry, None
        if quantized is not None:
            chains, hi = [tuple(chain) for chain in self.chains], quantized.hi
            if quantized.lo == hi:
                # One code alone: of two, the smaller one holds for all values up to a bound.
                below = (quantized.lo - quantized.zero_point - 1) * quantized.divisor.max()
                chains = [(*chain, ("minimum", np.asarray(below, np.float32))) for chain in chains]
                hi += 1
            first, *others = chains
            step = FloatChain(
                operations=first,
                scale=quantized.divisor.reshape(-1),
                rounding=quantized.rounding,
                output=quantized.form,
                zero_point=quantized.zero_point,
                lo=quantized.lo,
                hi=hi,
                outputs=len(self.weight),
                others=tuple(others),
                zero=quantized.zero[0],
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

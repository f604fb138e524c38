"""The current value of a walk over a QONNX graph: codes, or a function of a layer's sums.

A sum of products of codes is exact in float32 where both scales are powers of two and the sum stays
below 2^24 steps. Elsewhere the executor's sum depends on the order of additions, and the
certificate takes the error into account that this allows.
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
"""Roundings of a sum, beside one for each input."""


@dataclass(frozen=True)
class Codes:
    """The current value is codes: those of the input, or of a layer's outputs.

    Attributes
    ----------
    scale : float32, or ndarray of float32, shape (M,)
        Real value of a step; only a last layer may have one for each element.
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
    """The current value is a function of a layer's sums.

    Attributes
    ----------
    name : str
    weight : ndarray of int64, shape (M, N)
    entry : Codes
    scale : ndarray of float32, shape (M,)
        Real value of a step of the sums.
    chains : list of operations
        Operations of the graph on the sums, and further ways to compute the same.
    bias : ndarray of int64, shape (M,)
    alpha : float
        Factor by which a Gemm multiplies the sums.
    fusible : bool
        Whether integer kernels can compute the Gemm: it has no C, or adds it unscaled.
    scaled : ndarray of float32, shape (M,), optional
        The scale multiplied by alpha, as integer kernels use it.
    loose : ndarray of float64, shape (M,), optional
        Bound of the error of a sum, in steps, where an addend takes part in an open order.
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
        """Largest sum of the products' magnitudes, (M,)."""
        entry = self.entry
        largest = max(entry.hi - entry.zero_point, entry.zero_point - entry.lo)
        total: Int64Array = np.abs(self.weight).sum(axis=1) * largest
        return total

    @property
    def integer_scale(self) -> npt.NDArray[np.float32]:
        """Real value of a step of the sums in integer kernels, alpha included."""
        return self.scale if self.scaled is None else self.scaled

    @property
    def exact(self) -> bool:
        """Whether float32 sums of products are exact in any order."""
        powers = (np.frexp(np.append(self.scale, self.entry.scale))[0] == 0.5).all()
        return bool(powers and self.span.max(initial=0) < EXACT)

    @property
    def error(self) -> npt.NDArray[np.float64]:
        """Bound of the error of a float32 sum in any order, in steps, (M,)."""
        if self.loose is not None:
            return self.loose
        return np.zeros(len(self.weight)) if self.exact else self._bound(self.span)

    def _bound(self, magnitude: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the largest error of a float32 sum whose terms have this sum of magnitudes.

        There is a rounding for each input, and `ROUNDINGS` more: two codes become floats, are
        multiplied and added, and `FloatChain` rounds as often after it moves a sum by the error.
        """
        roundings = (self.weight.shape[1] + ROUNDINGS) * UNIT
        error: npt.NDArray[np.float64] = roundings / (1 - roundings) * magnitude
        return error

    def loosen(self, addend: npt.NDArray[Any]) -> None:
        """Leave the order open in which products and ``addend``, in steps, (M,), are added.

        Where all of them are multiples of a step that float32 can hold, no order changes the sum.
        """
        magnitude = self.span + np.abs(addend)
        error = self._bound(magnitude)
        if self.exact:
            spare = np.floor(np.log2(EXACT / np.maximum(magnitude, 1))).astype(np.int64)
            fine = np.ldexp(addend, spare)
            error = np.where((fine == np.rint(fine)) & (magnitude < EXACT), 0.0, error)
        self.loose = error

    def add(self, *ways: list[tuple[str, Array]]) -> None:
        """Append operations: the first way to compute them, and further ways."""
        chosen = [[(name, value.astype(np.float32)) for name, value in way] for way in ways]
        base = self.chains[0]
        self.chains = [chain + chosen[0] for chain in self.chains]
        self.chains += [base + way for way in chosen[1:]]

    def fold_bias(self) -> None:
        """Make the first addend a part of the sums, where it is a whole number of their steps."""
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
        """Return the layer, which ends in the given Quant, or in its sums."""
        self.fold_bias()
        entry, step = self.entry, None
        if quantized is not None:
            chains, hi = [tuple(chain) for chain in self.chains], quantized.hi
            if quantized.lo == hi:
                # A single code: a step needs two, so that values are bounded to the smaller one.
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

"""Steps whose quotient is one of float16, as QuantizeLinear of opset 23 has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcgen.numerics.float_chain import FloatChain, run_operations
from fcgen.numerics.half_precision import half_quotient
from fcgen.numerics.source_step import Floats, Int64Array


@dataclass(frozen=True, eq=False)
class HalfChain(FloatChain):
    """A chain of float32 operations that ends in a quotient of float16.

    ``clip(rint(f16(f16(operations(f32(acc))) / f16(scale))) + zero_point)``.
    """

    def _codes(self, sums: Floats) -> Int64Array:
        values = run_operations(self.operations, sums)
        rounded = np.rint(half_quotient(values, self.scale))
        return self._bounded(rounded + self.zero_point)

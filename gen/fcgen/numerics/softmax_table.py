"""The table of a softmax, and a bound of how far its probabilities are from the real ones.

Of the outputs c[m] of a layer, each worth ``scale`` times its code::

    d[m] = max c - c[m]                                 distance from the largest one
    e[m] = powers[min(ceil(d[m] / 2^k), size - 1)]      about A exp(-scale d[m]), A = powers[0]
    y[m] = min(floor(2^bits e[m] / sum e) + (d[m] = 0), 2^bits - 1)

y[m] / 2^bits is the probability: rounded down, that of the largest outputs up. Distance, power and
quotient never rise where an output falls, and where all three are equal the largest one has 1 more:
a larger output never has a smaller probability, equal ones have the same, and the first largest
probability is that of the first largest output.

The bound: with t[m] = exp(-scale d[m]), u[m] = e[m] / A, p = t / sum t and q = u / sum u,

    q[i] - p[i] = ((u[i] - t[i]) - q[i] sum_j (u[j] - t[j])) / sum t.

The largest outputs have u = t = 1, so that sum t >= 1. Others have |u - t| <= r t + a. An entry is
that of the middle of its 2^k distances, so that r = exp(scale (2^k - 1) / 2) - 1; it is rounded to
an integer, so that a = 1 / (2 A); what lies beyond the table has an entry and a power of less than
that. As p is at most that of a largest output, |q - p| <= r ((1 - q) p + q (1 - 2 p)) +
a max(1, M - 1), with a bracket of at most 1/3 + |q - p|; of a largest output itself it is
q (1 - p), at most 1/4 + |q - p|. Hence |q - p| <= (r / 3 + a max(1, M - 1)) / (1 - r). The quotient
adds at most 1 / 2^bits.
"""

import hashlib
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.numerics.fixed import IntegerFormat

INDEX_BITS_MAX = 12
"""Widest index; where more distances matter, several of them share an entry."""
GUARD_BITS = 2
"""Bits that hold the error of the powers of all outputs below an eighth of a step."""
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-(10**9), Emax=10**9, traps=[])
"""Decimal arithmetic: entries do not depend on a machine's exponential function."""


@dataclass(frozen=True, eq=False)
class SoftmaxTable:
    """Exponentials, indexed by the distance from the largest output.

    Attributes
    ----------
    outputs : int
        M.
    bits : int
        Width of a probability.
    scale : Fraction
        Real value of a step of the distance.
    distance : IntegerFormat
        Format of a distance, unsigned.
    coarseness : int
        k: up to 2^k distances share an entry; distance 0 has its own.
    powers : ndarray of int64, shape (2**index.bits,), read-only
        Descending from A, which has ``power_bits`` ones.
    """

    outputs: int
    bits: int
    scale: Fraction
    distance: IntegerFormat
    coarseness: int
    powers: npt.NDArray[np.int64]

    @classmethod
    def of(cls, outputs: int, score: IntegerFormat, scale: Fraction, bits: int) -> Self:
        """Return the table of outputs of a format, whose codes are worth ``scale`` times a step."""
        # Between the two codes of a bipolar output there is a step of two.
        scale = 2 * scale if score.bipolar else scale
        distance = IntegerFormat(score.stored.bits, signed=False)
        largest = (1 << (bits + GUARD_BITS + (outputs - 1).bit_length())) - 1
        coarseness, last = _layout(distance.maximum, _vanishes(scale, largest))
        powers = _powers(scale, coarseness, 1 << max(last.bit_length(), 1), largest)
        powers.flags.writeable = False
        return cls(outputs, bits, scale, distance, coarseness, powers)

    @property
    def index(self) -> IntegerFormat:
        """Format of an index."""
        return IntegerFormat((len(self.powers) - 1).bit_length(), signed=False)

    @property
    def power_bits(self) -> int:
        """Bits of a power."""
        return int(self.powers[0]).bit_length()

    @property
    def total_bits(self) -> int:
        """Bits of the sum of all powers."""
        return (self.outputs * int(self.powers[0])).bit_length()

    @property
    def table_error(self) -> float:
        """Bound of the table's part of `largest_error`."""
        spread = math.expm1(float(self.scale) * ((1 << self.coarseness) - 1) / 2)
        absolute = max(1, self.outputs - 1) / (2 * int(self.powers[0]))
        return (spread / 3 + absolute) / (1 - spread) * (1 + 1e-9)

    @property
    def largest_error(self) -> float:
        """Bound of the difference between a probability and the real softmax of the same codes."""
        return self.table_error + 0.5**self.bits

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the powers."""
        return hashlib.sha256(self.powers.astype("<i8").tobytes()).hexdigest()

    def line(self) -> str:
        """Return the table and its bound as one printed line."""
        several = 1 << self.coarseness
        shared = f" for {several:,} codes each" if several > 1 else ""
        return (
            f"steps of 1/{1 << self.bits:,}, at most {upwards(self.largest_error)} from the "
            f"softmax of the same codes, same class; {len(self.powers):,} entries{shared}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return sizes and bounds as JSON values."""
        return {
            "bits": self.bits,
            "scale": float(self.scale),
            "entries": len(self.powers),
            "entry_bits": self.power_bits,
            "codes_an_entry": 1 << self.coarseness,
            "table_error": float(upwards(self.table_error)),
            "largest_error": float(upwards(self.largest_error)),
        }


def upwards(bound: float) -> str:
    """Return a bound as text with three digits, rounded up."""
    context = Context(prec=3, rounding="ROUND_CEILING")
    return f"{context.create_decimal(Decimal(bound)):g}"


def _vanishes(scale: Fraction, largest: int) -> int:
    """Return the least distance whose power is below one half."""
    logarithm = _EXACT.ln(Decimal(2 * largest))
    return int(_EXACT.divide(logarithm, _decimal(scale))) + 1


def _layout(span: int, vanishes: int) -> tuple[int, int]:
    """Return k and the last index that is needed, for distances from 0 to ``span``."""
    coarseness = 0
    while True:
        step = 1 << coarseness
        # What lies beyond an entry of 0 is 0 too.
        last = min(-(-span // step), -(-vanishes // step) + 1)
        if last < 1 << INDEX_BITS_MAX:
            return coarseness, last
        coarseness += 1


def _powers(scale: Fraction, coarseness: int, size: int, largest: int) -> npt.NDArray[np.int64]:
    """Return ``largest`` times the exponential of minus the middle distance of each entry."""
    powers = np.zeros(size, np.int64)
    powers[0] = largest
    step = 1 << coarseness
    for index in range(1, size):
        middle = scale * (2 * index * step - step + 1) / 2
        value = _EXACT.multiply(Decimal(largest), _EXACT.exp(-_decimal(middle)))
        powers[index] = int(value.to_integral_value(ROUND_HALF_EVEN, _EXACT))
        if not powers[index]:
            break
    return powers


def _decimal(value: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))

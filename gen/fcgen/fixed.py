"""Integer formats and the limits of the arithmetic contract.

The contract of one layer, all integers::

    acc[m] = sum_n W[m,n] * x[n] + b[m]
    y[m]   = clip(round((acc[m]*multiplier[m] + offset[m]) / 2**shift[m]) + zero_point, lo, hi)
"""

from dataclasses import dataclass

import numpy as np

from fcgen.errors import bad_input

ROUNDINGS = ("half_even", "half_up", "half_away", "floor")
SATURATIONS = ("saturate", "wrap")

OPERAND_BITS_MAX = 16
"""Widest weight, activation or requantized output."""
MULTIPLIER_BITS = 25
"""Width of the signed requantization multiplier."""
SHIFT_MAX = 47
BIAS_BITS = 32
"""Width of a signed bias, before input zero points are folded into it."""
SIZE_MAX = 65535
"""Largest number of inputs or outputs of a layer."""


@dataclass(frozen=True)
class IntegerFormat:
    """A two's complement (or unsigned) integer type of ``bits`` bits.

    Operands have 1 to 16 bits (`operand_format`); accumulators may have more.
    Signed one-bit values are {-1, 0}, unsigned ones {0, 1}.
    """

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 63:
            raise bad_input("bits", self.bits, "must be from 1 to 63", "choose another width")

    @property
    def minimum(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest value."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    @property
    def magnitude(self) -> int:
        """Largest absolute value."""
        return max(-self.minimum, self.maximum)

    @property
    def name(self) -> str:
        """Short name, such as ``int8`` or ``uint4``."""
        return f"{'int' if self.signed else 'uint'}{self.bits}"

    @property
    def dtype(self) -> np.dtype[np.signedinteger | np.unsignedinteger]:
        """Narrowest NumPy dtype that holds every value of the format."""
        width = next(w for w in (8, 16, 32, 64) if w >= self.bits)
        return np.dtype(f"{'int' if self.signed else 'uint'}{width}")

    def contains(self, values: np.ndarray | int) -> bool:
        """Say whether all values (an integer array of any shape, or an int) are in range."""
        if isinstance(values, int):
            return self.minimum <= values <= self.maximum
        if values.size == 0:
            return True
        return self.minimum <= int(values.min()) and int(values.max()) <= self.maximum


def operand_format(subject: str, bits: int, signed: bool) -> IntegerFormat:
    """Make the format of a weight, an activation or an output.

    Raises
    ------
    InputError
        When the width is not from 1 to 16; ``subject`` names the option in the message.
    """
    if not 1 <= bits <= OPERAND_BITS_MAX:
        rule = f"must be from 1 to {OPERAND_BITS_MAX} bits"
        raise bad_input(subject, bits, rule, "choose a width in this range")
    return IntegerFormat(bits, signed)


def signed_width(reach: int) -> int:
    """Width of the two's complement type that holds every integer of [-reach, reach]."""
    return max(int(reach), 0).bit_length() + 1

"""Integer formats and the limits of the arithmetic contract.

The contract of one layer, all integers::

    acc[m] = sum_n W[m,n] * x[n] + b[m]
    y[m]   = clip(round((acc[m]*multiplier[m] + offset[m]) / 2**shift[m]) + zero_point, lo, hi)
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input

if TYPE_CHECKING:
    from fcgen.files.document import Fields

ROUNDINGS = ("half_even", "half_up", "half_away", "floor")
HALF_OUTWARD = "half_outward"
"""As ``half_away``, with an offset that counts away from zero: what certificates alone choose."""
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
    Signed one-bit values are {-1, 0}, unsigned ones {0, 1}. A third one-bit type, bipolar, has the
    values -1 and +1, stored as 0 and 1; it has no zero, so that hardware computes with it in two
    bits, where idle lanes are 0.
    """

    bits: int
    signed: bool
    bipolar: bool = False

    def __post_init__(self) -> None:
        if self.bipolar and (self.bits != 1 or not self.signed):
            raise bad_input("bipolar", self.bits, "has one bit and a sign", "choose another type")
        if not 1 <= self.bits <= 63:
            raise bad_input("bits", self.bits, "must be from 1 to 63", "choose another width")

    @property
    def minimum(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest value."""
        if self.bipolar:
            return 1
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    @property
    def magnitude(self) -> int:
        """Largest absolute value."""
        return max(-self.minimum, self.maximum)

    @property
    def name(self) -> str:
        """Short name, such as ``int8``, ``uint4`` or ``bipolar``."""
        if self.bipolar:
            return "bipolar"
        return f"{'int' if self.signed else 'uint'}{self.bits}"

    @property
    def dtype(self) -> np.dtype[np.signedinteger | np.unsignedinteger]:
        """Narrowest NumPy dtype that holds every value of the format."""
        width = next(w for w in (8, 16, 32, 64) if w >= self.bits)
        return np.dtype(f"{'int' if self.signed else 'uint'}{width}")

    def contains(self, values: np.ndarray | int) -> bool:
        """Say whether all values (an integer array of any shape, or an int) are in range."""
        if isinstance(values, int):
            inside = self.minimum <= values <= self.maximum
            return inside and not (self.bipolar and values == 0)
        return not self.outside(values).any()

    def outside(self, values: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Return for each value whether the format lacks it."""
        beyond = (values < self.minimum) | (values > self.maximum)
        return beyond | (values == 0) if self.bipolar else beyond

    @property
    def stored(self) -> "IntegerFormat":
        """Format of the codes in memories and streams, which have the order of the values."""
        return IntegerFormat(1, signed=False) if self.bipolar else self

    @property
    def computed(self) -> "IntegerFormat":
        """Narrowest format that holds all values and zero; the hardware multiplies in it."""
        return IntegerFormat(2, signed=True) if self.bipolar else self

    def encode(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the stored codes of values: themselves, or 0 and 1 for bipolar values."""
        return values + 1 >> 1 if self.bipolar else values

    def decode(self, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the values of stored codes; inverse of `encode`."""
        return 2 * codes - 1 if self.bipolar else codes

    def draw(self, random: np.random.Generator, shape: Any) -> npt.NDArray[np.int64]:
        """Return uniformly distributed random values."""
        stored = self.stored
        codes = random.integers(stored.minimum, stored.maximum, shape, np.int64, endpoint=True)
        return self.decode(codes)

    def as_fields(self) -> dict[str, Any]:
        """Return the format as a JSON object."""
        bipolar = {"bipolar": True} if self.bipolar else {}
        return {"bits": self.bits, "signed": self.signed, **bipolar}

    @classmethod
    def from_fields(cls, fields: "Fields") -> Self:
        """Read what `as_fields` gave, of an operand of 1 to 16 bits.

        Raises
        ------
        InputError
            One line that names the field, for anything else.
        """
        bits, signed = fields.integer("bits", 1, OPERAND_BITS_MAX), fields.flag("signed")
        bipolar = fields.flag("bipolar") if fields.has("bipolar") else False
        if bipolar and (bits != 1 or not signed):
            fields.refuse("bipolar", "true", "needs one bit and a sign")
        fields.finish()
        return cls(bits, signed, bipolar)


BIPOLAR = IntegerFormat(1, signed=True, bipolar=True)
"""Values -1 and +1."""


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

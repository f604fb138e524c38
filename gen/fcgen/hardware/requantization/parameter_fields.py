"""The constants of a neuron, and their bits in the parameter memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterField:
    """One constant of a neuron.

    Attributes
    ----------
    name : str
    width : int
        Bits in the parameter memory.
    signed : bool
    constant : int or None
        The value where all neurons share it; None where it is stored.
    """

    name: str
    width: int
    signed: bool
    constant: int | None

    @property
    def text(self) -> str | int:
        """Value for the header of a module."""
        if self.constant is not None:
            return self.constant
        return f"{'int' if self.signed else 'uint'}{self.width}, stored"


class StoredFields:
    """Base of plans with constants.

    Attributes
    ----------
    fields : tuple of ParameterField
        In the order of the parameter word, lowest bits first.
    """

    fields: tuple[ParameterField, ...]

    @property
    def stored(self) -> tuple[ParameterField, ...]:
        """Fields that the parameter memory stores."""
        return tuple(field for field in self.fields if field.constant is None)

    @property
    def word_width(self) -> int:
        """Bits that one neuron takes in the parameter memory."""
        return sum(field.width for field in self.stored)


def narrowest(name: str, values: Iterable[int]) -> ParameterField:
    """Return a field of the narrowest type for all values; a single value is not stored."""
    values = list(values)
    low, high = int(min(values)), int(max(values))
    signed = low < 0
    width = max((max(high, -low - 1)).bit_length() + signed, 1)
    return ParameterField(name, width, signed, low if low == high else None)

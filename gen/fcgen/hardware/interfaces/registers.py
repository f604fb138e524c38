"""Registers as data: what the decode in hardware, the manifest and the C header are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

WORD_BYTES = 4

Access = Literal["constant", "read", "write", "window", "push", "pop"]


@dataclass(frozen=True)
class BitField:
    """Some bits of a register.

    Attributes
    ----------
    name : str
    low, width : int
        Lowest bit, and how many.
    meaning : str
    """

    name: str
    low: int
    width: int
    meaning: str

    def place(self, value: int) -> int:
        """Return a value at the field's place in the register."""
        if value >> self.width:
            raise ValueError(f"{self.name} has {self.width} bits, {value} does not fit")
        return value << self.low


@dataclass(frozen=True)
class Register:
    """A register of 32 bits, or an array of constant ones.

    Attributes
    ----------
    name : str
        In lower case, a Verilog and C identifier.
    offset : int
        Bytes from the beginning of the map, a multiple of 4.
    access : {'constant', 'read', 'write', 'window', 'push', 'pop'}
        What reading and writing mean: a constant; a value of the hardware that can only be read;
        one that can be written too; or an access that a unit answers in its own time, a read or a
        write, a write alone, a read alone.
    meaning : str
        One line.
    fields : tuple of BitField
    values : tuple of int
        Of a constant: one, or those of an array.
    tells : bool
        The unit behind it must know when it is read.
    """

    name: str
    offset: int
    access: Access
    meaning: str
    fields: tuple[BitField, ...] = ()
    values: tuple[int, ...] = ()
    tells: bool = False

    @property
    def words(self) -> int:
        """Registers in a row."""
        return max(len(self.values), 1)

    @property
    def writable(self) -> bool:
        """Whether a write can have an effect."""
        return self.access in ("write", "window", "push")

    @property
    def readable(self) -> bool:
        """Whether a read gives a value."""
        return self.access != "push"

    @property
    def waits(self) -> bool:
        """Whether a unit answers in its own time."""
        return self.access in ("window", "push", "pop")

    def describe(self) -> dict[str, Any]:
        """Return it for the manifest."""
        return {
            "name": self.name,
            "offset": self.offset,
            "access": self.access,
            "meaning": self.meaning,
            "values": list(self.values),
            "fields": [vars(field) for field in self.fields],
        }


@dataclass(frozen=True)
class RegisterMap:
    """Registers without overlap, in the order of their offsets.

    Raises
    ------
    ValueError
        When two have the same name or overlap, or an offset is no multiple of 4.
    """

    registers: tuple[Register, ...]

    def __post_init__(self) -> None:
        free, names = 0, set()
        for register in self.registers:
            if register.offset % WORD_BYTES or register.offset < free or register.name in names:
                raise ValueError(f"{register.name} at {register.offset:#x} is out of place")
            free = register.offset + WORD_BYTES * register.words
            names.add(register.name)

    @property
    def address_bits(self) -> int:
        """Bits of a byte address."""
        last = self.registers[-1]
        return (last.offset + WORD_BYTES * last.words - 1).bit_length()

    def __getitem__(self, name: str) -> Register:
        """Return the register of a name.

        Raises
        ------
        KeyError
            When there is none.
        """
        found = {register.name: register for register in self.registers}
        return found[name]

    def __contains__(self, name: str) -> bool:
        return any(register.name == name for register in self.registers)

    def describe(self) -> list[dict[str, Any]]:
        """Return all of it for the manifest."""
        return [register.describe() for register in self.registers]

"""Activation functions as tables: one output code for each requantized code."""

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.validation import check_operand, check_range, freeze

INDEX_BITS_MAX = 12
"""Widest index: a table of 12 bits has 4,096 entries a lane."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, eq=False)
class ActivationTable:
    """``y = entries[x - index.minimum]``.

    Attributes
    ----------
    name : str
        Name of the function, shown to people.
    index : IntegerFormat
        Format of the index x, 1 to 12 bits.
    output : IntegerFormat
        Format of the output y.
    entries : ndarray of int64, shape (2**index.bits,), read-only
        Outputs, from that of the smallest index to that of the largest.

    Raises
    ------
    InputError
        When the name is no lower-case word, a format is too wide, there are more or fewer entries
        than codes of the index, or an entry is outside of the output's range.
    """

    name: str
    index: IntegerFormat
    output: IntegerFormat
    entries: np.ndarray

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            rule = "must be a word of at most 32 lower-case letters, digits and underscores"
            raise bad_input("table name", self.name, rule, "choose another name")
        if self.index.bits > INDEX_BITS_MAX:
            rule = f"must be from 1 to {INDEX_BITS_MAX} bits"
            raise bad_input("table index", self.index.name, rule, "use a narrower index")
        check_operand("table output", self.output)
        if self.index.bipolar or self.output.bipolar:
            rule = "a table needs formats with a zero"
            raise bad_input("table", "bipolar", rule, "use two bits")
        freeze(self, "entries", np.int64, rank=1)
        if len(self.entries) != self.size:
            rule = f"an index of {self.index.name} needs {self.size}"
            raise bad_input("table", f"{len(self.entries)} entries", rule, "give one for each code")
        check_range("table entries", self.entries, self.output.minimum, self.output.maximum)

    @property
    def size(self) -> int:
        """Number of entries."""
        return 1 << self.index.bits

    def line(self) -> str:
        """Return the table as one printed line."""
        formats = f"{self.index.name} -> {self.output.name}"
        return f"{self.name} from a table of {self.size:,} entries, {formats}"

    def structure(self) -> dict[str, Any]:
        """Return the formats as a JSON object, without name and entries."""
        return {
            "index": self.index.as_fields(),
            "output": self.output.as_fields(),
        }

    def as_fields(self) -> dict[str, Any]:
        """Return the table as a JSON object."""
        entries = document.from_array(self.entries.astype(self.output.dtype))
        return {"name": self.name, **self.structure(), "entries": entries}

    @classmethod
    def from_fields(cls, fields: document.Fields) -> Self:
        """Read what `as_fields` gave.

        Raises
        ------
        InputError
            One line that names the field, for anything else.
        """
        name = fields.text("name")
        index, output = (
            IntegerFormat.from_fields(fields.object(key)) for key in ("index", "output")
        )
        # The size in entries follows from the index and is checked before anything is decoded.
        entries = fields.array("entries", output.dtype, (1 << index.bits,))
        fields.finish()
        return cls(name, index, output, entries)

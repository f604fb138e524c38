"""The end of a network: what leaves the hardware after the last layer."""

from dataclasses import dataclass
from typing import Any, Self

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat

ENDS = ("values", "argmax", "top_k", "softmax")
PROBABILITY_BITS, PROBABILITY_BITS_MIN, PROBABILITY_BITS_MAX = 8, 2, 16
"""Default, least and most. In one bit, two equal probabilities would both be the largest code."""


@dataclass(frozen=True)
class End:
    """What leaves the network after its last layer.

    ``values``: all outputs of that layer. ``argmax``: the index of its largest output, the first of
    equal ones. ``top_k``: the indices of the ``count`` largest outputs in descending order, the
    lower index first among equal ones. ``softmax``: probabilities of all outputs, in steps of
    1/2^``bits``, see `fcgen.numerics.softmax_table`.
    """

    kind: str = "values"
    count: int = 1
    bits: int = PROBABILITY_BITS

    def __post_init__(self) -> None:
        if self.kind not in ENDS:
            raise bad_input("end", self.kind, f"must be one of {', '.join(ENDS)}", "choose one")
        if self.count != 1 and self.kind != "top_k":
            raise bad_input("end", self.count, f"{self.kind} has no count", "leave it out")
        if self.bits != PROBABILITY_BITS and self.kind != "softmax":
            rule = f"{self.kind} has no probabilities"
            raise bad_input("end", f"{self.bits} bits", rule, "leave them out")
        if not PROBABILITY_BITS_MIN <= self.bits <= PROBABILITY_BITS_MAX:
            rule = f"probabilities have {PROBABILITY_BITS_MIN} to {PROBABILITY_BITS_MAX}"
            raise bad_input("end", f"{self.bits} bits", rule, "choose another number")

    @property
    def gives_indices(self) -> bool:
        """Whether indices of outputs leave, not a value for each of them."""
        return self.kind in ("argmax", "top_k")

    @property
    def serial(self) -> bool:
        """Whether the last layer must give one output a beat."""
        return self.kind in ("top_k", "softmax")

    def outputs(self, layer: DenseLayer) -> int:
        """Return how many elements leave for each vector."""
        return self.count if self.gives_indices else layer.frame_outputs

    def output_format(self, layer: DenseLayer) -> IntegerFormat:
        """Return the format of what leaves: indices and probabilities are unsigned."""
        if self.kind == "values":
            return layer.output_format
        if self.kind == "softmax":
            return IntegerFormat(self.bits, signed=False)
        return IntegerFormat(max((layer.frame_outputs - 1).bit_length(), 1), signed=False)

    def as_fields(self) -> dict[str, Any]:
        """Return the end as a JSON object."""
        bits = {"bits": self.bits} if self.kind == "softmax" else {}
        return {"kind": self.kind, "count": self.count, **bits}

    @classmethod
    def from_fields(cls, fields: document.Fields) -> Self:
        """Read what `as_fields` gave.

        Raises
        ------
        InputError
            One line that names the field, for anything else.
        """
        kind, count = fields.choice("kind", ENDS), fields.integer("count", 1)
        bits = fields.integer("bits") if kind == "softmax" else PROBABILITY_BITS
        fields.finish()
        return cls(kind, count, bits)


VALUES = End()
"""All outputs of the last layer."""

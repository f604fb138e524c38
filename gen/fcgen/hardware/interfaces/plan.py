"""Plan of a design's interface to a bus."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.hardware.interfaces.padding import Element

QUEUE_WORDS_MIN, QUEUE_WORDS_MAX = 16, 512
WORD_BYTES = 4


@dataclass(frozen=True)
class InterfacePlan:
    """Constructor parameters of an interface, from the design inside it.

    Attributes
    ----------
    kind : {'axi', 'wishbone'}
    module : str
        Name of the design's top module.
    ports : tuple of (name, "input" or "output", width)
        Its ports, clock and reset included.
    inputs, outputs : int
        Values of a vector.
    simd, lanes : int
        Values of a beat that goes in, and of one that comes out.
    source, target : Element
        Type of the inputs and of the outputs.
    structure_hash, weights_hash : bytes
    written_at_start : bool
        Weights must be written before the first vector.
    layout : int
        Word that tells where parameters stand, see `fcgen.design.parameter_layout`.
    landing_cycles : int
        Cycles after which a parameter that was written has reached its memory.
    """

    kind: str
    module: str
    ports: tuple[tuple[str, str, int], ...]
    inputs: int
    outputs: int
    simd: int
    lanes: int
    source: Element
    target: Element
    structure_hash: bytes
    weights_hash: bytes
    written_at_start: bool = False
    layout: int = 0
    landing_cycles: int = 0

    @property
    def runtime_weights(self) -> bool:
        """Whether parameters can be written."""
        return self.width("parameter_write") > 0

    @property
    def data_window(self) -> bool:
        """Whether vectors pass through registers."""
        return self.kind == "wishbone"

    @property
    def input_beats(self) -> int:
        """Beats of a vector that comes in."""
        return -(-self.inputs // self.simd)

    @property
    def input_words(self) -> int:
        """Words of a vector that comes in through a register."""
        return -(-self.inputs * self.source.octets // WORD_BYTES)

    @property
    def output_words(self) -> int:
        """Words of a vector that leaves through a register."""
        return -(-self.outputs * self.target.octets // WORD_BYTES)

    @property
    def input_depth(self) -> int:
        """Words of the queue of inputs: a vector's, where that is not too much."""
        return _depth(self.input_words)

    @property
    def output_depth(self) -> int:
        """Words of the queue of outputs, one of which may stay free."""
        return _depth(self.output_words + 1)

    def width(self, port: str) -> int:
        """Return the bits of a port of the design; 0 where it has none of this name."""
        return next((width for name, _, width in self.ports if name == port), 0)


def _depth(words: int) -> int:
    needed = 1 << (words - 1).bit_length()
    return min(max(needed, QUEUE_WORDS_MIN), QUEUE_WORDS_MAX)

"""How a layer's parts are built on a device: plain data that the hardware reads.

A family of devices (`fcgen.devices`) makes a `Mapping` from a layer and its folding; `GENERIC` is
plain Verilog for any tool.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProductUnit:
    """Unit that multiplies one activation with one or two weights, every cycle.

    Attributes
    ----------
    kind : {"behavioural", "block", "packed", "soft"}
        ``behavioural``: an operator ``*`` between registers. ``block``: the hand-written module
        ``text``, which holds the device's multiplier. ``packed``: two weights through one ``text``
        of 18 × 18 bits, see `PackedMultiplier`. ``soft``: look-up tables and carry chains.
    latency : int
        Cycles from the operands to their product in a register.
    weights : int
        Weights a unit, 1 or 2; each belongs to another neuron.
    text : str
        Hand-written module around the device's primitive.
    dsps : int
        Multiplier blocks that a unit takes.
    """

    kind: str
    latency: int
    weights: int = 1
    text: str = ""
    dsps: int = 0


@dataclass(frozen=True)
class RamShape:
    """One way to use a block RAM: words, and bits of a word."""

    depth: int
    width: int


@dataclass(frozen=True)
class Mapping:
    """What the parts of a layer are made of.

    Attributes
    ----------
    device : str
        Name of the device.
    unit : ProductUnit
        Of the elements.
    soft : ProductUnit
        Of the last ``soft_elements`` elements, with the same latency.
    soft_elements : int
        Elements in look-up tables, beside those of ``unit``.
    ram_shapes : tuple of RamShape
        Shapes of a block RAM, to which deep memories are cut; empty where the tool does that.
    weight_latency : int
        Cycles from an address to its weights: 2, or 3 with a register behind the RAMs.
    block_memories : bool
        Vector memory and constants stand in block RAM where that pays, with its output register.
    requantizer : ProductUnit
        Multiplier of the requantizers, for 18 × 18 signed bits.
    scratchpad : bool
        Weights stand in large memories without initial contents, written at start.
    """

    device: str
    unit: ProductUnit
    soft: ProductUnit
    soft_elements: int
    ram_shapes: tuple[RamShape, ...]
    weight_latency: int
    block_memories: bool
    requantizer: ProductUnit
    scratchpad: bool = False


BEHAVIOURAL = ProductUnit("behavioural", latency=2)
GENERIC = Mapping(
    device="generic",
    unit=BEHAVIOURAL,
    soft=BEHAVIOURAL,
    soft_elements=0,
    ram_shapes=(),
    weight_latency=2,
    block_memories=False,
    requantizer=ProductUnit("behavioural", latency=1),
)

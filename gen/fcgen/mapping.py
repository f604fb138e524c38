"""How a layer's parts are built on a device: plain data that the hardware reads.

A family of devices (`fcgen.devices`) makes a `Mapping` from a layer and its folding; `GENERIC` is
plain Verilog for any tool.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MultiplierText:
    """Hand-written module around a device's multiplier block, see `MultiplierBlock`.

    Attributes
    ----------
    text : str
        Name of the module.
    latency : int
        Cycles from the operands to the products.
    bits : int
        Widest operands that it takes, signed or not.
    count : int
        Operands ``b`` that one block multiplies with its ``a``.
    """

    text: str
    latency: int
    bits: int
    count: int = 1


@dataclass(frozen=True)
class ProductUnit:
    """Unit that multiplies one activation with one or more weights, every cycle.

    Attributes
    ----------
    kind : {"behavioural", "block", "packed", "soft"}
        ``behavioural``: an operator ``*`` between registers. ``block``: the device's multiplier.
        ``packed``: two weights through one multiplier of 18 bits, see `PackedMultiplier`.
        ``soft``: look-up tables and carry chains.
    latency : int
        Cycles from the operands to their product in a register.
    weights : int
        Weights a unit; each belongs to another neuron.
    block : MultiplierText, optional
        The multiplier of ``block`` and ``packed``.
    """

    kind: str
    latency: int
    weights: int = 1
    block: MultiplierText | None = None

    @property
    def name(self) -> str:
        """Short form for the header of a module."""
        where = f" in {self.block.text}" if self.block else ""
        return f"{self.kind}, {self.weights} weight{'s' * (self.weights > 1)}{where}"


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
    soft : ProductUnit, optional
        Of the last ``soft_elements`` elements, with the same latency.
    soft_elements : int
        Elements in look-up tables, beside those of ``unit``.
    ram_shapes : tuple of RamShape
        Shapes of a block RAM, to which deep memories are cut; empty where the tool does that.
    weight_latency : int
        Cycles from an address to its weights: 2, or 3 with a register behind the RAMs.
    requantizer : ProductUnit
        Multiplier of the requantizers.
    scratchpad : bool
        Weights stand in large memories without initial contents, written at start.
    """

    device: str
    unit: ProductUnit
    requantizer: ProductUnit
    soft: ProductUnit | None = None
    soft_elements: int = 0
    ram_shapes: tuple[RamShape, ...] = ()
    weight_latency: int = 2
    scratchpad: bool = False


BEHAVIOURAL = ProductUnit("behavioural", latency=2)
GENERIC = Mapping("generic", BEHAVIOURAL, BEHAVIOURAL)

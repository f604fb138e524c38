"""Mapping: what a layer's parts are built of on a device, as plain data for the hardware.

A family of devices (`fcgen.devices`) makes the `Mapping` of a layer and its folding. `GENERIC` is
that of plain Verilog for any tool.
"""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.schedule.memory_cut import MemoryCut, RamShape, cut, cut_cost, rams_of


@dataclass(frozen=True)
class MultiplierText:
    """Hand-written module around a device's multiplier block, see `MultiplierBlock`.

    Attributes
    ----------
    text : str
        Name of the module that is written by hand.
    latency : int
        Cycles from the operands to the products.
    bits : int
        Width of the widest operands, signed or not.
    count : int
        Number of operands ``b`` that one block multiplies by its ``a``.
    """

    text: str
    latency: int
    bits: int
    count: int = 1


@dataclass(frozen=True)
class ProductUnit:
    """Unit that multiplies one activation by one or more weights in every cycle.

    Attributes
    ----------
    kind : {"behavioural", "block", "packed", "soft"}
        ``behavioural``: an operator ``*`` between registers. ``block``: the device's multiplier.
        ``packed``: two weights through one multiplier of 18 bits, see `PackedMultiplier`.
        ``soft``: look-up tables and carry chains.
    latency : int
        Cycles from the operands to their product in a register.
    weights : int
        Weights per unit, each of another neuron.
    block : MultiplierText, optional
        The multiplier of ``block`` and ``packed``.
    soft_rows : int
        Where a product of wide numbers takes several multipliers: rows up to which all but the
        first one stand in look-up tables.
    """

    kind: str
    latency: int
    weights: int = 1
    block: MultiplierText | None = None
    soft_rows: int = 10

    @property
    def name(self) -> str:
        """Short text for the header of a module."""
        where = f" in {self.block.text}" if self.block else ""
        weights = f"{self.weights} weight{'s' * (self.weights > 1)}"
        return f"{self.kind}, {weights}{where}, {self.latency} cycles"


WORD_BITS = (16, 8)
"""Words that shapes of two bits and of one keep, see `RamShape.keeps`."""


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
        Elements that are built of look-up tables, beside those of ``unit``.
    accumulator : str
        How a new sum begins. Empty: the last product clears the registers. ``LOADED``: the first
        product is loaded, which needs no look-up tables beside the adder's. Otherwise the name of a
        module that is written by hand, see `Accumulator`.
    registered_choice : bool
        The result that a group puts on the bus is selected a cycle earlier, into a register.
    ram_shapes : tuple of RamShape
        Shapes of a block RAM, into which deep memories are cut; empty where the tool cuts them.
    weight_latency : int
        Cycles from an address to its weights: 2, or more with registers behind the RAMs.
    requantizer : ProductUnit
        Multiplier of the requantizers.
    lut_memories : bool
        Look-up tables can be memories; small memories are then built of them.
    constant_luts : int
        Look-up tables up to which a memory of constants is kept in them.
    scratchpad : bool
        Weights are in large memories without initial contents, and are written at start.
    """

    device: str
    unit: ProductUnit
    requantizer: ProductUnit
    soft: ProductUnit | None = None
    soft_elements: int = 0
    accumulator: str = ""
    registered_choice: bool = False
    ram_shapes: tuple[RamShape, ...] = ()
    weight_latency: int = 2
    lut_memories: bool = False
    constant_luts: int = 64
    scratchpad: bool = False

    @property
    def macs_per_block(self) -> int:
        """Multiplications per cycle of a multiplier block of an element."""
        return self.unit.weights if self.unit.block else 1

    def weight_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how a weight memory is cut; None where the tool decides, or it is not cut."""
        if self.scratchpad or not self.ram_shapes:
            return None
        return cut(depth, width, self.ram_shapes)

    def weights_a_word(self, depth: int, count: int, bits: int) -> int:
        """Return how many of ``count`` weights of ``bits`` bits one memory holds: all, or fewer.

        Narrower memories are cut into deeper, fewer parts, so that narrower multiplexers suffice.
        """
        if self.scratchpad or not self.ram_shapes:
            return count

        def cost(fields: int) -> float:
            whole, rest = divmod(count, fields)
            widths = [fields * bits] * whole + [rest * bits] * (rest > 0)
            return sum(cut_cost(cut(depth, width, self.ram_shapes), width) for width in widths)

        fewer = (most // bits for most in WORD_BITS if bits <= most < count * bits)
        return min((count, *fewer), key=cost)

    def constant_cut(self, depth: int, width: int, *, writable: bool = False) -> MemoryCut | None:
        """Return how a memory of constants is cut; None where it is built of look-up tables.

        Where look-up tables cannot be memories, a writable memory is built of registers, or of
        block RAMs from `REGISTER_BITS` bits on.
        """
        if writable and not self.lut_memories:
            small = depth * width < REGISTER_BITS
        else:
            small = -(-depth // LUT_WORDS) * width <= self.constant_luts
        return cut(depth, width, self.ram_shapes) if self.ram_shapes and not small else None

    def vector_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how the vector memory is cut; None where the tool decides.

        It is never cut in depth, because it has no register behind the RAMs.
        """
        shapes = [shape for shape in self.ram_shapes if shape.depth >= depth]
        if not shapes or depth * width < VECTOR_BITS:
            return None
        return MemoryCut((depth,), rams_of(depth, width, shapes))

    def ring_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how a ring of beats is cut; None where it needs no block RAM or the tool decides.

        Like the vector memory it is never cut in depth, but it may be built of look-up tables.
        """
        shapes = [shape for shape in self.ram_shapes if shape.depth >= depth]
        if not shapes or self.constant_cut(depth, width, writable=True) is None:
            return None
        return MemoryCut((depth,), rams_of(depth, width, shapes))


LOADED = "loaded"
LUT_WORDS = 16
"""Words of a memory in look-up tables of four inputs."""
REGISTER_BITS = 64
"""Least bits with which a writable memory of constants is worth a block RAM."""
VECTOR_BITS = 512
"""Least bits with which a vector memory is worth a block RAM."""
BEHAVIOURAL = ProductUnit("behavioural", latency=2)
GENERIC = Mapping("generic", BEHAVIOURAL, ProductUnit("behavioural", latency=1))

"""How a layer's parts are built on a device: plain data that the hardware reads.

A family of devices (`fcgen.devices`) makes a `Mapping` from a layer and its folding; `GENERIC` is
plain Verilog for any tool.
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
        """Short form for the header of a module."""
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
        Elements in look-up tables, beside those of ``unit``.
    accumulator : str
        How a sum begins anew: empty where the last product clears the registers, ``LOADED`` where
        the first one is loaded, which takes no look-up tables of their own behind the adder; or the
        name of a hand-written text, see `Accumulator`.
    registered_choice : bool
        The result of a group that goes on the bus is chosen a cycle before, into a register.
    ram_shapes : tuple of RamShape
        Shapes of a block RAM, to which deep memories are cut; empty where the tool does that.
    weight_latency : int
        Cycles from an address to its weights: 2, and more with registers behind the RAMs.
    requantizer : ProductUnit
        Multiplier of the requantizers.
    lut_memories : bool
        Look-up tables can be memories, which small ones are then.
    scratchpad : bool
        Weights stand in large memories without initial contents, written at start.
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
    scratchpad: bool = False

    @property
    def macs_per_block(self) -> int:
        """Multiplications that a multiplier block of an element does in a cycle."""
        return self.unit.weights if self.unit.block else 1

    def weight_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how a memory of weights is cut; None where the tool or nobody decides."""
        if self.scratchpad or not self.ram_shapes:
            return None
        return cut(depth, width, self.ram_shapes)

    def weights_a_word(self, depth: int, count: int, bits: int) -> int:
        """Return how many of ``count`` weights of ``bits`` bits stand in a memory: all, or fewer.

        Narrower memories are cut into deeper parts, which leaves less to choose from.
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
        """Return how a memory of constants is cut; None where it stands in look-up tables.

        Where those cannot be memories, one that can be written stands in registers, or in a block
        RAM as soon as it has as many bits as `REGISTER_BITS`.
        """
        if writable and not self.lut_memories:
            small = depth * width < REGISTER_BITS
        else:
            small = -(-depth // LUT_WORDS) * width <= CONSTANT_LUTS
        return cut(depth, width, self.ram_shapes) if self.ram_shapes and not small else None

    def vector_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how the vector memory is cut; None where the tool decides.

        It is never cut in depth, as it has no register behind the RAMs.
        """
        shapes = [shape for shape in self.ram_shapes if shape.depth >= depth]
        if not shapes or depth * width < VECTOR_BITS:
            return None
        return MemoryCut((depth,), rams_of(depth, width, shapes))

    def ring_cut(self, depth: int, width: int) -> MemoryCut | None:
        """Return how a ring of beats is cut; None where it is no block RAM, or the tool decides.

        As the vector memory it is never cut in depth, but it may stand in look-up tables.
        """
        shapes = [shape for shape in self.ram_shapes if shape.depth >= depth]
        if not shapes or self.constant_cut(depth, width, writable=True) is None:
            return None
        return MemoryCut((depth,), rams_of(depth, width, shapes))


LOADED = "loaded"
LUT_WORDS = 16
"""Words of a memory in look-up tables of four inputs."""
CONSTANT_LUTS = 64
"""Look-up tables up to which constants are kept in them: words of 16 cost one a bit."""
REGISTER_BITS = 64
"""Bits from which on a writable memory of constants is worth a block RAM."""
VECTOR_BITS = 512
"""Bits from which on a vector memory is worth a block RAM."""
BEHAVIOURAL = ProductUnit("behavioural", latency=2)
GENERIC = Mapping("generic", BEHAVIOURAL, ProductUnit("behavioural", latency=1))

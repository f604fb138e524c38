"""Products of an element, by the kind of multiplier that its mapping names."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Shape, Value, ValueLike

from fcgen.hardware.elements.multiplier_block import MultiplierBlock
from fcgen.hardware.elements.packed_multiplier import PackedMultiplier
from fcgen.hardware.elements.soft_multiplier import SoftMultiplier
from fcgen.hardware.registers import delay, register
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import ProductUnit


def computed(stored: Value, valid: ValueLike = 1) -> Value:
    """Return a bipolar value in two bits: -1 for 0, +1 for 1, and 0 where it is not valid."""
    valid = Value.cast(valid)
    return Cat(valid, valid & ~stored)


class Products:
    """Adds product units to a module; all have the same latency, ``unit.latency``.

    Parameters
    ----------
    m : Module
    unit : ProductUnit
    activation, weight : IntegerFormat
    """

    def __init__(
        self, m: Module, unit: ProductUnit, activation: IntegerFormat, weight: IntegerFormat
    ) -> None:
        self.m = m
        self.unit = unit
        self.bipolar = weight.bipolar, activation.bipolar
        self.activation = activation.computed
        self.weight = weight.computed

    def add(self, activation: Value, weights: Sequence[Value], suffix: str) -> list[Value]:
        """Add a unit and return its products, each signed where an operand is.

        Parameters
        ----------
        activation : Value
        weights : sequence of Value
            As many as ``unit.weights``; bipolar ones in two bits, as `computed` gives them.
        suffix : str
            Suffix of the names in this lane.
        """
        if self.bipolar[0] and self.unit.kind in ("behavioural", "soft"):
            return self._turned(activation, weights[0], suffix)
        make = {
            "behavioural": self._behavioural,
            "block": self._block,
            "packed": self._packed,
            "soft": self._soft,
        }[self.unit.kind]
        return make(activation, weights, suffix)

    def _behavioural(self, activation: Value, weights: Sequence[Value], suffix: str) -> list[Value]:
        operands = []
        for name, value, operand in (
            ("activation", activation, self.activation),
            ("weight", weights[0], self.weight),
        ):
            port = Signal(_shape(operand), name=f"{name}{suffix}_in")
            self.m.d.comb += port.eq(value)
            operands.append(register(self.m, port, f"{name}{suffix}"))
        return [register(self.m, operands[0] * operands[1], f"product{suffix}")]

    def _turned(self, activation: Value, weight: Value, suffix: str) -> list[Value]:
        """Return the activation, negated where the weight is -1."""
        before = self.unit.latency - 1
        value = delay(self.m, activation, before, f"activation{suffix}")
        negative = delay(self.m, weight[-1], before, f"negative{suffix}")
        if self.bipolar[1]:
            # 0 stays 0; of two signs the product is an XOR.
            product: Value = Cat(value[0], value[0] & (value[1] ^ negative)).as_signed()
        else:
            number = value.as_signed() if self.activation.signed else value.as_unsigned()
            product = Mux(negative, -number, number)
        return [register(self.m, product, f"product{suffix}")]

    def _block(self, activation: Value, weights: Sequence[Value], suffix: str) -> list[Value]:
        assert self.unit.block is not None
        block = MultiplierBlock(self.unit.block, _shape(self.activation), _shape(self.weight))
        self.m.submodules[f"multiplier{suffix}"] = block
        self.m.d.comb += [block.a.eq(activation), block.b.eq(Cat(weights))]
        after = self.unit.latency - block.latency
        return self._cut(delay(self.m, block.product, after, f"product{suffix}"))

    def _packed(self, activation: Value, weights: Sequence[Value], suffix: str) -> list[Value]:
        assert self.unit.block is not None
        pair = PackedMultiplier(self.unit.block, weight=self.weight, activation=self.activation)
        self.m.submodules[f"multiplier{suffix}"] = pair
        self.m.d.comb += [pair.activation.eq(activation), pair.weights.eq(Cat(weights))]
        after = self.unit.latency - pair.latency
        return self._cut(delay(self.m, pair.products, after, f"product{suffix}"))

    def _soft(self, activation: Value, weights: Sequence[Value], suffix: str) -> list[Value]:
        unit = SoftMultiplier(
            _shape(self.activation), _shape(self.weight), latency=self.unit.latency
        )
        self.m.submodules[f"multiplier{suffix}"] = unit
        self.m.d.comb += [unit.a.eq(activation), unit.b.eq(weights[0])]
        return self._cut(unit.product)

    def _cut(self, products: Value) -> list[Value]:
        """Split concatenated products."""
        width = self.activation.bits + self.weight.bits
        parts = [products[low : low + width] for low in range(0, len(products), width)]
        signed = self.activation.signed or self.weight.signed
        return [part.as_signed() if signed else part for part in parts]


def _shape(operand: IntegerFormat) -> Shape:
    return Shape(operand.bits, operand.signed)

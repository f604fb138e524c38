"""Two products of one activation by one multiplier block."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.elements.multiplier_block import MultiplierBlock
from fcgen.hardware.registers import delay, register
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import MultiplierText

PORT_BITS = 18
OVERLAP_MAX = 8


def overlap(weight_bits: int, activation_bits: int) -> int:
    """Return the bits in which the two products overlap; not negative."""
    return max(2 * weight_bits + activation_bits - PORT_BITS, 0)


def packs(weight_bits: int, activation_bits: int) -> bool:
    """Return whether two such weights fit one multiplier of 18 × 18 bits."""
    fits = 2 * weight_bits <= PORT_BITS and activation_bits < PORT_BITS
    return fits and overlap(weight_bits, activation_bits) <= OVERLAP_MAX


def packed_latency(weight_bits: int, activation_bits: int, text: MultiplierText) -> int:
    """Return the latency: one cycle to reach the adders, one to split, one to correct."""
    return text.latency + 1 + (2 if overlap(weight_bits, activation_bits) else 1)


class PackedMultiplier(wiring.Component):
    """Products of two weights with one activation from one multiplier of 18 × 18 bits.

    The weights stand side by side in one operand, the lower one as an unsigned number::

        P = (w1·2^K + (w0 mod 2^W))·x,   K = 18 − W

    ``low = (w0 mod 2^W)·x`` has W + A bits. Where that is more than K, its top o = 2W + A − 18
    bits overlap with the other product, whose low o bits t = w1·x mod 2^o come from a small
    multiplier in look-up tables: the top of ``low`` is P[K+o−1:K] − t. Then

        w1·x = floor(P / 2^K) − floor(low / 2^K)
        w0·x = low − (w0 < 0 ? 2^W·x : 0)

    exactly, for signed and unsigned weights and activations.

    Latency: ``latency`` cycles. Initiation interval: 1 cycle. No handshake, no reset.

    Parameters
    ----------
    text : MultiplierText
        Multiplier of 18 signed bits with a latency of at least 3 cycles.
    weight, activation : IntegerFormat
        For which `packs` holds.

    Ports
    -----
    activation : In(activation.bits)
    weights : In(2 * weight.bits)
        w0 in the least significant bits.
    products : Out(2 * (weight.bits + activation.bits))
        w0·x in the least significant bits.

    Notes
    -----
    The method is the packing of two INT8 products of Xilinx WP486, with overlapping fields and an
    exact correction. `bench/operands.py` runs all 2**24 operands of 8 bits through its netlist, for
    all signs; a test runs extremes and random operands of every pair of widths.
    """

    def __init__(
        self, text: MultiplierText, *, weight: IntegerFormat, activation: IntegerFormat
    ) -> None:
        if not packs(weight.bits, activation.bits) or text.latency < 3:
            raise ValueError("two such weights do not fit the multiplier")
        self.text = text
        self.weight = weight
        self.activation_format = activation
        self.product_width = weight.bits + activation.bits
        super().__init__(
            {
                "activation": In(activation.bits),
                "weights": In(2 * weight.bits),
                "products": Out(2 * self.product_width),
            }
        )

    @property
    def overlap(self) -> int:
        """Bits in which the two products overlap."""
        return overlap(self.weight.bits, self.activation_format.bits)

    @property
    def latency(self) -> int:
        """Cycles from the operands to the products."""
        return packed_latency(self.weight.bits, self.activation_format.bits, self.text)

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two units the same module."""
        return {
            "multiplier": self.text.text,
            "weight": self.weight.name,
            "activation": self.activation_format.name,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, width = self.weight.bits, self.product_width
        low_weight, high_weight = self.weights[:bits], self.weights[bits:]
        place = PORT_BITS - bits
        product = self._multiply(m, Cat(low_weight, Const(0, place - bits), high_weight))
        negative = low_weight[-1] if self.weight.signed else Const(0, 1)
        signed = self.activation_format.signed
        excess = delay(m, Mux(negative, self.activation, 0), self.text.latency + 1, "excess")

        if not self.overlap:
            low = product[:width]
            borrow = product[place - 1] if signed else 0
            high = product[place : place + width] + borrow
        else:
            remainder = self._remainder(m, high_weight)
            middle = product[place:width]
            difference = Signal(self.overlap + 1)
            m.d.comb += difference.eq(middle - remainder)
            top = register(m, difference, "top")
            low = Cat(register(m, product[:place], "bottom"), top[:-1])
            excess = register(m, excess, "excess_last")
            upper = register(m, product[width : place + width], "upper")
            # The subtraction of `low` leaves the remainder; its borrow goes into the upper bits.
            carry = top[self.overlap - 1] if signed else 0
            high = Cat(register(m, remainder, "remainder_last"), upper + carry - top[-1])
        first = Cat(low[:bits], (low[bits:] - excess)[: width - bits])
        m.d.comb += self.products.eq(register(m, Cat(first, high[:width]), "products_register"))
        return m

    def _multiply(self, m: Module, operand: Value) -> Value:
        """Return the product of both weights and the activation, a register behind the block."""
        activation = self.activation_format
        m.submodules.multiplier = multiplier = MultiplierBlock(
            self.text,
            Shape(activation.bits, activation.signed),
            Shape(PORT_BITS, self.weight.signed),
        )
        m.d.comb += [multiplier.a.eq(self.activation), multiplier.b.eq(operand)]
        return register(m, multiplier.product, "product")

    def _remainder(self, m: Module, weight: Value) -> Value:
        """Return weight · activation mod 2^overlap in the cycle of the whole product."""
        # The delay is at the operands: registers there shorten the routes to the adders.
        early = self.text.latency - 2
        activation = delay(m, self.activation, early, "activation_waiting")
        weight = delay(m, weight, early, "weight_waiting")
        if self.activation_format.signed:
            activation = activation.as_signed()
        rows = []
        for bit in range(min(self.overlap, self.weight.bits)):
            row = Mux(weight[bit], activation, 0) << bit
            is_sign = self.weight.signed and bit == self.weight.bits - 1
            rows.append(-row if is_sign else row)
        for level in range(3):
            rows = [
                self._modular(m, sum(rows[i + 1 : i + 2], rows[i]), f"remainder_{level}_{i // 2}")
                for i in range(0, len(rows), 2)
            ]
        return rows[0]

    def _modular(self, m: Module, value: Value, name: str) -> Signal:
        """Register the low bits of a sum."""
        low = Signal(self.overlap, name=name, reset_less=True)
        m.d.sync += low.eq(value)
        return low
